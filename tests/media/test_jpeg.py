"""JPEGs are found in whatever flows by, and what is cut off is told apart."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instantreact.media.jpeg import MAX_JPEG_BYTES, JpegDecoder, JpegSplitter, read_jpeg_size
from tests.media.live_footage import HEIGHT, WIDTH, draw_box

WAYS = {
    "plain": [],
    "progressive": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
    "restarting": [cv2.IMWRITE_JPEG_RST_INTERVAL, 4],
}


def code(left: int, way: str = "plain") -> bytes:
    return cv2.imencode(".jpg", draw_box(left)[..., ::-1], WAYS[way])[1].tobytes()


def with_thumbnail(jpeg: bytes) -> bytes:
    """As EXIF holds it: a whole JPEG inside a segment of the header."""
    thumbnail = b"Exif\0\0" + cv2.imencode(".jpg", draw_box(5)[::8, ::8])[1].tobytes()
    return jpeg[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2) + thumbnail + jpeg[2:]


PICTURES = [code(20), code(60, "progressive"), code(90, "restarting"), with_thumbnail(code(120))]
BETWEEN = st.sampled_from([b"", b"\r\n--frame\r\nContent-Length: 3\r\n\r\n", b"\xff", b"\xff\xd8", b"\0" * 50])


def split_all(flow: bytes, cuts: list[int]) -> list[bytes]:
    splitter, found, edges = JpegSplitter(), [], sorted({0, *(cut % (len(flow) + 1) for cut in cuts), len(flow)})
    for start, end in pairwise(edges):
        found += splitter.split(flow[start:end])
    last = splitter.finish()
    return [*found, last] if last else found


@given(
    st.lists(st.tuples(BETWEEN, st.sampled_from(PICTURES)), max_size=6), st.lists(st.integers(0, 10**6), max_size=30)
)
@settings(deadline=None)
def test_splitter_finds_each_picture_however_it_arrives(parts: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    flow = b"".join(between + picture for between, picture in parts)
    assert split_all(flow, cuts) == [picture for _, picture in parts]


@given(st.binary(max_size=3000), st.lists(st.integers(0, 10**6), max_size=10))
def test_splitter_survives_anything(flow: bytes, cuts: list[int]) -> None:
    for found in split_all(b"\xff\xd8\xff" + flow, cuts):
        assert found.startswith(b"\xff\xd8\xff")


@given(st.integers(700, len(PICTURES[0]) * 9 // 10))
@settings(deadline=None, max_examples=50)
def test_splitter_finds_the_picture_after_one_that_was_cut_off(length: int) -> None:
    found = split_all(PICTURES[0][:length] + b"\r\n--frame\r\n\r\n" + PICTURES[1], [])
    assert found[-1] == PICTURES[1]
    assert [JpegDecoder().decode(jpeg) is not None for jpeg in found] == [False] * (len(found) - 1) + [True]


def test_splitter_gives_a_picture_without_waiting_for_the_next() -> None:
    assert JpegSplitter().split(PICTURES[0]) == [PICTURES[0]]


def test_splitter_holds_no_more_than_the_largest_picture() -> None:
    splitter = JpegSplitter()
    for _ in range(3):
        splitter.split(PICTURES[0][:-2] + bytes(MAX_JPEG_BYTES))
    assert splitter.split(PICTURES[0]) == [PICTURES[0]]


@pytest.mark.parametrize("picture", PICTURES, ids=[*WAYS, "thumbnail"])
def test_decoder_takes_whole_pictures_alone(picture: bytes) -> None:
    decoder = JpegDecoder()
    assert read_jpeg_size(picture) == (WIDTH, HEIGHT)
    assert decoder.decode(picture[: len(picture) * 2 // 3]) is None
    for whole in (picture, picture[:-2]):
        decoded = decoder.decode(whole)
        assert decoded is not None
        assert (decoded.width, decoded.height) == (WIDTH, HEIGHT)


def test_decoder_shows_what_was_coded() -> None:
    decoded = JpegDecoder().decode(PICTURES[0])
    assert decoded is not None
    assert np.abs(decoded.to_ndarray(format="rgb24").astype(int) - draw_box(20)).mean() < 6
