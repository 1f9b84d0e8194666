"""How answers shift a camera's scores."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.lesson import Lesson
from instantreact.rules.calibrate import CAP, HALF_LIFE, STEP, learn_shift, read_score
from tests.storage.factories import NOW

SCORES = st.floats(0.0, 1.0)
LESSONS = st.builds(
    Lesson,
    alert_id=st.just("a"),
    score=SCORES,
    needed=SCORES,
    is_false=st.booleans(),
    at=st.timedeltas(timedelta(days=-90), timedelta()).map(lambda ago: NOW + ago),
)


def lesson(score: float = 0.71, needed: float = 0.5, *, is_false: bool = True, days_ago: float = 0.0) -> Lesson:
    return Lesson("a", score, needed, is_false, NOW - timedelta(days=days_ago))


def read_after(taps: int, score: float) -> float:
    return read_score(score, learn_shift([lesson(score)] * taps, now=NOW))


@given(score=SCORES, other=SCORES, shift=st.floats(0.0, CAP))
def test_score_is_read_lower_in_the_same_order_and_by_no_more_than_the_cap(
    score: float, other: float, shift: float
) -> None:
    low, high = sorted((score, other))
    assert read_score(low, shift) <= read_score(high, shift) + 1e-12
    assert read_score(score, CAP) - 1e-12 <= read_score(score, shift) <= score + 1e-12
    assert read_score(score, 0.0) == pytest.approx(score)


@given(lessons=st.lists(LESSONS, max_size=12), random=st.randoms(use_true_random=False))
def test_shift_is_bounded_and_does_not_depend_on_the_order_of_the_rows(lessons: list[Lesson], random: object) -> None:
    shuffled = sorted(lessons, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert 0.0 <= learn_shift(lessons, now=NOW) <= CAP
    assert learn_shift(shuffled, now=NOW) == learn_shift(lessons, now=NOW)


@given(lessons=st.lists(LESSONS, max_size=12), another=LESSONS)
def test_false_alarm_never_makes_a_camera_readier_and_an_alert_that_was_right_never_deafer(
    lessons: list[Lesson], another: Lesson
) -> None:
    before, after = learn_shift(lessons, now=NOW), learn_shift([*lessons, another], now=NOW)
    assert after >= before - 1e-9 if another.is_false else after <= before + 1e-9


@given(lessons=st.lists(LESSONS, max_size=6), dismissed=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=3))
def test_taps_of_an_instant_take_away_no_more_than_a_step_each(lessons: list[Lesson], dismissed: list[float]) -> None:
    taps = [lesson(score) for score in dismissed]
    assert learn_shift([*lessons, *taps], now=NOW) <= learn_shift(lessons, now=NOW) + STEP * len(taps) + 1e-9


@pytest.mark.parametrize(("score", "taps"), [(0.5, 1), (0.6, 2), (0.71, 3)])
def test_same_score_is_no_longer_enough_after_so_many_taps(score: float, taps: int) -> None:
    assert read_after(taps - 1, score) >= 0.5 > read_after(taps, score)


def test_sure_score_is_enough_whatever_is_tapped() -> None:
    assert read_after(1000, 0.9) > 0.76
    assert read_after(1000, 0.735) > 0.5


def test_shift_halves_in_a_month_and_with_each_alert_that_was_right() -> None:
    shift = learn_shift([lesson()], now=NOW)
    assert learn_shift([lesson()], now=NOW + HALF_LIFE) == pytest.approx(shift / 2)
    assert learn_shift([lesson(days_ago=30.0)], now=NOW) == pytest.approx(shift / 2)
    assert learn_shift([lesson(), lesson(0.8, is_false=False)], now=NOW) == pytest.approx(shift / 2)
    assert learn_shift([lesson(0.8, is_false=False)], now=NOW) == 0.0


def test_clock_that_was_set_back_adds_nothing() -> None:
    assert learn_shift([lesson()], now=NOW - timedelta(days=9)) == learn_shift([lesson()], now=NOW)
