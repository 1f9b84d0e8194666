"""Cameras that answer over HTTP, and frames that are pushed: whatever comes, it is a picture or it is none."""

import threading

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from instantreact.errors import TooLarge, UnreadableMedia
from instantreact.media.jpeg import JPEG_START, MAX_JPEG_BYTES, JpegDecoder, JpegSplitter, read_jpeg_size
from instantreact.media.push import PushSlot
from tests.fuzz.effort import cuts_of, damaged, effort
from tests.fuzz.hostile_cameras import Behaviour, answering, open_all, repeating
from tests.fuzz.test_rtsp import CHALLENGES


def draw_jpeg(width: int = 64, height: int = 48, *, restart: int = 0) -> bytes:
    picture = np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_RST_INTERVAL, restart])[1])


def write_frame_header(width: int, height: int) -> bytes:
    return (
        b"\xff\xc0\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    )


JPEG = draw_jpeg()
SIZE_AT = JPEG.index(b"\xff\xc0")
THUMBNAIL = JPEG[:2] + b"\xff\xe1" + (len(JPEG) + 2).to_bytes(2) + JPEG + JPEG[2:]
TWO_SIZES = JPEG[:SIZE_AT] + JPEG[SIZE_AT : SIZE_AT + 19] + write_frame_header(30_000, 30_000) + JPEG[SIZE_AT + 19 :]
HUGE = JPEG[:SIZE_AT] + write_frame_header(65_535, 65_535) + JPEG[SIZE_AT + 19 :]
FLAT = JPEG[:SIZE_AT] + write_frame_header(0, 0) + JPEG[SIZE_AT + 19 :]
PICTURES = st.sampled_from(
    [JPEG, draw_jpeg(restart=1), THUMBNAIL, TWO_SIZES, HUGE, FLAT, b"\xff\xd8\xff", b"\xff" * 50]
)
BETWEEN = st.sampled_from(
    [b"", b"\r\n--frame\r\nContent-Length: 99999999999\r\n\r\n", b"--frame--", b"\xff\xd8", b"\xff\xd9", b"\x00" * 99]
)
FLOWS = st.lists(st.tuples(BETWEEN, PICTURES.flatmap(damaged)), max_size=5).map(
    lambda pairs: b"".join(a + b for a, b in pairs)
)


@given(st.data())
@effort(100)
def test_pictures_are_found_the_same_however_they_arrive(data: st.DataObject) -> None:
    flow = data.draw(FLOWS)
    whole, splitter, found = JpegSplitter(), JpegSplitter(), list[bytes]()
    for piece in data.draw(cuts_of(flow)):
        found += splitter.split(piece)
        assert len(splitter._data) <= MAX_JPEG_BYTES

    assert found == whole.split(flow)
    assert splitter.finish() == whole.finish()
    assert all(each.startswith(JPEG_START) for each in found)
    assert all(each in flow for each in found)


@given(st.binary(max_size=60) | PICTURES.flatmap(damaged))
@effort(150)
def test_any_pushed_frame_is_taken_or_refused_and_decoded_or_not(frame: bytes) -> None:
    slot = PushSlot(max_pixels=1000 * 1000)
    try:
        slot.put(frame)
        width, height = read_jpeg_size(frame)
    except (TooLarge, UnreadableMedia):
        assert slot.take(0.0) is None
        return
    picture = JpegDecoder().decode(frame)
    assert picture is None or picture.width * picture.height <= 1000 * 1000
    assert picture is None or (picture.width, picture.height) == (width, height)


OK = b"HTTP/1.1 200 OK\r\n"
PICTURE = OK + b"Content-Type: image/jpeg\r\n"
MJPEG = OK + b"Content-Type: multipart/x-mixed-replace; boundary=f\r\n\r\n"
CHUNKED = PICTURE + b"Transfer-Encoding: chunked\r\n\r\n"
HOSTILE: dict[str, Behaviour] = {
    "a head that trickles": repeating(OK, b"X: a\r\n", 0.1),
    "a head without end": repeating(OK, b"X: a\r\n" * 100),
    "a status line without end": repeating(b"HTTP/1.1 200 ", b"O" * 4096),
    "interim answers without end": repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "interim answers that trickle": repeating(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.1),
    "a body that trickles": repeating(PICTURE + b"\r\n", b"a", 0.1),
    "a picture that trickles": repeating(PICTURE + b"\r\n" + JPEG[:-2], b"\x00", 0.1),
    "a body without end": repeating(PICTURE + b"\r\n", b"\xff\xd8\xff\xe0\x00\x04ab" * 1000),
    "a picture without end": repeating(MJPEG + JPEG[:-2], b"\x00" * 65_536),
    "a chunk's length that trickles": repeating(CHUNKED + b"5;", b"a", 0.1),
    "a chunk's length without end": repeating(CHUNKED + b"5;", b"a" * 4096),
    "a chunk's length that is none": answering(CHUNKED[:-4], b"zz\r\nabc\r\n"),
    "chunks of nothing": answering(CHUNKED[:-4], b"0\r\n"),
    "trailers without end": repeating(CHUNKED + b"0\r\n", b"a: b\r\n" * 1000),
    "pictures that are none": repeating(MJPEG, TWO_SIZES + HUGE + FLAT, 0.05),
    "a length that is none": answering(PICTURE + b"Content-Length: abc"),
    "a length of many digits": answering(PICTURE + b"Content-Length: " + b"9" * 5000, JPEG),
    "two lengths": answering(PICTURE + b"Content-Length: 5\r\nContent-Length: 6", JPEG),
    "a status that is none": answering(b"HTTP/1.1 999999 OK"),
    "another protocol": answering(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade", JPEG * 99),
    "a redirect to no address": answering(b"HTTP/1.1 302 Found\r\nLocation: mailto:a"),
    "a redirect to half an address": answering(b"HTTP/1.1 302 Found\r\nLocation: http://[::1"),
    "a redirect to no letters": answering(b"HTTP/1.1 302 Found\r\nLocation: http://xn--\xe9/\xff"),
    "a redirect to nowhere": answering(b"HTTP/1.1 302 Found\r\nLocation: "),
    "a redirect to anywhere": answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/a.jpg"),
    "a redirect of many letters": answering(b"HTTP/1.1 302 Found\r\nLocation: /" + b"a" * 60_000),
    "a type of no letters": answering(OK + b"Content-Type: \xff\xfe/\x80;;;=", b"\x00" * 100),
    "packed": answering(PICTURE + b"Content-Encoding: gzip", b"\x1f\x8b\x08" + b"\x00" * 100),
    "cookies": answering(PICTURE + b"Set-Cookie: " + b"a=b; " * 10_000, JPEG[:50]),
    **{
        f"challenge {number}": answering(
            b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: " + each.encode("utf-8", "surrogateescape")
        )
        for number, each in enumerate(CHALLENGES)
    },
}


def test_hostile_cameras_are_given_up_in_time_and_no_thread_stays() -> None:
    before = threading.active_count()

    told = open_all("http", HOSTILE)

    assert {name: said for name, said in told.items() if not said.startswith("is refused: ")} == {}
    assert threading.active_count() == before
