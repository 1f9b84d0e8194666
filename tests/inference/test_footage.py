"""The same fight, however it was recorded: the shipped captioner sees it."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import pytest
from av.video.stream import VideoStream

from instantreact.inference.bundle import load_bundle
from instantreact.inference.captioner import Captioner
from instantreact.media.frames import sample_frames
from tests.conftest import REPOSITORY

INTERLACED = {"flags": "+ildct+ilme"}


@pytest.fixture(scope="module")
def captioner() -> Captioner:
    return Captioner(load_bundle(REPOSITORY / "models" / "captioner"))


@pytest.fixture
def fight(data_dir: Path) -> Path:
    return data_dir / "cctv" / "clips" / "fi001.mp4"


def fights(captioner: Captioner, clip: Path) -> dict[int, float]:
    """When each window begins, and the probability that it shows a fight."""
    found = {}
    for sample in sample_frames(clip, captioner.bundle.sampling):
        description = captioner.describe(captioner.encode_frames(sample.images, sample.earlier))
        found[round(sample.window.start_s)] = description.concepts["fight"]
    return found


def recode(
    source: Path, target: Path, codec: str, *, size: tuple[int, int] | None = None, options: Mapping[str, str]
) -> Path:
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        pictures = read.streams.video[0]
        track = cast("VideoStream", written.add_stream(codec, rate=25, options=dict(options)))
        track.width, track.height = size or (pictures.width, pictures.height)
        track.pix_fmt = "yuv420p"
        for index, picture in enumerate(read.decode(pictures)):
            frame = picture.reformat(track.width, track.height, "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            written.mux(track.encode(frame))
        written.mux(track.encode(None))
    return target


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "codec", "size", "options"),
    [
        ("clip.mp4", "libx264", None, INTERLACED | {"x264-params": "tff=1", "crf": "18"}),
        ("clip.mpg", "mpeg2video", None, INTERLACED | {"b": "4000000"}),
        ("clip.avi", "dvvideo", (720, 576), {}),
        ("clip.ts", "mpeg2video", None, INTERLACED | {"b": "4000000"}),
        ("clip.mkv", "ffv1", None, {}),
    ],
)
def test_a_fight_is_seen_however_its_pictures_are_coded(
    captioner: Captioner,
    fight: Path,
    tmp_path: Path,
    name: str,
    codec: str,
    size: tuple[int, int] | None,
    options: Mapping[str, str],
) -> None:
    (progressive,) = fights(captioner, fight).values()

    (recoded,) = fights(captioner, recode(fight, tmp_path / name, codec, size=size, options=options)).values()

    assert progressive > 0.8
    assert recoded == pytest.approx(progressive, abs=0.05)


@pytest.mark.data
@pytest.mark.parametrize(("suffix", "gap_s"), [(".mp4", 300), (".mkv", 50), (".ts", 7200)])
def test_both_fights_are_seen_when_a_camera_recorded_them_on_motion(
    captioner: Captioner, fight: Path, tmp_path: Path, suffix: str, gap_s: int
) -> None:
    clip = tmp_path / f"clip{suffix}"
    with av.open(str(clip), "w") as written:
        track = None
        for shift_s in (0, gap_s):
            with av.open(str(fight)) as read:
                pictures = read.streams.video[0]
                track = track or written.add_stream_from_template(pictures)
                for packet in read.demux(pictures):
                    if packet.dts is not None and packet.pts is not None:
                        shift = round(shift_s / packet.time_base)
                        packet.dts, packet.pts, packet.stream = packet.dts + shift, packet.pts + shift, track
                        written.mux(packet)

    found = fights(captioner, clip)

    assert list(found) == [0, gap_s]
    assert min(found.values()) > 0.8
