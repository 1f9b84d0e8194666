"""Hours of the week, by the clock on a wall: when a rule may fire, when a person wants no alerts. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum


class ScheduleDay(StrEnum):
    """A day of the week, or a holiday, which is none of them."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"
    HOLIDAY = "holiday"


_WEEK = tuple(ScheduleDay)[:7]


@dataclass(frozen=True)
class Hours:
    """From `start` (included) to `end` (not) on these days; into the next morning where `end` is not after `start`.

    The hours of a night belong to the day on which they begin. Equal times are a whole day and night.
    """

    days: tuple[ScheduleDay, ...]
    start: time
    end: time


@dataclass(frozen=True)
class WeekSchedule:
    """Hours of the week. On a date among `holidays` only hours of `holiday` begin, whatever the day of the week."""

    hours: tuple[Hours, ...]
    holidays: tuple[date, ...] = ()

    def covers(self, local: datetime) -> bool:
        """Whether a moment, on the clock of the place, lies within the hours.

        The hour that comes twice when summer time ends is covered both times; the one that is left out never comes.
        """
        today = self._day_of(local.date())
        before = self._day_of(local.date() - timedelta(days=1)) if local.date() > date.min else today
        return any(_covers(hours, today, before, local.time()) for hours in self.hours)

    def find_end(self, local: datetime) -> datetime:
        """When a moment that is covered is no longer, on the same clock; after a week where that never ends."""
        days = [local.date() + timedelta(days=ahead) for ahead in range(-1, 9)]
        ends = sorted(datetime.combine(day, hours.end, local.tzinfo) for day in days for hours in self.hours)
        later = (end for end in ends if end > local and not self.covers(end))
        return next(later, local + timedelta(days=7))

    def _day_of(self, day: date) -> ScheduleDay:
        return ScheduleDay.HOLIDAY if day in self.holidays else _WEEK[day.weekday()]


def _covers(hours: Hours, today: ScheduleDay, before: ScheduleDay, clock: time) -> bool:
    if hours.start < hours.end:
        return today in hours.days and hours.start <= clock < hours.end
    return (today in hours.days and clock >= hours.start) or (before in hours.days and clock < hours.end)
