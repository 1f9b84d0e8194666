"""Sites' time zones: what people read on their own clock."""

import warnings
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import tzlocal
from rapidfuzz import process, utils

from instantreact.errors import InvalidInput, Misconfigured

_NO_ZONE = ("localtime", "posixrules", "Factory")
"""Files beside the zones that stand for whatever this machine has, or for nothing."""


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """The names of all time zones that this machine's database has."""
    return frozenset(available_timezones() - set(_NO_ZONE))


def check_zone(name: str) -> str:
    """The name of a time zone of the IANA database. Raises InvalidInput that names the nearest one for any other."""
    if name in known_zones():
        return name
    nearest, score, _ = process.extractOne(name, sorted(known_zones()), processor=utils.default_process)
    meant = f" Is {nearest} meant?" if score else ""
    raise InvalidInput(f"{name!r} is no time zone; one looks like Europe/Berlin.{meant}")


def machine_zone() -> ZoneInfo:
    """The zone that this machine is set to, UTC where it is set to none. Raises Misconfigured where that is unclear."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that nothing is set, or a zone without a name
            zone = tzlocal.reload_localzone()
    except (LookupError, ValueError, OSError) as error:
        raise Misconfigured(f"This machine's time zone is unclear: set INSTANTREACT_TIME_ZONE. {error}") from error
    return zone if zone.key in known_zones() else ZoneInfo("UTC")


def zone_called(name: str | None, default: ZoneInfo) -> ZoneInfo:
    """The zone, or `default` for None and for one that this machine's database does not know (any more)."""
    if name is None or name not in known_zones():
        return default
    return ZoneInfo(name)


def bounds_of_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a day of a zone's clock begins (included) and ends (not), in UTC.

    By summer time it has 23 or 25 hours; where its midnight is left out it begins after that. Raises InvalidInput at
    the calendar's ends.
    """
    try:
        begun, ended = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    except OverflowError as error:
        raise InvalidInput(f"The day {day} is not all in the calendar.") from error
    return begun, max(begun, ended)
