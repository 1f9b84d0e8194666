from pathlib import Path

import av
import numpy as np
import pytest

from instantreact.domain.media import Images
from instantreact.errors import UnreadableMedia
from instantreact.media.containers import open_container
from instantreact.media.doubts import Doubts
from instantreact.media.frames import decode_windows
from instantreact.media.timeline import Timeline, read_timeline
from tests.media.clips import Drawing, make_clip
from tests.media.plans import PLAN


@pytest.fixture
def timeline(tmp_path: Path) -> Timeline:
    with open_container(make_clip(tmp_path / "clip.mp4", Drawing(width=64, height=48))) as container:
        return read_timeline(container)


def noise(seed: int) -> Images:
    return np.random.default_rng(seed).integers(16, 235, (240, 320, 3), dtype=np.uint8)


@pytest.mark.parametrize(("green", "is_empty"), [(240, True), (150, True), (60, False), (0, False)])
def test_doubts_notices_a_picture_that_is_mostly_an_untouched_buffer(
    timeline: Timeline, green: int, is_empty: bool
) -> None:
    doubts, image = Doubts(timeline), noise(0)
    image[240 - green :] = (0, 135, 0)

    assert doubts.is_empty(image) is is_empty
    assert bool(list(doubts.tell())) is is_empty


@pytest.mark.parametrize("grey", [0, 16, 128, 255])
def test_doubts_believes_a_picture_of_one_colour(timeline: Timeline, grey: int) -> None:
    assert not Doubts(timeline).is_empty(np.full((240, 320, 3), grey, np.uint8))


@pytest.mark.parametrize(
    ("size", "is_keyframe", "told"), [(6000, False, True), (60, False, False), (6000, True, False)]
)
def test_doubts_tells_when_the_decoder_repeats_a_picture_that_was_coded_anew(
    timeline: Timeline, size: int, is_keyframe: bool, told: bool
) -> None:
    doubts = Doubts(timeline)
    for _ in range(5):
        doubts.note_packet(size, is_keyframe=is_keyframe)
        doubts.is_empty(noise(1))

    assert any("twice" in sentence for sentence in doubts.tell()) is told


def test_decode_windows_leaves_out_pictures_that_decode_to_green(tmp_path: Path) -> None:
    clip = make_green(tmp_path / "clip.mp4", green=range(20, 30))

    (window,) = decode_windows(clip, PLAN)

    assert window.warning is not None
    assert "empty" in window.warning
    assert not ((window.sample.images == (0, 135, 0)).all(axis=-1).mean(axis=(1, 2)) > 0.5).any()


def test_decode_windows_raises_when_every_picture_decodes_to_green(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="Not one frame"):
        list(decode_windows(make_green(tmp_path / "clip.mp4", green=range(50)), PLAN))


def make_green(path: Path, green: range) -> Path:
    """A clip some of whose pictures are what a decoder hands out that touched nothing: zeros in every plane."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "qp": "0"})
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for index in range(50):
            planes = np.full((72, 64), 0 if index in green else 60 + index, np.uint8)
            container.mux(track.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(track.encode(None))
    return path
