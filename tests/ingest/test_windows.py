"""Live pictures become windows, each sample made once and only when something moves."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.media import SamplingPlan
from instantreact.ingest.windows import LiveWindow, LiveWindows, Sample
from instantreact.media.live_frame import LiveFrame
from instantreact.media.mask import FrameMask
from instantreact.media.motion import Motion

PLAN = SamplingPlan(window_s=2.0, stride_s=1.0, rate_hz=4.0, gaps_s=(0.1, 0.3), image_size=16)


def make_frame(time_s: float, level: int = 100) -> LiveFrame:
    picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="bgr24")
    return LiveFrame(time_s, picture, FrameMask(()))


def watch(windows: LiveWindows, moving: list[bool], fps: float = 10.0) -> tuple[list[Sample], list[LiveWindow]]:
    samples, due = [], []
    for index, is_moving in enumerate(moving):
        made, ready = windows.add(make_frame(index / fps, level=index % 250), is_moving=is_moving)
        samples += made
        due += ready
    return samples, due


def test_live_windows_give_each_window_once_as_soon_as_it_ends() -> None:
    windows = LiveWindows(PLAN)
    ended = []
    for index in range(60):
        _, due = windows.add(make_frame(index / 10), is_moving=True)
        ended += [(ready.window.index, index / 10) for ready in due]
    assert [index for index, _ in ended] == [0, 1, 2, 3, 4]
    assert all(PLAN.window_s + index - 0.3 <= end_s <= PLAN.window_s + index for index, end_s in ended)


def test_live_windows_share_the_samples_of_overlapping_windows() -> None:
    samples, due = watch(LiveWindows(PLAN), [True] * 60)
    assert len(samples) == 24
    assert set(map(id, due[0].samples[4:])) == set(map(id, due[1].samples[:4]))
    assert len({id(sample) for window in due for sample in window.samples}) == 4 * (len(due) + 1)


def test_live_windows_compare_each_sample_with_the_pictures_before_it() -> None:
    samples, _ = watch(LiveWindows(PLAN), [True] * 30)
    levels = [(int(s.image[0, 0, 0]), *(int(e[0, 0, 0]) for e in s.earlier)) for s in samples]
    assert levels[4] == (10, 9, 7)
    assert levels[8] == (20, 19, 17)
    assert samples[0].earlier.shape == (2, 16, 16, 3)


def test_live_windows_make_nothing_while_nothing_moves() -> None:
    assert watch(LiveWindows(PLAN), [False] * 100) == ([], [])


@pytest.mark.parametrize("rare_s", [1.3, 2.1, 2.7, 5.3])
def test_live_windows_are_whole_though_pictures_are_rare(rare_s: float) -> None:
    windows, due = LiveWindows(PLAN), []
    for index in range(8):
        due += windows.add(make_frame(index * rare_s, level=20 * index), is_moving=True)[1]
    assert len(due) >= 6
    assert all(ready.samples for ready in due)


def test_live_windows_leave_out_the_stillness_before_the_motion() -> None:
    samples, _ = watch(LiveWindows(PLAN), [False] * 40 + [True] * 2)
    assert len(samples) <= 6
    _, due = watch(LiveWindows(PLAN), [False] * 35 + [True] * 25)
    assert [window.window.index for window in due] == [2, 3, 4]
    assert [window.window.end_s for window in due] == [4.0, 5.0, 6.0]
    assert [window.window.start_s for window in due] == [2.75, 3.0, 4.0]
    assert [len(window.samples) for window in due] == [5, 8, 8]


def test_live_windows_look_back_to_before_the_motion_began() -> None:
    _, due = watch(LiveWindows(PLAN), [False] * 35 + [True] * 25)
    assert int(due[0].samples[0].image[0, 0, 0]) == pytest.approx(27, abs=1)


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.sampled_from([3.0, 7.5, 10.0, 25.0]))
def test_live_windows_are_whole_and_in_order_whatever_moves(moving: list[bool], fps: float) -> None:
    _, due = watch(LiveWindows(PLAN), moving, fps)
    indexes = [window.window.index for window in due]
    assert indexes == sorted(set(indexes))
    assert all(1 <= len(window.samples) <= 8 for window in due)
    assert all(window.window.end_s - window.window.start_s == len(window.samples) / PLAN.rate_hz for window in due)
    assert all(len({id(sample) for sample in window.samples}) == len(window.samples) for window in due)


@given(st.lists(st.floats(0.01, 30.0), min_size=1, max_size=40))
def test_live_windows_hold_little_when_the_stream_has_gaps(gaps_s: list[float]) -> None:
    windows, time_s = LiveWindows(PLAN), 0.0
    for gap_s in gaps_s:
        time_s += gap_s
        _, due = windows.add(make_frame(time_s), is_moving=True)
        assert all(window.window.end_s <= time_s + 0.3 for window in due)
    assert len(windows._samples) <= 24


def test_live_windows_hold_fewer_pictures_of_a_large_camera() -> None:
    windows = LiveWindows(PLAN, kept_bytes=5 * 48 * 64 * 3 // 2)
    _, due = watch(windows, [False] * 30 + [True] * 10)
    assert len(windows._frames) == 5
    assert due
    assert all(window.samples for window in due)


def test_live_window_shows_a_picture_that_was_looked_at_though_few_of_a_large_camera_are_kept() -> None:
    windows = LiveWindows(PLAN, kept_bytes=6 * 48 * 64 * 3 // 2)
    due: list[LiveWindow] = []
    for index in range(40):
        if index % 5 == 0:
            windows.note_glance(index / 10)
        windows.note_motion(index / 10, Motion(moving_px=500 if index % 20 == 4 else 10))
        due += windows.add(make_frame(index / 10), is_moving=True)[1]
    assert due
    assert all(window.picture.time_s * 10 % 5 == pytest.approx(0.0) for window in due)


def test_live_window_shows_where_most_moved_and_adds_up_the_zones() -> None:
    windows = LiveWindows(PLAN)
    due: list[LiveWindow] = []
    for index in range(20):
        windows.note_motion(index / 10, Motion(moving_px=500 if index == 7 else 10, zone_px={"door": 5}))
        due += windows.add(make_frame(index / 10), is_moving=True)[1]
    assert due[0].picture.time_s == pytest.approx(0.7)
    assert due[0].zones["door"] == pytest.approx(5 * 18 / (500 + 17 * 10), rel=0.2)


def test_live_windows_end_with_the_stream_when_something_moved() -> None:
    windows = LiveWindows(PLAN)
    watch(windows, [True] * 34)
    last = windows.finish()
    assert last is not None
    assert (last.window.index, last.window.end_s) == (2, 3.5)
    still = LiveWindows(PLAN)
    watch(still, [False] * 34)
    assert still.finish() is None


def test_live_windows_show_the_present_moment_though_nothing_moves() -> None:
    windows = LiveWindows(PLAN)
    watch(windows, [False] * 35)
    moment = windows.moment()
    assert len(moment.samples) == 8
    assert moment.window.end_s == 3.5
    assert int(moment.samples[-1].image[0, 0, 0]) > int(moment.samples[0].image[0, 0, 0])
