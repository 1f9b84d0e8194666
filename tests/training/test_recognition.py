"""Recognition metrics against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.training.metrics.recognition import (
    accuracy,
    auc,
    average_precision,
    bootstrap_scenes,
    brier,
    expected_calibration_error,
    recall_at_false_alarms,
    reliability,
)

TRUTH = np.array([True, True, True, False, False, False])
PERFECT = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1])


def test_a_perfect_score_is_perfect() -> None:
    assert accuracy(PERFECT, TRUTH) == auc(PERFECT, TRUTH) == average_precision(PERFECT, TRUTH) == 1
    assert recall_at_false_alarms(PERFECT, TRUTH) == 1


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2))
def test_auc_is_the_chance_that_a_positive_scores_above_a_negative(pairs: list[tuple[float, bool]]) -> None:
    scores, truth = np.array([s for s, _ in pairs]), np.array([t for _, t in pairs])
    wins = [(p > n) + 0.5 * (p == n) for p in scores[truth] for n in scores[~truth]]

    assert auc(scores, truth) == pytest.approx(np.mean(wins) if wins else np.nan, nan_ok=True)


def test_average_precision_by_hand() -> None:
    scores, truth = np.array([0.9, 0.8, 0.7]), np.array([True, False, True])

    assert average_precision(scores, truth) == pytest.approx((1 + 2 / 3) / 2)


def test_recall_at_false_alarms_lets_no_more_through() -> None:
    truth = np.array([True] * 4 + [False] * 40)
    scores = np.array([0.95, 0.85, 0.75, 0.1, *np.linspace(0.9, 0.2, 40)])

    # Two of forty may raise an alarm, so the threshold is the third highest negative score, 0.864.
    assert recall_at_false_alarms(scores, truth) == 0.25


def test_undefined_measures_are_nan() -> None:
    only_positive = np.array([True, True])

    assert np.isnan([measure(np.ones(2), only_positive) for measure in (auc, recall_at_false_alarms)]).all()
    assert np.isnan(average_precision(np.ones(2), ~only_positive))


def test_brier_and_calibration_of_always_saying_one_half() -> None:
    half = np.full(6, 0.5)

    assert brier(half, TRUTH) == 0.25
    assert expected_calibration_error(half, TRUTH) == 0


def test_reliability_leaves_empty_bins_out() -> None:
    bins = reliability(np.array([0.05, 0.05, 1.0]), np.array([False, True, True]))

    assert [(each.count, each.observed) for each in bins] == [(2, 0.5), (1, 1.0)]


def test_bootstrap_draws_whole_scenes() -> None:
    truth = np.tile([True, False], 20)
    scores = np.where(truth, 0.9, 0.1)
    scores[:2] = (0.1, 0.9)  # scene 0 is all wrong
    scenes = [f"s{index // 2}" for index in range(40)]

    interval = bootstrap_scenes(accuracy, scores, truth, scenes, draws=300)

    assert interval.low < interval.value == 0.95 < interval.high == 1


def test_bootstrap_repeats_itself() -> None:
    scenes = ["a", "a", "b", "b", "c", "c"]

    assert bootstrap_scenes(auc, PERFECT[::-1], TRUTH, scenes) == bootstrap_scenes(auc, PERFECT[::-1], TRUTH, scenes)
