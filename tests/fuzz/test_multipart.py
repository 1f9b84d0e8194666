"""The form of an upload: whatever is sent, it is read, or refused as a mistake of the sender's, at little cost."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from instantreact.api.multipart import MAX_FIELD_BYTES, FormReader, find_boundary
from instantreact.errors import InvalidInput
from tests.fuzz.effort import cuts_of, damaged, effort

NAMES = ("camera_id", "recorded_at", "notify")
BOUNDARY = b"----boundary"
LATIN = st.characters(max_codepoint=255)
"""Of which headers are made."""

HEADERS = st.sampled_from(
    [
        b'Content-Disposition: form-data; name="file"; filename="a.mp4"',
        b"content-disposition:form-data;name=file;filename=a.mp4",
        b"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%00%F0%9F%98%80",
        b'Content-Disposition: form-data; name="file"; filename="../../etc/passwd\\"; name="notify"',
        b'Content-Disposition: form-data; name="camera_id"',
        b'Content-Disposition: form-data; name="recorded_at"',
        b'Content-Disposition: attachment; name="notify"; name="file"',
        b"Content-Disposition: form-data",
        b"Content-Disposition: " + b";" * 3000,
        b"Content-Disposition: form-data; " + b'a="' * 500,
        b"Content-Type: video/mp4",
        b"Content-Type: multipart/mixed; boundary=inner",
        b"Content-Transfer-Encoding: base64",
        b"Content-Length: 99999999999999999999",
        b"A: " + b"b" * 5000,
        b": no name",
        b"no colon",
        b"\xff\xfe: \x00",
    ]
)
BODIES = st.binary(max_size=80) | st.sampled_from(
    [b"", b"x" * 5000, b"\r\n--", b"\r\n--" + BOUNDARY[:-1], b"--" + BOUNDARY]
)
PARTS = st.lists(st.tuples(st.lists(HEADERS, max_size=4), BODIES), max_size=6)
ENDS = st.sampled_from([b"--\r\n", b"--", b"\r\n", b"", b"--\r\nepilogue" * 40])
FORMS = st.builds(
    lambda parts, end: (
        b"".join(b"--%b\r\n%b\r\n\r\n%b\r\n" % (BOUNDARY, b"\r\n".join(head), body) for head, body in parts)
        + b"--%b%b" % (BOUNDARY, end)
    ),
    PARTS,
    ENDS,
)


def read(pieces: list[bytes]) -> tuple[bytes, Any] | str:
    """What the reader makes of it: the file with the rest of the form, or why it refuses."""
    reader, found = FormReader(BOUNDARY, field_names=NAMES), bytearray()
    try:
        for piece in pieces:
            found += reader.feed(piece)
        return bytes(found), reader.finish()
    except InvalidInput as error:
        return str(error)


@given(st.data())
@effort(300)
def test_form_is_read_or_refused_and_the_same_however_it_arrives(data: st.DataObject) -> None:
    sent = data.draw(FORMS.flatmap(damaged), label="sent")
    at_once = read([sent])
    assert read(data.draw(cuts_of(sent))) == at_once
    if isinstance(at_once, tuple):
        file, form = at_once
        assert len(file) <= len(sent)
        assert form.fields.keys() <= set(NAMES)
        assert all(len(text.encode()) <= 3 * MAX_FIELD_BYTES for text in form.fields.values())
        assert form.filename.isprintable()
        assert len(form.filename) <= 255


@given(st.binary(max_size=300), st.lists(st.sampled_from(NAMES), unique=True))
@effort(100)
def test_file_is_read_byte_by_byte_as_it_was_sent(file: bytes, fields: list[str]) -> None:
    parts = [(f'form-data; name="{name}"', b"a value") for name in fields] + [
        ('form-data; name="file"; filename="a"', file)
    ]
    boundary = b"b0undary" * 4
    sent = b"".join(
        b"--%b\r\nContent-Disposition: %b\r\n\r\n%b\r\n" % (boundary, head.encode(), body) for head, body in parts
    )
    reader = FormReader(boundary, field_names=NAMES)
    assert reader.feed(sent + b"--%b--\r\n" % boundary) == file
    assert set(reader.finish().fields) == set(fields)


@given(
    st.text(LATIN, max_size=120)
    | st.text(LATIN, max_size=40).map(lambda text: f"multipart/form-data; boundary={text}"),
    st.binary(max_size=200),
)
@example("multipart/form-data; boundary=" + "b" * 5000, b"")
@example('multipart/form-data; boundary="\r\n"', b"--\r\n\r\n--\r\n")
@effort(200)
def test_any_content_type_is_understood_or_refused(content_type: str, body: bytes) -> None:
    try:
        boundary = find_boundary(content_type)
        if boundary is not None:
            reader = FormReader(boundary, field_names=NAMES)
            reader.feed(b"--" + boundary + b"\r\n" + body)
            reader.finish()
    except InvalidInput:
        return
