"""Streams of every kind, and what goes wrong with them, against real servers."""

import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from instantreact.addresses import Login
from instantreact.domain.camera import Mask, Point
from instantreact.errors import NotAllowed, StreamLost, TooLarge, UnreadableMedia, UnsupportedMedia
from instantreact.media.jpeg_stream import JpegStream
from instantreact.media.live_frame import Arrival
from instantreact.media.mask import FrameMask
from instantreact.media.open_stream import Opening, OpenStream, open_stream, probe_stream
from instantreact.media.push import PushSlot, PushStream
from instantreact.media.reach import ReachPolicy
from instantreact.media.source import parse_source
from instantreact.media.stream import Stream, StreamLimits
from tests.media.live_footage import FPS, HEIGHT, WIDTH, draw_box, write_clip
from tests.servers.mjpeg import MjpegServer
from tests.servers.rtsp import (
    OddPort,
    RtspScript,
    RtspServer,
    free_port,
    redirect_to,
    repeat_clip,
    say_garbage,
    say_nothing,
)

LIMITS = StreamLimits(open_timeout_s=2.0, read_timeout_s=0.5, stall_timeout_s=1.0, max_lag_s=0.3, lag_patience_s=1.0)
LEFT_HALF = Mask((Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    return repeat_clip(write_clip(folder / "box.mp4", sound=True), folder, times=20, sound=True)


@contextmanager
def opened(
    text: str, *, policy: ReachPolicy | None = None, mask: FrameMask | None = None
) -> Iterator[Stream | JpegStream]:
    opening = Opening(policy or ReachPolicy(), LIMITS, mask or FrameMask(()), threading.Event())
    stream = open_stream(parse_source(text), opening)
    assert isinstance(stream, Stream | JpegStream)
    try:
        yield stream
    finally:
        stream.close()


def take_pictures(stream: OpenStream, count: int) -> list[Arrival]:
    taken, seen = [], 0
    for arrival in stream.arrivals():
        taken.append(arrival)
        seen += len(arrival.frames)
        if seen >= count:
            return taken
    return taken


def assert_on_one_time_line(arrivals: list[Arrival]) -> None:
    times_s = [frame.time_s for arrival in arrivals for frame in arrival.frames]
    assert times_s[0] == pytest.approx(0, abs=0.2)
    assert all(earlier < later for earlier, later in pairwise(times_s))


def jpeg_of(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    return cv2.imencode(".jpg", image[..., ::-1])[1].tobytes()


def test_stream_gives_pictures_packets_and_sound_of_an_rtsp_camera(footage: Path) -> None:
    with RtspServer(footage) as server, opened(server.url) as stream:
        arrivals = take_pictures(stream, 20)
    assert_on_one_time_line(arrivals)
    sound = [track for arrival in arrivals for track in arrival.sound]
    assert sum(track.duration_s for track in sound) == pytest.approx(20 / FPS, abs=0.5)
    assert {arrival.packet.kind for arrival in arrivals} == {"video", "audio"}
    picture = next(arrival.frames[0] for arrival in arrivals if arrival.frames)
    assert picture.bgr().shape == (HEIGHT, WIDTH, 3)
    assert picture.rgb(64).shape == (64, 64, 3)
    assert picture.grey(160, 90).shape == (90, 160)


def test_stream_reads_an_rtsp_camera_over_udp(footage: Path) -> None:
    with RtspServer(footage) as server, opened(f"{server.url}#udp") as stream:
        assert_on_one_time_line(take_pictures(stream, 10))


def test_stream_reads_an_rtsp_camera_over_udp_that_knows_no_other_way(footage: Path) -> None:
    with RtspServer(footage, transports="udp") as server, opened(server.url) as stream:
        arrivals = take_pictures(stream, 10)
    assert_on_one_time_line(arrivals)
    assert {arrival.packet.kind for arrival in arrivals} == {"video", "audio"}


def test_stream_logs_in_again_over_udp_where_the_camera_refuses_tcp(footage: Path) -> None:
    with RtspServer(footage, user=("admin", "secret"), digest=True, transports="udp") as server:
        right = replace(parse_source(server.url), login=Login("admin", "secret"))
        assert probe_stream(right, ReachPolicy(), LIMITS).video_codec == "h264"
        with pytest.raises(StreamLost, match="refused the user name or password"):
            probe_stream(replace(right, login=replace(right.login, password="wrong")), ReachPolicy(), LIMITS)


UDP_ANSWER = "200 OK\r\nSession: 1\r\nTransport: RTP/AVP;unicast;server_port=5000-5001"


@pytest.mark.parametrize(
    ("option", "answers", "words"),
    [
        (
            "",
            {"SETUP TCP": "461 Unsupported Transport", "SETUP": UDP_ANSWER},
            r"over UDP \(#udp\), which a firewall may stop",
        ),
        ("", {"SETUP TCP": "400 Bad Request", "SETUP": UDP_ANSWER}, r"over UDP \(#udp\), which a firewall may stop"),
        ("", {"SETUP": UDP_ANSWER}, r"over UDP \(#udp\), which a firewall may stop"),
        ("", {"SETUP": "461 Unsupported Transport"}, r"neither over TCP nor over UDP \(#udp\)"),
        ("#udp", {"SETUP": "461 Unsupported Transport"}, "leave #udp out"),
        ("", {"SETUP": "404 Not Found"}, "no stream of this path"),
        ("", {"SETUP": "453 Not Enough Bandwidth"}, "broke"),
    ],
    ids=["461", "400", "other transport", "neither", "no udp", "no track", "busy"],
)
def test_open_stream_says_so_when_a_camera_takes_no_transport(option: str, answers: dict[str, str], words: str) -> None:
    """Cameras that say they would send over UDP, and do not, stand for a firewall between."""
    script, limits = RtspScript(answers), replace(LIMITS, open_timeout_s=0.5)
    with OddPort(script) as port, pytest.raises(StreamLost, match=words):
        probe_stream(parse_source(f"rtsp://127.0.0.1:{port.port}/s{option}"), ReachPolicy(), limits)
    ways = ["TCP" in line for request in script.requests for line in request if line.startswith("Transport:")]
    assert ways == {"": [True, False] if "UDP" in words else [True], "#udp": [False]}[option]


@pytest.mark.data
def test_stream_shows_a_real_camera_that_codes_pictures_out_of_order(data_dir: Path, tmp_path: Path) -> None:
    real = repeat_clip(data_dir / "cctv" / "clips" / "fi001.mp4", tmp_path, times=5)
    with RtspServer(real) as server, opened(server.url) as stream:
        arrivals = take_pictures(stream, 30)
    assert_on_one_time_line(arrivals)
    assert any(arrival.packet.dts is None for arrival in arrivals)


def test_stream_tells_an_rtsp_camera_its_own_address_and_no_other() -> None:
    script = RtspScript()
    with OddPort(script) as port, pytest.raises((StreamLost, UnsupportedMedia)):
        probe_stream(parse_source(f"rtsp://localhost:{port.port}/a%20b?channel=1"), ReachPolicy(), LIMITS)
    asked = [request[0] for request in script.requests]
    url = f"rtsp://localhost:{port.port}/a%20b?channel=1"
    assert asked[:4] == [f"{method} {url} RTSP/1.0" for method in ("OPTIONS", "DESCRIBE", "SETUP", "PLAY")]


def test_stream_sends_reports_to_the_camera_even_when_it_names_another_receiver() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as camera,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere,
    ):
        camera.bind(("127.0.0.1", 0))
        elsewhere.bind(("127.0.0.2", camera.getsockname()[1]))
        ports = f"server_port={camera.getsockname()[1]}-{camera.getsockname()[1]}"
        told = f"200 OK\r\nSession: 1\r\nTransport: RTP/AVP;unicast;{ports};source=127.0.0.2"
        with OddPort(RtspScript({"SETUP": told})) as port, pytest.raises((StreamLost, UnsupportedMedia)):
            probe_stream(parse_source(f"rtsp://127.0.0.1:{port.port}/s#udp"), ReachPolicy(), LIMITS)
        camera.setblocking(False)
        elsewhere.setblocking(False)
        assert camera.recv(2048)
        with pytest.raises(BlockingIOError):
            elsewhere.recv(2048)


@pytest.mark.parametrize("user", ["ad.min@home", "ad:min/1", "jürgen%41#?"])
def test_stream_answers_an_rtsp_camera_that_asks_for_digest(footage: Path, user: str) -> None:
    source = parse_source("rtsp://127.0.0.1/stream1")
    with RtspServer(footage, user=(user, "p@ss:w/ör.d?#1"), digest=True) as server:
        right = replace(source, port=server.port, login=Login(user, "p@ss:w/ör.d?#1"))
        assert probe_stream(right, ReachPolicy(), LIMITS).video_codec == "h264"
        with pytest.raises(StreamLost, match="refused the user name or password"):
            probe_stream(replace(right, login=replace(right.login, password="wrong")), ReachPolicy(), LIMITS)


def test_stream_carries_user_and_password_as_they_were_typed(footage: Path) -> None:
    with RtspServer(footage, user=("ad.min@home", "p@ss:w/or.d?#1")) as server:
        address = f"127.0.0.1:{server.port}/stream1"
        info = probe_stream(parse_source(f"rtsp://ad.min@home:p@ss:w/or.d?#1@{address}"), ReachPolicy(), LIMITS)
        assert (info.video_codec, info.width, info.height, info.audio_codec) == ("h264", WIDTH, HEIGHT, "aac")
        assert cv2.imdecode(np.frombuffer(info.snapshot_jpeg, np.uint8), cv2.IMREAD_COLOR) is not None
        with pytest.raises(StreamLost, match="refused the user name or password") as refused:
            probe_stream(parse_source(f"rtsp://ad.min@home:wr@ng@{address}"), ReachPolicy(), LIMITS)
    assert "wr@ng" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_stream_is_lost_when_the_camera_dies(footage: Path) -> None:
    with RtspServer(footage) as server, opened(server.url) as stream:
        arrivals = stream.arrivals()
        next(arrivals)
        server.kill()
        with pytest.raises(StreamLost):
            list(arrivals)


def test_stream_is_lost_when_the_camera_freezes(footage: Path) -> None:
    with RtspServer(footage) as server, opened(server.url) as stream:
        arrivals = stream.arrivals()
        next(arrivals)
        server.freeze()
        with pytest.raises(StreamLost):
            list(arrivals)


def test_stream_leaves_out_what_piled_up_during_a_short_stall(footage: Path) -> None:
    limits = StreamLimits(open_timeout_s=2, read_timeout_s=4, stall_timeout_s=4, max_lag_s=0.3, lag_patience_s=30)
    with RtspServer(footage) as server:
        stream = open_stream(parse_source(server.url), Opening(ReachPolicy(), limits, FrameMask(()), threading.Event()))
        take_pictures(stream, 10)
        server.freeze()
        time.sleep(1.2)
        server.thaw()
        arrivals = stream.arrivals()
        pictures = [arrival for _, arrival in zip(range(30), arrivals, strict=False) if arrival.packet.kind == "video"]
        stream.close()
    assert sum(not arrival.frames for arrival in pictures) >= 5


@pytest.mark.parametrize(
    ("behave", "words"),
    [(say_nothing, "did not answer"), (say_garbage, "does not speak RTSP")],
    ids=["silent", "garbage"],
)
def test_open_stream_says_what_is_wrong_with_a_port_that_is_no_camera(behave: object, words: str) -> None:
    assert callable(behave)
    with OddPort(behave) as port, pytest.raises(StreamLost, match=words):
        probe_stream(parse_source(f"rtsp://u:secret@127.0.0.1:{port.port}/s"), ReachPolicy(), LIMITS)


def test_open_stream_says_that_nothing_listens_there() -> None:
    for scheme in ("rtsp", "http"):
        with pytest.raises(StreamLost, match="Nothing listens"):
            probe_stream(parse_source(f"{scheme}://127.0.0.1:{free_port()}/s"), ReachPolicy(), LIMITS)


def test_open_stream_does_not_follow_an_rtsp_redirect() -> None:
    with OddPort(redirect_to("rtsp://169.254.169.254/x")) as port, pytest.raises(NotAllowed, match="another address"):
        probe_stream(parse_source(f"rtsp://127.0.0.1:{port.port}/s"), ReachPolicy(), LIMITS)


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE"])
def test_open_stream_does_not_let_ffmpeg_follow_a_redirect_that_only_ffmpeg_gets(method: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        moved = f"302 Moved\r\nLocation: rtsp://127.0.0.1:{elsewhere.getsockname()[1]}/x"
        with (
            OddPort(RtspScript({method: moved}, only_ffmpeg=True)) as port,
            pytest.raises(NotAllowed, match="sends us to another address"),
        ):
            probe_stream(parse_source(f"rtsp://u:secret@127.0.0.1:{port.port}/s"), ReachPolicy(), LIMITS)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def test_open_stream_asks_the_policy_before_it_opens_anything(footage: Path) -> None:
    policy = ReachPolicy(own_ports=lambda: frozenset({8000}))
    for text in ("rtsp://169.254.169.254/s", "http://127.0.0.1:8000/video", f"file:{footage}"):
        with pytest.raises(NotAllowed):
            probe_stream(parse_source(text), policy, LIMITS)


def test_open_stream_says_that_there_is_no_such_device() -> None:
    with pytest.raises(StreamLost, match="no video device 99"):
        probe_stream(parse_source("device:99"), ReachPolicy(), LIMITS)


def test_stream_reads_mjpeg_as_it_arrives() -> None:
    with MjpegServer() as server, opened(server.url) as stream:
        arrivals = take_pictures(stream, 12)
    assert_on_one_time_line(arrivals)
    assert all(arrival.packet.is_keyframe for arrival in arrivals)


@pytest.mark.parametrize("way", ["basic", "digest"])
def test_stream_answers_the_challenge_of_an_mjpeg_camera(way: str) -> None:
    user, password = "ad.mín@home" if way == "basic" else "ad:mín@home", "p@ss:w/örd"
    basic = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
    made = MjpegServer(basic=basic) if way == "basic" else MjpegServer(digest_user=(user, password))
    with made as server:
        nobody = parse_source(server.url)
        right = replace(nobody, login=Login(user, password))
        assert probe_stream(right, ReachPolicy(), LIMITS).video_codec == "mjpeg"
        for wrong in (replace(right, login=replace(right.login, password="wrong")), nobody):
            with pytest.raises(StreamLost, match="refused the user name or password"):
                probe_stream(wrong, ReachPolicy(), LIMITS)


def test_open_stream_follows_an_mjpeg_redirect_on_the_same_camera_only() -> None:
    with MjpegServer(redirects_to="/video") as server:
        assert probe_stream(parse_source(server.url.replace("video", "moved")), ReachPolicy(), LIMITS).width == WIDTH
    with MjpegServer() as other, MjpegServer(redirects_to=other.url) as server, pytest.raises(NotAllowed):
        probe_stream(parse_source(server.url.replace("video", "moved")), ReachPolicy(), LIMITS)


def test_open_stream_says_what_else_an_address_answers() -> None:
    with MjpegServer() as server:
        with pytest.raises(UnsupportedMedia, match="text/html"):
            probe_stream(parse_source(server.url.replace("video", "page")), ReachPolicy(), LIMITS)
        with pytest.raises(StreamLost, match="no stream of this path"):
            probe_stream(parse_source(server.url.replace("video", "none")), ReachPolicy(), LIMITS)


@pytest.mark.parametrize("fault", ["is_silent", "trickles"])
def test_stream_is_lost_when_an_mjpeg_camera_stops_or_trickles(fault: str) -> None:
    with MjpegServer() as server, opened(server.url) as stream:
        arrivals = stream.arrivals()
        next(arrivals)
        setattr(server, fault, True)
        with pytest.raises(StreamLost):
            list(arrivals)


def test_stream_plays_a_file_in_real_time_and_ends(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "short.mp4", seconds=1.0)
    started_s = time.monotonic()
    with opened(f"file:{clip}", policy=ReachPolicy(file_folders=(tmp_path,))) as stream:
        arrivals = list(stream.arrivals())
    assert len([frame for arrival in arrivals for frame in arrival.frames]) == FPS
    assert time.monotonic() - started_s >= 1.0 - 2 / FPS


def test_stream_plays_a_file_again_when_it_loops(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "short.mp4", seconds=0.5)
    with opened(f"file:{clip}#loop", policy=ReachPolicy(file_folders=(tmp_path,))) as stream:
        arrivals = take_pictures(stream, 20)
    assert_on_one_time_line(arrivals)


def test_stream_shows_nothing_that_is_masked(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "box.mp4", seconds=0.5)
    policy = ReachPolicy(file_folders=(tmp_path,))
    with opened(f"file:{clip}", policy=policy, mask=FrameMask([LEFT_HALF])) as stream:
        frame = take_pictures(stream, 1)[0].frames[0]
    assert frame.bgr()[:, : WIDTH // 2].max() == 0
    assert frame.bgr()[:, WIDTH // 2 + 12 :].min() > 0
    assert frame.rgb(32)[:, :15].max() == 0
    assert frame.grey(160, 90)[:, :80].max() == 0
    shown = cv2.imdecode(np.frombuffer(frame.jpeg(), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown[:, : WIDTH // 2 - 16].max() <= 3


def test_stream_ends_when_it_is_stopped(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "box.mp4", seconds=2)
    stopped = threading.Event()
    opening = Opening(ReachPolicy(file_folders=(tmp_path,)), LIMITS, FrameMask(()), stopped)
    stream = open_stream(parse_source(f"file:{clip}#loop"), opening)
    for index, _ in enumerate(stream.arrivals()):
        if index == 3:
            stopped.set()
    stream.close()
    assert stopped.is_set()


def test_push_slot_keeps_the_newest_frame_only() -> None:
    slot = PushSlot(max_pixels=1_000_000)
    for left in (10, 100, 200):
        slot.put(jpeg_of(draw_box(left)))
    taken = slot.take(0.1)
    assert taken is not None
    assert taken[0] == jpeg_of(draw_box(200))
    assert slot.dropped == 2
    assert slot.take(0.01) is None


def test_push_stream_gives_pushed_frames_and_is_lost_without_them() -> None:
    slot = PushSlot(max_pixels=1_000_000)
    stream = PushStream(slot, limits=LIMITS, mask=FrameMask([LEFT_HALF]), stopped=threading.Event())
    slot.put(jpeg_of(draw_box(10)))
    arrivals = stream.arrivals()
    frame = next(arrivals).frames[0]
    assert frame.bgr().shape == (HEIGHT, WIDTH, 3)
    assert frame.bgr()[:, : WIDTH // 2].max() == 0
    slot.put(jpeg_of(draw_box(10))[:400] + b"\x00" * 100)
    with pytest.raises(StreamLost, match="No frame was pushed"):
        list(arrivals)


def test_push_stream_is_lost_when_no_frame_that_comes_can_be_read() -> None:
    slot = PushSlot(max_pixels=1_000_000)
    stream = PushStream(slot, limits=LIMITS, mask=FrameMask(()), stopped=threading.Event())
    damaged = jpeg_of(draw_box(10))[:400] + b"\x00" * 100
    ended = threading.Event()

    def push() -> None:
        while not ended.wait(0.05):
            slot.put(damaged)

    pushing = threading.Thread(target=push, daemon=True)
    pushing.start()
    try:
        with pytest.raises(StreamLost, match="None of the frames that were pushed"):
            list(stream.arrivals())
    finally:
        ended.set()
        pushing.join()


def test_push_slot_refuses_what_is_no_jpeg_or_too_large() -> None:
    slot = PushSlot(max_pixels=1000)
    with pytest.raises(TooLarge):
        slot.put(jpeg_of(draw_box(10)))
    for damaged in (b"", b"GIF89a", b"\xff\xd8\xff\xd9", jpeg_of(draw_box(10))[:20]):
        with pytest.raises(UnreadableMedia):
            slot.put(damaged)
