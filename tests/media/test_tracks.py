from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.container import OutputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from instantreact.errors import UnsupportedMedia
from instantreact.media.audio import extract_audio
from instantreact.media.frames import decode_windows
from instantreact.media.probe import probe_clip
from tests.media.clips import Drawing, make_clip
from tests.media.plans import PLAN

SMALL, LARGE = (64, 48), (160, 120)


def shown_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape[1], picture.shape[0]


def make_tracks(path: Path, sizes: Sequence[tuple[int, int]], dispositions: Sequence[Disposition]) -> Path:
    """A file with a picture track of each size; the small ones are shorter."""
    with av.open(str(path), "w") as target:
        for size, disposition in zip(sizes, dispositions, strict=True):
            track = target.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            track.width, track.height, track.pix_fmt, track.disposition = *size, "yuv420p", disposition
        tracks = list(target.streams.video)
        for index in range(50):
            for track in tracks:
                if track.width == SMALL[0] and index >= 20:
                    continue
                frame = av.VideoFrame.from_ndarray(np.full((track.height, track.width, 3), 99, np.uint8), "rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 25)
                target.mux(track.encode(frame))
        for track in tracks:
            target.mux(track.encode(None))
    return path


NONE, DEFAULT = Disposition(0), Disposition.default


@pytest.mark.parametrize(
    ("sizes", "dispositions"),
    [
        ((SMALL, LARGE), (NONE, DEFAULT)),
        ((SMALL, LARGE), (DEFAULT, NONE)),
        ((SMALL, LARGE), (NONE, NONE)),
        ((LARGE, SMALL), (DEFAULT, NONE)),
    ],
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_clip_with_a_preview_is_read_from_its_main_picture_with_a_word(
    tmp_path: Path, suffix: str, sizes: list[tuple[int, int]], dispositions: list[Disposition]
) -> None:
    clip = make_tracks(tmp_path / f"clip{suffix}", sizes, dispositions)

    *_, last = decode_windows(clip, PLAN)

    found = probe_clip(clip, max_pixels=2_000_000, max_duration_s=60.0)
    assert found.width == 160
    assert found.duration_s == pytest.approx(2.0, abs=0.05)
    assert last.warning == "Of several picture tracks the one of 160x120 was analyzed, not 64x48."


def test_a_track_marked_as_default_is_read_though_another_is_larger(tmp_path: Path) -> None:
    clip = make_tracks(tmp_path / "clip.mkv", (LARGE, SMALL), (NONE, DEFAULT))

    *_, last = decode_windows(clip, PLAN)

    assert last.warning == "Of several picture tracks the one of 64x48 was analyzed, not 160x120."


def add_track(target: OutputContainer, *, is_cover: bool) -> VideoStream:
    track = target.add_stream("mjpeg" if is_cover else "libx264", rate=25)
    track.width, track.height = (640, 480) if is_cover else LARGE
    track.pix_fmt = "yuvj420p" if is_cover else "yuv420p"
    track.disposition = Disposition.attached_pic if is_cover else DEFAULT
    return track


@pytest.mark.parametrize("first", [True, False])
def test_cover_art_is_no_picture_track(tmp_path: Path, first: bool) -> None:
    clip = tmp_path / "clip.mp4"
    with av.open(str(clip), "w") as target:
        tracks = [add_track(target, is_cover=is_cover) for is_cover in (first, not first)]
        for track in tracks:
            is_cover = track.codec_context.name == "mjpeg"
            for index in range(1 if is_cover else 20):
                frame = av.VideoFrame.from_ndarray(np.full((track.height, track.width, 3), 99, np.uint8), "rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 25)
                target.mux(track.encode(frame))
            target.mux(track.encode(None))

    (window,) = decode_windows(clip, PLAN)

    assert shown_size(window.snapshot_jpeg) == LARGE
    assert window.warning is None


def test_a_second_sound_track_is_told(tmp_path: Path) -> None:
    one = make_clip(tmp_path / "one.mp4", Drawing(width=64, height=48, sound_hz=440))
    clip = tmp_path / "clip.mkv"
    with av.open(str(one)) as source, av.open(str(one)) as again, av.open(str(clip), "w") as target:
        tracks = {track.index: target.add_stream_from_template(track) for track in source.streams}
        other = target.add_stream_from_template(again.streams.audio[0])
        tracks[1].disposition, other.disposition = NONE, DEFAULT
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = tracks[packet.stream_index]
                target.mux(packet)
        for sound in again.demux(again.streams.audio[0]):
            if sound.dts is not None:
                sound.stream = other
                target.mux(sound)

    *_, last = decode_windows(clip, PLAN)

    assert last.warning == "Of 2 sound tracks only number 2 was listened to."
    assert sum(track.duration_s for track in extract_audio(clip)) == pytest.approx(2.0, abs=0.1)


def test_a_file_without_a_track_that_can_be_decoded_is_refused(tmp_path: Path) -> None:
    clip = make_tracks(tmp_path / "clip.mp4", (LARGE, LARGE), (NONE, NONE))
    clip.write_bytes(clip.read_bytes().replace(b"avc1", b"zzzz"))

    with pytest.raises(UnsupportedMedia, match="codec"):
        next(decode_windows(clip, PLAN))


@pytest.mark.parametrize(
    ("drawing", "size"),
    [
        (Drawing(width=704, height=288), (704, 528)),
        (Drawing(width=720, height=240, pixel_aspect=Fraction(1)), (720, 540)),
        (Drawing(width=352, height=288, pixel_aspect=Fraction(12, 11)), (384, 288)),
        (Drawing(width=720, height=576, pixel_aspect=Fraction(64, 45)), (1024, 576)),
        (Drawing(width=1440, height=1080, pixel_aspect=Fraction(4, 3)), (1280, 720)),
        (Drawing(width=704, height=288, pixel_aspect=Fraction(6, 11), rotation_deg=90), (528, 704)),
        (Drawing(width=320, height=240, pixel_aspect=Fraction(1, 200)), (320, 240)),
    ],
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_snapshot_has_the_proportions_that_a_player_shows(
    tmp_path: Path, suffix: str, drawing: Drawing, size: tuple[int, int]
) -> None:
    drawing = Drawing(**{**vars(drawing), "duration_s": 0.08})

    (window,) = decode_windows(make_clip(tmp_path / f"clip{suffix}", drawing), PLAN)

    assert shown_size(window.snapshot_jpeg) == size
