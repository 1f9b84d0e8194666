"""The ring of packets and the clips cut from it."""

import io
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from instantreact.domain.camera import Mask, Point
from instantreact.domain.media import Images
from instantreact.errors import StreamLost
from instantreact.media.live_frame import CodedPacket, TrackKind
from instantreact.media.mask import FrameMask
from instantreact.media.open_stream import Opening, open_stream
from instantreact.media.push import PushSlot, PushStream
from instantreact.media.reach import ReachPolicy
from instantreact.media.segment import EvidenceClip, PacketRing, Tracks, decoding_times, write_clip
from instantreact.media.source import parse_source
from instantreact.media.stream import StreamLimits
from tests.media.clips import Drawing, make_clip
from tests.media.live_footage import CLOCKS_APART, FPS, HEIGHT, WIDTH, draw_box, part_clocks
from tests.media.live_footage import write_clip as draw_clip
from tests.media.test_tracks import LARGE, NONE, SMALL, make_tracks

LEFT_HALF = Mask((Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))
KINDS = st.sampled_from(["key", "delta", "sound"])


def make_packet(kind: str, time_s: float, size: int = 10) -> CodedPacket:
    track = TrackKind.AUDIO if kind == "sound" else TrackKind.VIDEO
    stamp = round(time_s * 90_000)
    return CodedPacket(track, bytes(size), time_s, stamp, stamp, Fraction(1, 90_000), is_keyframe=kind != "delta")


def record(path: Path, *, mask: FrameMask | None = None, start_s: float, end_s: float) -> EvidenceClip:
    """Stream a file and cut a part of it."""
    opening = Opening(
        ReachPolicy(file_folders=(path.parent,)), StreamLimits(), mask or FrameMask(()), threading.Event()
    )
    stream = open_stream(parse_source(f"file:{path}"), opening)
    ring = PacketRing(max_s=30, max_bytes=10_000_000)
    for arrival in stream.arrivals():
        ring.add(arrival.packet)
    clip = write_clip(ring.cut(start_s, end_s), Tracks(stream.video, stream.audio), mask or FrameMask(()))
    stream.close()
    return clip


def read_clip(clip: EvidenceClip) -> tuple[list[av.VideoFrame], float]:
    """The pictures of a clip and the seconds of its sound."""
    with av.open(io.BytesIO(clip.mp4), "r") as container:
        pictures = list(container.decode(video=0))
    with av.open(io.BytesIO(clip.mp4), "r") as container:
        if not container.streams.audio:
            return pictures, 0.0
        return pictures, sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def video_bytes(file: str | io.BytesIO) -> list[bytes]:
    with av.open(file, "r") as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@given(st.lists(st.tuples(KINDS, st.floats(0.01, 2.0), st.integers(1, 400)), max_size=60))
def test_packet_ring_starts_with_a_keyframe_and_stays_within_its_bounds(steps: list[tuple[str, float, int]]) -> None:
    ring, time_s, longest_gop_s, gop_start_s = PacketRing(max_s=5.0, max_bytes=1000), 0.0, 0.0, 0.0
    for kind, passed_s, size in steps:
        time_s += passed_s
        gop_start_s = time_s if kind == "key" else gop_start_s
        longest_gop_s = max(longest_gop_s, time_s - gop_start_s)
        ring.add(make_packet(kind, time_s, size))
        kept = ring.cut(0.0, time_s)
        assert sum(len(packet.data) for packet in kept) == ring.size_bytes <= 1000
        if kept:
            assert kept[0].is_keyframe
            assert kept[0].kind is TrackKind.VIDEO
            assert kept[-1].time_s - kept[0].time_s <= 5.0 + longest_gop_s


def test_packet_ring_cuts_from_the_keyframe_before_the_start() -> None:
    ring = PacketRing(max_s=60, max_bytes=100_000)
    for index in range(30):
        ring.add(make_packet("key" if index % 10 == 0 else "delta", float(index)))
    assert [packet.time_s for packet in ring.cut(14.0, 21.0)] == [float(t) for t in range(10, 22)]
    assert ring.cut(-5.0, 1.0)[0].time_s == 0.0
    assert PacketRing(max_s=1, max_bytes=1).cut(0, 1) == ()


def test_write_clip_copies_picture_and_sound_as_the_camera_coded_them(tmp_path: Path) -> None:
    source = draw_clip(tmp_path / "box.mp4", seconds=3, sound=True)
    clip = record(source, start_s=1.2, end_s=2.5)
    pictures, sound_s = read_clip(clip)
    assert clip.coded_anew is None
    assert clip.start_s == pytest.approx(1.0, abs=0.01)
    assert clip.end_s == pytest.approx(2.5, abs=0.1)
    assert len(pictures) == pytest.approx(1.5 * FPS, abs=1)
    assert sound_s == pytest.approx(1.5, abs=0.2)
    assert set(video_bytes(io.BytesIO(clip.mp4))) <= set(video_bytes(str(source)))
    assert pictures[0].key_frame


@pytest.mark.parametrize("apart", CLOCKS_APART)
def test_write_clip_keeps_picture_and_sound_of_a_camera_whose_clocks_are_far_apart(tmp_path: Path, apart: str) -> None:
    drawn = draw_clip(tmp_path / "box.mp4", seconds=2, sound=True)
    clip = record(part_clocks(drawn, tmp_path / "apart.mkv", CLOCKS_APART[apart]), start_s=0.2, end_s=1.7)
    pictures, sound_s = read_clip(clip)
    assert clip.start_s == pytest.approx(0.0, abs=0.1)
    assert clip.end_s == pytest.approx(1.7, abs=0.1)
    assert len(pictures) == pytest.approx(1.7 * FPS, abs=2)
    assert sound_s == pytest.approx(1.7, abs=0.4)
    with av.open(io.BytesIO(clip.mp4), "r") as container:
        length_s = float(container.duration or 0) / av.time_base
    assert length_s == pytest.approx(1.7, abs=0.5)


def test_write_clip_codes_a_masked_camera_anew_and_shows_nothing_of_what_is_masked(tmp_path: Path) -> None:
    clip = record(draw_clip(tmp_path / "box.mp4", seconds=2), mask=FrameMask([LEFT_HALF]), start_s=0, end_s=2)
    pictures, _ = read_clip(clip)
    assert clip.coded_anew == "The camera has privacy masks."
    assert len(pictures) == pytest.approx(2 * FPS, abs=1)
    assert float(pictures[-1].time or 0) == pytest.approx(2.0, abs=0.2)
    for picture in pictures:
        image = picture.to_ndarray(format="rgb24")
        assert image[:, : WIDTH // 2 - 8].max() <= 6
        assert image[:, WIDTH // 2 + 16 :].mean() > 60


SHARES = st.floats(0, 1, allow_nan=False)
MASKS = st.builds(Mask, st.lists(st.builds(Point, SHARES, SHARES), min_size=3, max_size=6).map(tuple))
BLOCK_PX = 8


def jpeg_packet(image: Images) -> CodedPacket:
    """With colour at full resolution: JPEG then codes each block by itself."""
    how = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    jpeg = cv2.imencode(".jpg", image, how)[1].tobytes()
    return CodedPacket(TrackKind.VIDEO, jpeg, 0.0, 0, 0, Fraction(1, 90_000), is_keyframe=True)


@given(st.lists(MASKS, min_size=1, max_size=3), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_write_clip_of_a_masked_camera_does_not_depend_on_what_is_masked(masks: list[Mask], seed: int) -> None:
    """Pictures that differ in masked blocks alone give the same file, byte for byte."""
    random, mask = np.random.default_rng(seed), FrameMask(masks)
    height, width = 12 * BLOCK_PX, 16 * BLOCK_PX
    one, other = (random.integers(0, 256, (height, width, 3), np.uint8) for _ in range(2))
    blocks = mask.hidden(width, height).reshape(12, BLOCK_PX, 16, BLOCK_PX).all(axis=(1, 3))
    assume(blocks.any())
    differs = blocks.repeat(BLOCK_PX, axis=0).repeat(BLOCK_PX, axis=1)
    other[~differs] = one[~differs]

    first, second = (write_clip([jpeg_packet(image)], Tracks(None, None), mask).mp4 for image in (one, other))

    assert first == second


def test_write_clip_codes_pushed_frames_anew_for_players() -> None:
    slot = PushSlot(max_pixels=1_000_000)
    stream = PushStream(slot, limits=StreamLimits(), mask=FrameMask(()), stopped=threading.Event())
    ring, arrivals = PacketRing(max_s=30, max_bytes=1_000_000), stream.arrivals()
    for left in range(0, 200, 20):
        slot.put(cv2.imencode(".jpg", draw_box(left)[..., ::-1])[1].tobytes())
        ring.add(next(arrivals).packet)
    clip = write_clip(ring.cut(0, 10), Tracks(stream.video, stream.audio), FrameMask(()))
    pictures, _ = read_clip(clip)
    assert len(pictures) == 10
    assert clip.coded_anew == "Players do not show mjpeg in an MP4 file."
    seen = pictures[-1].to_ndarray(format="rgb24").astype(np.int16)
    assert np.abs(seen - draw_box(180).astype(np.int16)).mean() < 6
    assert seen.shape == (HEIGHT, WIDTH, 3)


def test_write_clip_codes_sound_anew_that_mp4_does_not_take(tmp_path: Path) -> None:
    path = tmp_path / "alaw.mkv"
    source = draw_clip(tmp_path / "box.mp4", seconds=2, sound=True)
    with av.open(str(source)) as read, av.open(str(path), "w", format="matroska") as written:
        video = written.add_stream_from_template(read.streams.video[0], opaque=True)
        audio = written.add_stream("pcm_s16le", rate=8000, layout="mono")
        for packet in read.demux():
            if isinstance(packet.stream, av.VideoStream) and packet.dts is not None:
                packet.stream = video
                written.mux(packet)
            else:
                for frame in packet.decode():
                    assert isinstance(frame, av.AudioFrame)
                    for part in av.AudioResampler("s16", "mono", 8000).resample(frame):
                        written.mux(audio.encode(part))
    _, sound_s = read_clip(record(path, start_s=0, end_s=2))
    assert sound_s == pytest.approx(2.0, abs=0.3)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30, unique=True))
def test_decoding_times_rise_and_come_before_what_is_shown_when_the_camera_says_none(shown: list[int]) -> None:
    packets = [replace(make_packet("delta", 0.0), dts=None) for _ in shown]
    decoded = decoding_times(packets, shown)
    assert decoded == sorted(set(decoded))
    assert all(dts <= pts for dts, pts in zip(decoded, shown, strict=True))


def test_write_clip_says_so_when_nothing_is_kept() -> None:
    with pytest.raises(StreamLost):
        write_clip((), Tracks(None, None), FrameMask(()))
    damaged = CodedPacket(TrackKind.VIDEO, b"no jpeg", 0.0, 0, 0, Fraction(1, 90_000), is_keyframe=True)
    with pytest.raises(StreamLost):
        write_clip([damaged], Tracks(None, None), FrameMask(()))


@pytest.mark.data
def test_write_clip_keeps_the_moment_of_a_real_fight(data_dir: Path) -> None:
    clip = record(data_dir / "cctv" / "clips" / "fi001.mp4", start_s=0.5, end_s=1.5)
    pictures, sound_s = read_clip(clip)
    assert clip.start_s <= 0.5
    assert clip.end_s >= 1.4
    assert len(pictures) >= 25
    assert sound_s > 0.9


@pytest.mark.parametrize(
    ("drawing", "shown"),
    [
        (Drawing(width=704, height=288, pixel_aspect=Fraction(6, 11)), 4 / 3),
        (Drawing(width=720, height=240), 4 / 3),
        (Drawing(width=352, height=288, pixel_aspect=Fraction(12, 11)), 4 / 3),
        (Drawing(width=352, height=288, pixel_aspect=Fraction(12, 11), codec="mpeg4"), 4 / 3),
        (Drawing(width=320, height=240), 4 / 3),
    ],
    ids=["half pictures", "half pictures that do not say so", "PAL", "PAL coded anew", "square"],
)
@pytest.mark.parametrize("mask", [FrameMask(()), FrameMask([LEFT_HALF])], ids=["open", "masked"])
def test_evidence_and_live_pictures_have_the_proportions_of_the_camera(
    tmp_path: Path, drawing: Drawing, shown: float, mask: FrameMask
) -> None:
    path = make_clip(tmp_path / "clip.mkv", replace(drawing, duration_s=0.4))
    opening = Opening(ReachPolicy(file_folders=(tmp_path,)), StreamLimits(), FrameMask(()), threading.Event())
    stream = open_stream(parse_source(f"file:{path}"), opening)
    live = next(frame for arrival in stream.arrivals() for frame in arrival.frames)
    stream.close()

    clip = record(path, mask=mask, start_s=0.0, end_s=1.0)

    picture = cv2.imdecode(np.frombuffer(live.jpeg(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[1] / picture.shape[0] == pytest.approx(shown, rel=0.01)
    with av.open(io.BytesIO(clip.mp4), "r") as container:
        video = container.streams.video[0]
        assert video.width / video.height * (video.sample_aspect_ratio or 1) == pytest.approx(shown, rel=0.01)


@pytest.mark.parametrize("sizes", [(SMALL, LARGE), (LARGE, SMALL)])
def test_a_camera_that_sends_a_preview_is_shown_by_its_main_picture(
    tmp_path: Path, sizes: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    path = make_tracks(tmp_path / "clip.mkv", sizes, (NONE, NONE))

    clip = record(path, start_s=0.0, end_s=3.0)

    pictures, _ = read_clip(clip)
    assert {(picture.width, picture.height) for picture in pictures} == {LARGE}
