from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from instantreact.domain.schedule import Hours, ScheduleDay, WeekSchedule

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = tuple(ScheduleDay)[:7]
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def hours(start: str, end: str, *days: ScheduleDay) -> Hours:
    return Hours(days or WEEK, time.fromisoformat(start), time.fromisoformat(end))


@pytest.mark.parametrize(
    ("moment", "covered"),
    [("08:59:59", False), ("09:00:00", True), ("16:59:59", True), ("17:00:00", False)],
)
def test_schedule_covers_from_its_start_until_before_its_end(moment: str, covered: bool) -> None:
    assert WeekSchedule((hours("09:00", "17:00"),)).covers(at(f"2026-11-23T{moment}")) is covered


@pytest.mark.parametrize(
    ("moment", "covered"),
    [
        ("2026-11-27T21:59", False),
        ("2026-11-27T22:00", True),  # Friday
        ("2026-11-28T05:59", True),
        ("2026-11-28T06:00", False),
        ("2026-11-28T23:00", False),  # Saturday's own night is not named
        ("2026-11-27T05:00", False),  # nor is Thursday's
    ],
)
def test_schedule_gives_a_night_to_the_day_on_which_it_begins(moment: str, covered: bool) -> None:
    assert WeekSchedule((hours("22:00", "06:00", ScheduleDay.FRIDAY),)).covers(at(moment)) is covered


def test_schedule_of_equal_times_is_a_day_and_night() -> None:
    whole = WeekSchedule((hours("07:00", "07:00", ScheduleDay.MONDAY),))
    found = [whole.covers(at(f"2026-11-{day}T{clock}")) for day, clock in ((23, "07:00"), (24, "06:59"), (24, "07:00"))]
    assert found == [True, True, False]


def test_schedule_takes_a_holiday_for_no_day_of_the_week() -> None:
    christmas = date(2026, 12, 25)  # a Friday
    open_hours, closed = hours("09:00", "17:00"), hours("00:00", "00:00", ScheduleDay.HOLIDAY)
    assert WeekSchedule((open_hours,)).covers(at("2026-12-25T12:00"))
    assert not WeekSchedule((open_hours,), (christmas,)).covers(at("2026-12-25T12:00"))
    assert WeekSchedule((closed,), (christmas,)).covers(at("2026-12-25T20:00"))
    assert not WeekSchedule((closed,), (christmas,)).covers(at("2026-12-26T00:00"))


def test_schedule_night_before_a_holiday_lasts_until_its_morning() -> None:
    night = WeekSchedule((hours("22:00", "06:00"),), (date(2026, 12, 25),))
    assert night.covers(at("2026-12-25T05:00"))
    assert not night.covers(at("2026-12-25T23:00"))
    assert not night.covers(at("2026-12-26T05:00"))


@pytest.mark.parametrize(
    ("moment", "covered"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),  # 02:30 by summer time
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),  # 02:30 again
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), False),  # 03:00
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), False),  # 01:59; 02:00 to 02:59 is left out
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), False),  # 03:00
    ],
)
def test_schedule_covers_the_hour_that_comes_twice_both_times(moment: datetime, covered: bool) -> None:
    assert WeekSchedule((hours("02:00", "03:00"),)).covers(moment.astimezone(BERLIN)) is covered


@given(
    st.sampled_from(WEEK),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.integers(0, 7 * 24 * 60 - 1),
)
def test_schedule_covers_what_a_walk_through_the_week_covers(
    day: ScheduleDay, start: time, end: time, minute: int
) -> None:
    begins = MONDAY + timedelta(days=WEEK.index(day), hours=start.hour, minutes=start.minute)
    length = (end.hour - start.hour) * 60 + end.minute - start.minute
    length += 24 * 60 if length <= 0 else 0
    moment = MONDAY + timedelta(minutes=minute)
    walked = any(begins + week <= moment < begins + week + timedelta(minutes=length) for week in (-WEEK_LONG, ZERO))
    assert WeekSchedule((Hours((day,), start, end),)).covers(moment) is walked


WEEK_LONG, ZERO = timedelta(days=7), timedelta()


def test_schedule_can_be_asked_about_the_first_day_of_the_calendar() -> None:
    assert WeekSchedule((hours("22:00", "06:00"),)).covers(datetime.min.replace(tzinfo=UTC))


CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
}
"""When clocks are put forward or back; on Lord Howe by half an hour."""


@given(
    st.sampled_from(sorted(CHANGES)),
    st.sampled_from((0, 1)),
    st.integers(-180, 180),
    st.integers(0, 23 * 4),
    st.integers(0, 16),
)
def test_schedule_ends_where_a_walk_by_the_minute_leaves_it_also_when_clocks_change(
    zone: str, change: int, minutes: int, begins: int, ends: int
) -> None:
    clock = ZoneInfo(zone)
    start = time(*divmod(15 * begins, 60))
    end = time(*divmod(15 * ends, 60))  # in the hours in which clocks change
    schedule = WeekSchedule((Hours(WEEK, start, end),))
    moment = CHANGES[zone][change] + timedelta(minutes=minutes)
    assume(start != end and schedule.covers(moment.astimezone(clock)))
    walked = next(
        later
        for later in (moment + timedelta(minutes=passed) for passed in range(1, 3000))
        if not schedule.covers(later.astimezone(clock))
    )
    assert schedule.find_end(moment.astimezone(clock)).astimezone(UTC) == walked
