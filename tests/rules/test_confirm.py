from dataclasses import replace

import pytest

from instantreact.domain.media import Window
from instantreact.domain.observation import Observation
from instantreact.domain.rule import (
    Combine,
    ConceptCondition,
    Confirmation,
    Criteria,
    DurationConfirmation,
    HitsConfirmation,
    MeanConfirmation,
)
from instantreact.rules.confirm import LONGEST_PAUSE_S, RecentLooks
from tests.observations import make_observation

FIGHT = Criteria((ConceptCondition("fight", 0.5),))


def see(index: int, start_s: float, **concepts: float) -> Observation:
    return replace(make_observation(concepts=dict(concepts)), window=Window(index, start_s, start_s + 2.0))


def fires(confirmation: Confirmation, *scores: float, criteria: Criteria = FIGHT, ends: bool = False) -> str:
    """One letter a window, one after the other: f fires, w waits, . does not hold. Footage may end with the last."""
    recent, found = RecentLooks(), ""
    for index, score in enumerate(scores):
        is_last = ends and index == len(scores) - 1
        finding = recent.find("rule", criteria, confirmation, see(index, 2.0 * index, fight=score), is_last=is_last)
        found += "." if not finding.evidence else "f" if finding.is_confirmed else "w"
    return found


@pytest.mark.parametrize(
    ("hits", "of", "scores", "found"),
    [
        (1, 1, (0.9, 0.1, 0.9), "f.f"),
        (2, 2, (0.9, 0.9, 0.1, 0.9), "wf.w"),
        (2, 3, (0.9, 0.1, 0.9, 0.1, 0.1, 0.9), "w.f..w"),
        (3, 5, (0.9, 0.9, 0.1, 0.1, 0.9, 0.9), "ww..ff"),
    ],
)
def test_hits_are_counted_among_the_last_windows(hits: int, of: int, scores: tuple[float, ...], found: str) -> None:
    assert fires(HitsConfirmation(hits, of), *scores) == found


@pytest.mark.parametrize(
    ("at_least_s", "scores", "found"),
    [
        (2.0, (0.9, 0.9), "ff"),
        (4.0, (0.9, 0.9, 0.9, 0.1, 0.9, 0.9), "wff.wf"),
        (5.0, (0.9, 0.9, 0.9), "wwf"),
    ],
)
def test_duration_is_that_of_windows_without_a_break(at_least_s: float, scores: tuple[float, ...], found: str) -> None:
    assert fires(DurationConfirmation(at_least_s), *scores) == found


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ((0.9, 0.9, 0.9), "wff"),  # four seconds must have been seen
        ((0.9, 0.05, 0.6, 0.6), "w.wf"),
        ((0.1, 0.95, 0.1, 0.95), ".f.f"),
    ],
)
def test_mean_is_that_of_the_last_seconds(scores: tuple[float, ...], found: str) -> None:
    assert fires(MeanConfirmation(4.0), *scores) == found


def test_mean_of_any_condition_is_enough_where_one_condition_is() -> None:
    criteria = Criteria((ConceptCondition("fight", 0.5), ConceptCondition("fire", 0.9)), Combine.ANY)
    assert fires(MeanConfirmation(4.0), 0.9, 0.9, criteria=criteria) == "wf"
    both = replace(criteria, combine=Combine.ALL)
    assert fires(MeanConfirmation(4.0), 0.9, 0.9, criteria=both) == ".."


@pytest.mark.parametrize(
    "confirmation",
    [HitsConfirmation(2, 2), DurationConfirmation(4.0), MeanConfirmation(8.0)],
    ids=lambda each: each.kind,
)
def test_everything_begins_anew_after_a_pause(confirmation: Confirmation) -> None:
    recent = RecentLooks()
    recent.find("rule", FIGHT, confirmation, see(0, 0.0, fight=0.9))
    soon, late = 2.0 + LONGEST_PAUSE_S, 4.0 + LONGEST_PAUSE_S + LONGEST_PAUSE_S + 0.1
    assert recent.find("rule", FIGHT, confirmation, see(1, soon, fight=0.9)).is_confirmed
    assert not recent.find("rule", FIGHT, confirmation, see(2, late, fight=0.9)).is_confirmed


def test_rule_that_was_changed_begins_anew_and_no_other_does() -> None:
    recent, twice = RecentLooks(), HitsConfirmation(2, 2)
    for name in ("kept", "changed"):
        recent.find(name, FIGHT, twice, see(0, 0.0, fight=0.9))
    other = Criteria((ConceptCondition("fight", 0.6),))
    assert recent.find("kept", FIGHT, twice, see(1, 2.0, fight=0.9)).is_confirmed
    assert not recent.find("changed", other, twice, see(1, 2.0, fight=0.9)).is_confirmed


@pytest.mark.parametrize(
    ("confirmation", "said"),
    [
        (HitsConfirmation(2, 3), "It held in 1 of the last 1 windows; 2 of 3 are asked for."),
        (DurationConfirmation(6.0), "It had held for 2.0 s without a break; 6 s are asked for."),
        (MeanConfirmation(6.0), "Its mean score over the last 2.0 s was 0.90; 6 s are looked at."),
    ],
    ids=lambda each: getattr(each, "kind", ""),
)
def test_finding_says_how_far_it_has_come(confirmation: Confirmation, said: str) -> None:
    assert RecentLooks().find("rule", FIGHT, confirmation, see(0, 0.0, fight=0.9)).progress == said


def test_looks_do_not_pile_up() -> None:
    recent, confirmation = RecentLooks(), HitsConfirmation(2, 2)
    for index in range(5000):
        recent.find("rule", FIGHT, confirmation, see(index, 2.0 * index, fight=0.9))
    assert len(recent._looks["rule"]) <= 301


@pytest.mark.parametrize("confirmation", [HitsConfirmation(3, 5), DurationConfirmation(30.0), MeanConfirmation(30.0)])
def test_short_footage_is_judged_by_all_of_it_when_it_ends(confirmation: Confirmation) -> None:
    assert fires(confirmation, 0.9) == "w"
    assert fires(confirmation, 0.9, ends=True) == "f"
    assert fires(confirmation, 0.9, 0.9, ends=True) == "wf"
    assert fires(confirmation, 0.1, 0.6, ends=True) == ".w"


def test_long_footage_is_asked_for_all_that_was_asked_when_it_ends() -> None:
    assert fires(HitsConfirmation(3, 5), 0.1, 0.1, 0.1, 0.9, 0.9, ends=True) == "...ww"


def test_tail_after_a_pause_is_no_short_footage() -> None:
    recent, asked = RecentLooks(), HitsConfirmation(2, 3)
    recent.find("rule", FIGHT, asked, see(0, 0.0, fight=0.9))
    tail = recent.find("rule", FIGHT, asked, see(1, 2.0 + LONGEST_PAUSE_S + 1.0, fight=0.9), is_last=True)
    assert not tail.is_confirmed
