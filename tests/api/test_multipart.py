from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.api.multipart import Form, FormReader, find_boundary
from instantreact.errors import InvalidInput

NAMES = ("camera_id", "notify")


def make_part(name: str, content: bytes, *, filename: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    return b"--cut\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"


def make_body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--cut--\r\n"


def read(*pieces: bytes) -> tuple[bytes, Form]:
    reader = FormReader(b"cut", field_names=NAMES)
    content = b"".join([reader.feed(piece) for piece in pieces])
    return content, reader.finish()


FIELDS = (make_part("camera_id", b"c1"), make_part("notify", b"always"))
FILE = make_part("file", b"\r\n--cu\r\nmovie\x00\xff", filename="a.mp4")


@pytest.mark.parametrize("parts", [(FILE, *FIELDS), (*FIELDS, FILE), (FIELDS[0], FILE, FIELDS[1])])
def test_form_reader_finds_file_and_fields_in_any_order(parts: tuple[bytes, ...]) -> None:
    content, form = read(make_body(*parts))

    assert content == b"\r\n--cu\r\nmovie\x00\xff"
    assert form == Form("a.mp4", {"camera_id": "c1", "notify": "always"})


@given(content=st.binary(max_size=300), cuts=st.lists(st.integers(0, 600), max_size=12))
def test_form_reader_finds_the_same_however_the_body_is_cut(content: bytes, cuts: list[int]) -> None:
    body = make_body(FIELDS[0], make_part("file", content, filename="a.mp4"), FIELDS[1])
    places = sorted({0, *(min(cut, len(body)) for cut in cuts), len(body)})
    pieces = [body[start:end] for start, end in pairwise(places)]

    assert read(*pieces) == (content, Form("a.mp4", {"camera_id": "c1", "notify": "always"}))


@given(end=st.integers(0, len(make_body(FIELDS[0], FILE)) - 5))
def test_form_reader_refuses_a_body_that_broke_off_anywhere(end: int) -> None:
    with pytest.raises(InvalidInput, match="broke off"):
        read(make_body(FIELDS[0], FILE)[:end])


@given(junk=st.binary(max_size=200))
def test_form_reader_raises_nothing_but_invalid_input_on_junk(junk: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(b"--cut" + junk)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((), "no file"),
        (FIELDS, "no file"),
        ((FILE, FILE), "two files"),
        ((FILE, FIELDS[0], FIELDS[0]), "twice"),
        ((make_part("file", b"@clip.mp4"),), "holds text, not a file"),
        ((FILE, make_part("camera", b"c1")), "'camera'; it may have file, camera_id, notify"),
        ((FILE, make_part("notify", b"x" * 5000)), "longer than 4096"),
        ((b"--cut\r\nContent-Disposition: form-data\r\n\r\nx\r\n",), "no name"),
        ((b"--cut\r\n\r\nx\r\n",), "no name"),
        ((b"--cut\r\n" + b"X-Many: 1\r\n" * 50 + b"\r\nx\r\n",), "not well-formed"),
    ],
)
def test_form_reader_says_what_is_wrong(parts: tuple[bytes, ...], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read(make_body(*parts))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("Überfall 🔥.mp4", "Überfall 🔥.mp4"),
        ("a\x1b[31m\tb.mp4", "a[31mb.mp4"),
        ("C:\\clips\\a.mp4", "a.mp4"),
        ("", ""),
        ("x" * 1000, "x" * 255),
    ],
)
def test_form_reader_keeps_a_filename_as_a_line_of_text(sent: str, kept: str) -> None:
    _, form = read(make_body(make_part("file", b"movie", filename=sent)))

    assert form.filename == kept


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=cut", b"cut"),
        ('Multipart/Form-Data; charset=utf-8; boundary="a b"', b"a b"),
        ("application/json", None),
        ("video/mp4; boundary=cut", None),
        ("", None),
    ],
)
def test_find_boundary_knows_a_form_from_other_bodies(content_type: str, boundary: bytes | None) -> None:
    assert find_boundary(content_type) == boundary


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
def test_find_boundary_refuses_a_form_without_one(content_type: str) -> None:
    with pytest.raises(InvalidInput, match="without a boundary"):
        find_boundary(content_type)


def test_form_reader_refuses_a_boundary_that_is_too_long() -> None:
    with pytest.raises(InvalidInput, match="too long"):
        FormReader(b"x" * 1000, field_names=NAMES)
