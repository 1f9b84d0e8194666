"""Hours of the week, by the clock on a wall: when a rule may fire, when a person wants no alerts. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
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
_SECOND = timedelta(seconds=1)


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
        """When a moment that is covered is no longer, on the same clock; after a week where that never ends.

        Where the clock leaves the end out in spring, that is the moment at which it is put forward.
        """
        now, zone = local.astimezone(UTC), local.tzinfo
        days = [local.date() + timedelta(days=ahead) for ahead in range(-1, 9)]
        walls = [datetime.combine(day, hours.end, zone) for day in days for hours in self.hours]
        moments = {wall.replace(fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)}
        moments |= {moment for day in range(9) if (moment := _find_change(now + timedelta(days=day), zone))}
        ends = (moment.astimezone(zone) for moment in sorted(moments) if moment > now)
        return next((end for end in ends if not self.covers(end)), local + timedelta(days=7))

    def find_begin(self, local: datetime) -> datetime:
        """Since when a moment that is covered has been, on the same clock; a week before where that never began."""
        days = [local.date() + timedelta(days=ahead) for ahead in range(-8, 1)]
        starts = sorted(datetime.combine(day, hours.start, local.tzinfo) for day in days for hours in self.hours)
        before = (
            start for start in reversed(starts) if start <= local and not self.covers(start - timedelta.resolution)
        )
        return next(before, local - timedelta(days=7))

    def _day_of(self, day: date) -> ScheduleDay:
        return ScheduleDay.HOLIDAY if day in self.holidays else _WEEK[day.weekday()]


def _covers(hours: Hours, today: ScheduleDay, before: ScheduleDay, clock: time) -> bool:
    if hours.start < hours.end:
        return today in hours.days and hours.start <= clock < hours.end
    return (today in hours.days and clock >= hours.start) or (before in hours.days and clock < hours.end)


def _find_change(early: datetime, zone: tzinfo | None) -> datetime | None:
    """When clocks are put forward or back within a day from `early` on; None where they are not."""
    late, before = early + timedelta(days=1), early.astimezone(zone).utcoffset()
    if late.astimezone(zone).utcoffset() == before:
        return None
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        early, late = (middle, late) if middle.astimezone(zone).utcoffset() == before else (early, middle)
    return late.replace(second=0, microsecond=0)
