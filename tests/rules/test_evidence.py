"""The bench of false alarms asks for evidence as the product does."""

import numpy as np
import pytest
from benchmarks.evidence import Timeline, bound_rate, duration, hits, mean, raise_alarms, threshold_for

from instantreact.domain.media import Window
from instantreact.domain.rule import (
    ConceptCondition,
    Confirmation,
    Criteria,
    DurationConfirmation,
    HitsConfirmation,
    MeanConfirmation,
)
from instantreact.rules.confirm import RecentLooks
from tests.rules.test_confirm import see


@pytest.mark.parametrize(
    ("way", "confirmation"),
    [
        (hits(2, 3), HitsConfirmation(2, 3)),
        (hits(3, 5), HitsConfirmation(3, 5)),
        (duration(8.0), DurationConfirmation(8.0)),
        (duration(10.0), DurationConfirmation(10.0)),
        (mean(6.0), MeanConfirmation(6.0)),
        (mean(10.0), MeanConfirmation(10.0)),
    ],
)
def test_ways_confirm_where_the_product_does(way, confirmation: Confirmation) -> None:  # type: ignore[no-untyped-def]
    scores, criteria = np.random.default_rng(1).uniform(size=300), Criteria((ConceptCondition("fight", 0.45),))
    recent, found = RecentLooks(), []
    for index, score in enumerate(scores):
        window = Window(index, 2.0 * index, 2.0 * index + 4.0)
        seen = see(index, 0.0, fight=float(score))
        finding = recent.find("rule", criteria, confirmation, type(seen)(**{**seen.__dict__, "window": window}))
        found.append(bool(finding.evidence) and finding.is_confirmed)

    assert found[5:] == list(way(scores) >= 0.45)[5:]
    assert any(found)
    assert not all(found)


def test_alarms_near_each_other_are_one_and_hysteresis_waits_for_a_low_window() -> None:
    scores = np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1, 0.9])
    line = Timeline(scores, 20.0)

    assert raise_alarms(line, scores, 0.5) == [0, 5]
    assert raise_alarms(line, scores, 0.5, low=0.5) == [0, 8]


def test_bound_is_the_rule_of_three_without_an_alarm_and_the_threshold_finds_enough() -> None:
    assert bound_rate(0.0, 1.0) == pytest.approx(3.0, abs=0.01)
    assert bound_rate(1.0, 2.0) == pytest.approx(4.74 / 2, abs=0.01)
    assert threshold_for([0.1, 0.9, 0.5, 0.7, 0.3], 0.8) == 0.3
