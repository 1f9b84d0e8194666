"""What is known of a camera's minutes, and where nothing was seen."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.minutes import (
    WHOLE,
    Gap,
    GapReason,
    Minute,
    find_gaps,
    keep_longest,
    list_seconds,
    minute_of,
    touched_minutes,
)
from instantreact.domain.site import bounds_of_day
from instantreact.errors import InvalidInput

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
FIRST = minute_of(NOON)
STILL = Minute(WHOLE, WHOLE)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seconds_of(*spans: tuple[int, int]) -> int:
    """The bits from each first second to each second after the last."""
    return sum((1 << after) - (1 << first) for first, after in spans)


def told(gaps: list[Gap]) -> list[tuple[float, float, GapReason | None]]:
    """In seconds after noon."""
    return [((gap.since - NOON).total_seconds(), (gap.until - NOON).total_seconds(), gap.reason) for gap in gaps]


masks = st.integers(0, WHOLE)
minutes_known = st.builds(Minute, masks, masks, masks, st.integers(0, 1000))


@given(minutes_known, minutes_known, minutes_known)
def test_minutes_are_joined_in_any_order_and_as_often_as_one_likes(one: Minute, two: Minute, three: Minute) -> None:
    assert one | two == two | one
    assert (one | two) | three == one | (two | three)
    assert one | one == one
    assert (one | Minute()) == one


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (0.0, 0.0, {0: seconds_of((0, 1))}),
        (0.9, 1.1, {0: seconds_of((0, 2))}),
        (58.5, 61.0, {0: seconds_of((58, 60)), 1: seconds_of((0, 2))}),
        (59.0, 180.0, {0: seconds_of((59, 60)), 1: WHOLE, 2: WHOLE, 3: 1}),
        (5.0, 4.0, {}),
    ],
)
def test_list_seconds_touches_both_ends(first: float, last: float, expected: dict[int, int]) -> None:
    assert {minute - FIRST: seconds for minute, seconds in list_seconds(at(first), at(last)) if seconds} == expected


def test_touched_minutes_are_those_that_have_a_part_in_the_span() -> None:
    assert [minute - FIRST for minute in touched_minutes(at(59.5), at(120))] == [0, 1]
    assert [minute - FIRST for minute in touched_minutes(at(60), at(120.1))] == [1, 2]
    assert list(touched_minutes(NOON, NOON)) == []


def test_gaps_say_which_were_watched_in_vain_and_run_across_minutes() -> None:
    minutes = {
        FIRST: Minute(watched=WHOLE, seen=seconds_of((0, 50))),
        FIRST + 1: Minute(watched=seconds_of((0, 20)), seen=0),
        FIRST + 3: Minute(watched=seconds_of((30, 60)), seen=seconds_of((32, 40), (45, 60))),
        FIRST + 4: STILL,
    }
    assert told(find_gaps(minutes, NOON, at(300), [])) == [
        (50, 80, GapReason.LOST),
        (80, 210, None),
        (210, 212, GapReason.LOST),
        (220, 225, GapReason.LOST),
    ]


def test_gaps_within_pauses_are_by_choice_however_they_lie() -> None:
    minutes = {FIRST: Minute(watched=seconds_of((0, 10)), seen=seconds_of((0, 5))), FIRST + 4: STILL}
    pauses = [(at(-3600), at(-1800)), (at(8), at(60)), (at(90.5), at(100.2)), (at(200), at(9000))]
    assert told(find_gaps(minutes, NOON, at(300), pauses)) == [
        (5, 8, GapReason.LOST),
        (8, 60, GapReason.OFF),
        (60, 90, None),
        (90, 101, GapReason.OFF),
        (101, 200, None),
        (200, 240, GapReason.OFF),
    ]


def test_gaps_end_with_the_span_and_none_is_where_all_was_seen() -> None:
    assert told(find_gaps({}, at(10), at(70), [])) == [(10, 70, None)]
    assert find_gaps({FIRST: STILL, FIRST + 1: STILL}, NOON, at(120), [(NOON, at(120))]) == []
    assert find_gaps({}, NOON, NOON, []) == []


@given(st.dictionaries(st.integers(FIRST, FIRST + 4), minutes_known), st.integers(0, 130), st.integers(131, 300))
def test_gaps_are_exactly_the_seconds_that_were_not_seen(minutes: dict[int, Minute], low: int, high: int) -> None:
    gaps = told(find_gaps(minutes, at(low), at(high), []))
    missing = {second: reason for since, until, reason in gaps for second in range(int(since), int(until))}
    known = {second: minutes.get(FIRST + second // 60, Minute()) for second in range(low, high)}
    assert missing == {
        second: GapReason.LOST if minute.watched >> second % 60 & 1 else None
        for second, minute in known.items()
        if not minute.seen >> second % 60 & 1
    }
    for gap, following in pairwise(gaps):
        assert gap[1] < following[0] or gap[2] != following[2]


def test_keep_longest_keeps_their_order() -> None:
    gaps = [Gap(at(start), at(start + length), None) for start, length in ((0, 5), (10, 1), (20, 9), (40, 7))]
    assert keep_longest(gaps, 2) == [gaps[2], gaps[3]]
    assert keep_longest(gaps, 9) == gaps


@pytest.mark.parametrize(
    ("zone", "day", "begun", "hours"),
    [
        ("UTC", "2026-11-27", "2026-11-27T00:00", 24),
        ("Europe/Paris", "2026-11-27", "2026-11-26T23:00", 24),
        ("Europe/Paris", "2026-03-29", "2026-03-28T23:00", 23),
        ("Europe/Paris", "2026-10-25", "2026-10-24T22:00", 25),
        ("Asia/Kolkata", "2026-11-27", "2026-11-26T18:30", 24),
        ("Asia/Kathmandu", "2026-11-27", "2026-11-26T18:15", 24),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", 24.5),
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00", 23),  # its midnight is left out
        ("America/Havana", "2026-11-01", "2026-11-01T04:00", 25),  # its midnight comes twice
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0),  # it never was
    ],
)
def test_day_of_a_zone_has_as_many_hours_as_its_clock_gives_it(zone: str, day: str, begun: str, hours: float) -> None:
    since, until = bounds_of_day(date.fromisoformat(day), ZoneInfo(zone))
    assert since == datetime.fromisoformat(begun).replace(tzinfo=UTC)
    assert (until - since) == timedelta(hours=hours)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_day_at_the_calendar_s_ends_is_refused(day: date) -> None:
    with pytest.raises(InvalidInput, match=str(day)):
        bounds_of_day(day, ZoneInfo("Pacific/Auckland" if day == date.min else "America/Lima"))
