from pathlib import Path

import cv2
import numpy as np
import pytest

from instantreact.domain.media import Images, SamplingPlan
from instantreact.errors import UnreadableMedia
from instantreact.media.frames import decode_windows, sample_frames
from tests.media.clips import Drawing, index_of, make_clip
from tests.media.plans import PLAN


def indexes(images: Images) -> list[int]:
    return [index_of(image) for image in images]


def cut(path: Path, share: float) -> Path:
    """The clip without its tail."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


def test_sample_frames_takes_the_frames_nearest_to_the_grid(tmp_path: Path) -> None:
    (sample,) = sample_frames(make_clip(tmp_path / "clip.mp4", Drawing(duration_s=1.6)), PLAN)

    assert indexes(sample.images) == [0, 3, 6, 9, 12, 16, 19, 22, 25, 28, 31, 34, 37]
    assert sample.times_s == pytest.approx(np.array(indexes(sample.images)) / 25)


def test_sample_frames_gives_for_each_sample_the_frames_before_it(tmp_path: Path) -> None:
    (sample,) = sample_frames(make_clip(tmp_path / "clip.mp4", Drawing(duration_s=1.6)), PLAN)

    assert indexes(sample.earlier[:, 0]) == [0, 0, 3, 6, 9, 13, 16, 19, 22, 25, 28, 31, 34]
    assert indexes(sample.earlier[:, 1]) == [0, 0, 0, 0, 2, 6, 9, 12, 15, 18, 21, 24, 27]


def test_sample_frames_overlaps_windows_when_the_clip_is_longer_than_one(tmp_path: Path) -> None:
    first, second, third = sample_frames(make_clip(tmp_path / "clip.mp4", Drawing(duration_s=4.0)), PLAN)

    assert [w.window.start_s for w in (first, second, third)] == [0, 1, 2]
    assert np.array_equal(first.images[8:], second.images[:8])
    assert np.array_equal(second.images[8:], third.images[:8])


def test_sample_frames_gives_one_window_when_the_clip_has_one_frame(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.avi", Drawing(duration_s=0.04, codec="mpeg4"))

    (sample,) = sample_frames(clip, PLAN)

    assert sample.images.shape == (1, 64, 64, 3)
    assert sample.earlier.shape == (1, 2, 64, 64, 3)
    assert sample.window.end_s == pytest.approx(0.04)


def test_sample_frames_follows_the_clock_when_the_frame_rate_varies(tmp_path: Path) -> None:
    times_s = [0.0, 0.04, 0.08, 0.12, 1.0, 1.04, 1.5]
    clip = make_clip(tmp_path / "clip.mp4", Drawing(times_s=times_s))

    (sample,) = sample_frames(clip, PLAN)

    shown = [times_s.index(round(time_s, 2)) for time_s in sample.times_s.tolist()]
    assert shown[:9] == [0, 3, 3, 3, 3, 4, 4, 4, 4]
    assert shown[12] == 6
    assert indexes(sample.images) == shown


def test_sample_frames_counts_frames_when_the_file_has_no_clock(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.h264", Drawing(duration_s=1.6))

    (sample,) = sample_frames(clip, PLAN)

    assert indexes(sample.images)[:5] == [0, 3, 6, 9, 12]
    assert sample.window.end_s == pytest.approx(1.6)


@pytest.mark.parametrize(("rotation_deg", "corner"), [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (270, (0, 1))])
def test_sample_frames_turns_the_picture_upright(tmp_path: Path, rotation_deg: int, corner: tuple[int, int]) -> None:
    clip = make_clip(tmp_path / "clip.mp4", Drawing(duration_s=0.2, rotation_deg=rotation_deg))

    (sample,) = sample_frames(clip, PLAN)

    row, column = (5 if side == 0 else 58 for side in corner)
    red, green, _ = sample.images[0, row, column]
    assert red > 200
    assert green < 60


@pytest.mark.parametrize(("width", "height"), [(321, 241), (33, 17), (640, 32)])
def test_decode_windows_takes_odd_sizes(tmp_path: Path, width: int, height: int) -> None:
    drawing = Drawing(width=width, height=height, pixel_format="yuv444p", duration_s=0.4)

    (decoded,) = decode_windows(make_clip(tmp_path / "clip.mp4", drawing), PLAN)

    assert decoded.sample.images.shape == (4, 64, 64, 3)
    assert read_jpeg(decoded.snapshot_jpeg).shape == (height, width, 3)


def test_decode_windows_takes_the_middle_of_a_window_as_its_snapshot(tmp_path: Path) -> None:
    decoded = next(iter(decode_windows(make_clip(tmp_path / "clip.mp4"), PLAN)))

    picture = read_jpeg(decoded.snapshot_jpeg)
    assert picture.shape == (240, 320, 3)
    assert index_of(picture) == 25


def test_decode_windows_bounds_the_snapshot_when_the_frame_is_large(tmp_path: Path) -> None:
    (decoded,) = decode_windows(
        make_clip(tmp_path / "clip.mp4", Drawing(width=1920, height=1080, duration_s=0.08)), PLAN
    )

    assert read_jpeg(decoded.snapshot_jpeg).shape == (720, 1280, 3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_decode_windows_tells_where_the_clip_breaks_off(tmp_path: Path, suffix: str) -> None:
    clip = cut(make_clip(tmp_path / f"clip{suffix}", Drawing(duration_s=6.0, sound_hz=300)), 0.6)

    *before, last = decode_windows(clip, PLAN)

    assert all(decoded.warning is None for decoded in before)
    assert (
        last.warning == f"The clip breaks off after {last.sample.window.end_s:.1f} s; what comes before was analyzed."
    )
    assert 2.0 < last.sample.window.end_s < 5.0


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
def test_decode_windows_tells_no_break_when_the_clip_is_whole(tmp_path: Path, suffix: str) -> None:
    clip = make_clip(tmp_path / f"clip{suffix}", Drawing(duration_s=3.0, sound_hz=300))

    *_, last = decode_windows(clip, PLAN)

    assert last.warning is None
    assert last.sample.window.end_s == pytest.approx(3.0, abs=0.05)


def test_decode_windows_raises_when_there_is_no_frame(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("not a clip")

    with pytest.raises(UnreadableMedia):
        next(decode_windows(path, PLAN))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_decode_windows_gives_whole_windows_when_bytes_in_the_middle_are_damaged(
    tmp_path: Path, suffix: str, share: float
) -> None:
    clip = make_clip(tmp_path / f"clip{suffix}", Drawing(duration_s=4.0))
    content = bytearray(clip.read_bytes())
    start = max(2000, int(len(content) * share))
    content[start : start + 300] = bytes(reversed(range(150))) * 2
    clip.write_bytes(content)

    windows = list(decode_windows(clip, PLAN))

    assert 1 <= len(windows) <= 4
    assert all(len(each.sample.images) == 16 and each.snapshot_jpeg for each in windows[:-1])


@pytest.mark.data
def test_sample_frames_gives_one_window_when_the_clip_is_a_real_one_of_two_seconds(data_dir: Path) -> None:
    plan = SamplingPlan(2.0, 1.0, 8.0, (0.12,), 224)

    (sample,) = sample_frames(data_dir / "cctv" / "clips" / "fi001.mp4", plan)

    assert sample.images.shape == (16, 224, 224, 3)
    assert (sample.images != sample.earlier[:, 0]).any()


def read_jpeg(jpeg: bytes) -> Images:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, dtype=np.uint8)
