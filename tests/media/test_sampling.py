import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.media import Images, SamplingPlan
from instantreact.media.sampling import SampledWindow, WindowSampler, scale_frame
from tests.media.test_windows import plan_windows

TINY = SamplingPlan(window_s=2.0, stride_s=1.0, rate_hz=8.0, gaps_s=(0.12, 0.4), image_size=4)


def sample_all(times_s: list[float], end_s: float, *, fps: float = 25.0) -> Iterator[SampledWindow]:
    """The windows of footage whose frame at t is of one grey, 10 t."""
    sampler = WindowSampler(TINY, snapshots=False)
    for time_s in times_s:
        if sampler.wants(time_s, 1 / fps):
            sampler.add(time_s, 1 / fps, make_frame(time_s))
            yield from sampler.sealed()
    sampler.end(end_s)
    yield from sampler.sealed()
    yield sampler.last(end_s)


def make_frame(time_s: float) -> Images:
    return np.full((4, 4, 3), int(10 * time_s) % 256, dtype=np.uint8)


@given(st.integers(min_value=1, max_value=400))
def test_window_sampler_gives_the_windows_that_plan_windows_plans(frames: int) -> None:
    sampled = list(sample_all([index / 25 for index in range(frames)], frames / 25))

    assert [each.sample.window for each in sampled] == list(plan_windows(frames / 25, TINY))


@given(st.integers(min_value=1, max_value=400))
def test_window_sampler_takes_the_nearest_frames_when_the_rate_is_constant(frames: int) -> None:
    for each in sample_all([index / 25 for index in range(frames)], frames / 25):
        first = round(each.sample.times_s[0] * 8)
        grid_s = (first + np.arange(len(each.sample.times_s))) / 8
        error_s = np.abs(each.sample.times_s - grid_s)
        assert error_s[:-1].max(initial=0.0) <= 0.02 + 1e-9
        assert error_s[-1] <= 0.06 + 1e-9  # the frame nearest to the clip's end may not have been kept
        assert len(each.sample.times_s) == min(16, max(1, int(np.ceil(frames / 25 * 8 - 1e-6))))


@given(st.lists(st.floats(min_value=0.01, max_value=3.0), max_size=60))
def test_window_sampler_answers_from_beside_the_gap_when_the_rate_varies(steps_s: list[float]) -> None:
    times_s = [0.0, *np.cumsum(steps_s).tolist()]
    end_s = times_s[-1] + 0.04

    for each in sample_all(times_s, end_s):
        assert set(each.sample.times_s.tolist()) <= set(times_s)
        assert (np.diff(each.sample.times_s) >= 0).all()
        assert each.sample.earlier.shape == (len(each.sample.images), 2, 4, 4, 3)


def test_window_sampler_shows_the_frame_a_gap_before_each_sample() -> None:
    windows = list(sample_all([index / 25 for index in range(250)], 10.0))

    for each in windows:
        shown = each.sample.earlier[:, 1, 0, 0, 0].astype(float)
        asked = np.maximum(0, each.sample.times_s - 0.4) * 10
        assert np.abs(shown - np.floor(asked)).max() <= 1


def test_window_sampler_holds_no_more_when_the_footage_is_longer() -> None:
    def peak_bytes(seconds: int) -> int:
        tracemalloc.start()
        for _ in sample_all([index / 25 for index in range(seconds * 25)], float(seconds)):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    times_only = 400 * 25 * 40  # bytes of the list of times itself
    assert peak_bytes(400) < peak_bytes(20) + times_only + 100_000


def test_window_sampler_refuses_to_end_when_no_frame_was_added() -> None:
    with pytest.raises(ValueError, match="without a frame"):
        WindowSampler(TINY).end(1.0)


@pytest.mark.parametrize("shape", [(360, 480, 3), (241, 321, 3), (20, 30, 3), (3, 2000, 3), (1, 1, 3)])
def test_scale_frame_gives_the_size_asked_for_and_turns_blue_first_into_red_first(shape: tuple[int, ...]) -> None:
    blue = np.zeros(shape, dtype=np.uint8)
    blue[..., 0] = 200

    scaled = scale_frame(blue, 64)

    assert scaled.shape == (64, 64, 3)
    assert scaled[..., 2].min() == 200
    assert scaled[..., :2].max() == 0
