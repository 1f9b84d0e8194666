from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.media import SamplingPlan, Window
from instantreact.media.windows import SampleGrid
from tests.media.plans import PLAN

durations = st.floats(min_value=0.01, max_value=600.0)


@st.composite
def plans(draw: st.DrawFn) -> SamplingPlan:
    rate_hz = draw(st.sampled_from([1.0, 4.0, 8.0, 12.5]))
    samples = draw(st.integers(1, 40))
    stride = draw(st.integers(1, samples))
    return SamplingPlan(samples / rate_hz, stride / rate_hz, rate_hz, (), 8)


def plan_windows(duration_s: float, plan: SamplingPlan) -> Iterator[Window]:
    """The windows of footage of `duration_s`, in order."""
    grid = SampleGrid(plan)
    last = grid.last_window(duration_s)
    for index in range(last.index):
        yield grid.sealed_window(index)
    yield last


@given(durations, plans())
def test_grid_covers_the_footage_without_a_hole(duration_s: float, plan: SamplingPlan) -> None:
    windows = list(plan_windows(duration_s, plan))

    assert windows[0].start_s == 0
    assert windows[-1].end_s == duration_s
    assert all(later.start_s <= earlier.end_s + 1e-9 for earlier, later in pairwise(windows))


@given(durations, plans())
def test_grid_counts_up_and_moves_forward(duration_s: float, plan: SamplingPlan) -> None:
    windows = list(plan_windows(duration_s, plan))

    assert [window.index for window in windows] == list(range(len(windows)))
    assert all(earlier.start_s < later.start_s for earlier, later in pairwise(windows))


@given(durations, plans())
def test_grid_gives_whole_windows_except_for_the_last(duration_s: float, plan: SamplingPlan) -> None:
    *whole, last = plan_windows(duration_s, plan)

    sample_s = 1 / plan.rate_hz
    assert all(window.end_s - window.start_s == pytest.approx(plan.window_s) for window in whole)
    assert last.end_s - last.start_s >= min(duration_s, plan.window_s) - sample_s - 1e-6
    assert last.end_s - last.start_s <= plan.window_s + plan.stride_s / 2 + sample_s + 1e-6


@given(durations, plans())
def test_grid_gives_the_tail_at_least_half_a_stride_of_its_own(duration_s: float, plan: SamplingPlan) -> None:
    *whole, last = plan_windows(duration_s, plan)

    if whole:
        assert last.end_s - whole[-1].end_s > plan.stride_s / 2 - 1 / plan.rate_hz - 1e-6


@pytest.mark.parametrize(
    ("duration_s", "spans"),
    [
        (0.04, [(0, 0.04)]),
        (2.0, [(0, 2)]),
        (2.12, [(0, 2.12)]),
        (2.5, [(0, 2), (0.5, 2.5)]),
        (3.0, [(0, 2), (1, 3)]),
        (3.1, [(0, 2), (1, 3.1)]),
    ],
)
def test_grid_treats_the_tail_as_documented(duration_s: float, spans: list[tuple[float, float]]) -> None:
    expected = [Window(index, start_s, end_s) for index, (start_s, end_s) in enumerate(spans)]

    assert list(plan_windows(duration_s, PLAN)) == expected
