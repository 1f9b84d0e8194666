"""Cameras that speak HTTP: MJPEG whatever it calls itself, and snapshots that are fetched."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice, pairwise

import pytest

from instantreact.errors import StreamLost, UnsupportedMedia
from instantreact.media.jpeg_stream import JpegStream
from instantreact.media.mask import FrameMask
from instantreact.media.open_stream import Opening, ReadAs, open_stream, probe_stream
from instantreact.media.reach import ReachPolicy
from instantreact.media.source import parse_source
from instantreact.media.stream import StreamLimits
from tests.media.live_footage import WIDTH, draw_box
from tests.servers.rtsp import OddPort
from tests.servers.snapshots import SnapshotServer, draw_jpeg

LIMITS = StreamLimits(open_timeout_s=2.0, read_timeout_s=0.5, stall_timeout_s=0.8, snapshot_every_s=0.1)


@contextmanager
def opened(url: str, limits: StreamLimits = LIMITS) -> Iterator[JpegStream]:
    stream = open_stream(parse_source(url), Opening(ReachPolicy(), limits, FrameMask(()), threading.Event()))
    assert isinstance(stream, JpegStream)
    try:
        yield stream
    finally:
        stream.close()


def take_times(stream: JpegStream, count: int) -> list[float]:
    """When so many pictures came, on the stream's clock."""
    return [arrival.frames[0].time_s for arrival in islice(stream.arrivals(), count)]


def part(jpeg: bytes, *, boundary: bytes = b"--frame", kind: bytes = b"image/jpeg", length: int | None = None) -> bytes:
    counted = b"" if length is None else b"Content-Length: %d\r\n" % length
    return boundary + b"\r\nContent-Type: " + kind + b"\r\n" + counted + b"\r\n" + jpeg + b"\r\n"


def answering(head: bytes, make_piece: Callable[[bytes], bytes]) -> Callable[[socket.socket], None]:
    """Answer with this head, and then with pieces that are made of a JPEG each."""

    def behave(connection: socket.socket) -> None:
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\n" + head + b"\r\n")
            for index in range(40):
                connection.sendall(make_piece(draw_jpeg(10 + index * 5)))
                time.sleep(0.03)

    return behave


MULTIPART = b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n"
ODD_STREAMS = {
    "octet-stream": (b"Content-Type: application/octet-stream\r\n", part),
    "no type at all": (b"", part),
    "image/jpeg, but without end": (b"Content-Type: image/jpeg\r\n", part),
    "text/plain": (b"Content-Type: text/plain\r\n", part),
    "boundary in quotes": (b'Content-Type: multipart/x-mixed-replace; boundary="frame"\r\n', part),
    "boundary missing": (b"Content-Type: multipart/x-mixed-replace\r\n", part),
    "boundary without dashes": (MULTIPART, lambda jpeg: part(jpeg, boundary=b"frame")),
    "another boundary": (MULTIPART, lambda jpeg: part(jpeg, boundary=b"--other")),
    "length too small": (MULTIPART, lambda jpeg: part(jpeg, length=100)),
    "length too large": (MULTIPART, lambda jpeg: part(jpeg, length=len(jpeg) + 777)),
    "parts without a type": (MULTIPART, lambda jpeg: b"--frame\r\n\r\n" + jpeg + b"\r\n"),
    "parts of another type": (MULTIPART, lambda jpeg: part(jpeg, kind=b"image/pjpeg")),
    "bare JPEGs": (b"Content-Type: video/x-motion-jpeg\r\n", lambda jpeg: jpeg),
    "no end of image": (MULTIPART, lambda jpeg: part(jpeg[:-2])),
    "a foreword": (MULTIPART, lambda jpeg: b"This is a multipart message.\r\n" * 300 + part(jpeg)),
}


@pytest.mark.parametrize("name", ODD_STREAMS)
def test_stream_reads_mjpeg_whatever_its_headers_say(name: str) -> None:
    head, make_piece = ODD_STREAMS[name]
    with OddPort(answering(head, make_piece)) as port, opened(f"http://127.0.0.1:{port.port}/video") as stream:
        times_s = take_times(stream, 5)
    assert all(earlier < later for earlier, later in pairwise(times_s))
    assert times_s[-1] < 10 * 0.03 + 1.0


def test_stream_leaves_out_pictures_that_are_cut_off() -> None:
    count = iter(range(1000))

    def cut_every_other(jpeg: bytes) -> bytes:
        return part(jpeg[: len(jpeg) // 2] if next(count) % 2 else jpeg)

    with OddPort(answering(MULTIPART, cut_every_other)) as port, opened(f"http://127.0.0.1:{port.port}/v") as stream:
        pictures = [arrival.frames[0].bgr() for arrival in islice(stream.arrivals(), 5)]
    lower_left = draw_box(200)[200:, :40, ::-1].astype(int)
    assert all(abs(picture[200:, :40].astype(int) - lower_left).mean() < 6 for picture in pictures)


@pytest.mark.parametrize(
    ("head", "body", "words"),
    [
        (b"Content-Type: text/html\r\n", b"<html>" + b"x" * 9000, "text/html: neither MJPEG nor a JPEG"),
        (b"Content-Type: video/mp4\r\n", b"\0\0\0 ftypisom" + b"\0" * 9000, "video/mp4: neither"),
        (b"", b"hello " * 900, "something unnamed"),
    ],
    ids=["page", "film", "words"],
)
def test_open_stream_says_what_an_address_answers_that_holds_no_jpeg(head: bytes, body: bytes, words: str) -> None:
    with OddPort(answering(head, lambda _: body)) as port, pytest.raises(UnsupportedMedia, match=words):
        probe_stream(parse_source(f"http://127.0.0.1:{port.port}/"), ReachPolicy(), LIMITS)


def test_stream_of_another_picture_kind_is_lost_in_time() -> None:
    png = answering(MULTIPART, lambda _: part(b"\x89PNG" + b"\0" * 2000, kind=b"image/png"))
    with OddPort(png) as port, opened(f"http://127.0.0.1:{port.port}/") as stream, pytest.raises(StreamLost):
        list(stream.arrivals())


@pytest.mark.parametrize("content_type", ["image/jpeg", "application/octet-stream", "text/html"])
def test_probe_stream_tells_snapshots_from_a_stream(content_type: str) -> None:
    with SnapshotServer(content_type=content_type) as server:
        found = probe_stream(parse_source(server.url), ReachPolicy(), LIMITS)
    assert (found.read_as, found.video_codec, found.width) == (ReadAs.JPEG_SNAPSHOTS, "mjpeg", WIDTH)


def test_stream_fetches_snapshots_over_one_connection_and_not_too_often() -> None:
    with SnapshotServer() as server, opened(server.url) as stream:
        times_s = take_times(stream, 4)
    assert all(later - earlier >= 0.9 * LIMITS.snapshot_every_s for earlier, later in pairwise(server.asked_s[:4]))
    assert times_s == sorted(times_s)
    assert server.connections == 1


def test_stream_logs_in_once_for_many_snapshots() -> None:
    with SnapshotServer(asks_for_login=True) as server, opened(server.url.replace("//", "//me:secret@")) as stream:
        take_times(stream, 3)
    assert len(server.asked_s) == 4


@pytest.mark.parametrize("fault", ["hang", "busy", "page", "cut", "reset"])
def test_stream_survives_a_snapshot_that_fails(fault: str) -> None:
    limits = replace(LIMITS, stall_timeout_s=10.0)
    with SnapshotServer() as server, opened(server.url, limits) as stream:
        arrivals = stream.arrivals()
        next(arrivals)
        server.faults.append(fault)
        next(arrivals)
        assert not server.faults


def test_stream_of_snapshots_is_lost_when_all_fail_for_long() -> None:
    with SnapshotServer() as server, opened(server.url) as stream:
        arrivals = stream.arrivals()
        next(arrivals)
        server.faults.extend(["busy"] * 50)
        with pytest.raises(StreamLost, match=r"no new picture for 0\.8 s.*503"):
            next(arrivals)


def test_stream_takes_snapshots_that_are_shorter_than_they_say() -> None:
    with SnapshotServer(adds_to_length=500) as server, opened(server.url) as stream:
        assert len(take_times(stream, 3)) == 3


@pytest.mark.parametrize("pictures", [1, 2])
def test_stream_takes_snapshots_that_end_with_their_connection(pictures: int) -> None:
    def behave(connection: socket.socket) -> None:
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + draw_jpeg(50) * pictures)

    with OddPort(behave) as port, opened(f"http://127.0.0.1:{port.port}/cgi/jpg") as stream:
        assert len(take_times(stream, 4)) == 4
