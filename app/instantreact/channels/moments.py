"""Times and lengths of time for people, by the clock of a place. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from instantreact.channels.catalogue import MONTHS, WEEKDAYS
from instantreact.domain.language import Language


def format_gap(gap_s: float) -> str:
    """A length of time for people: its two largest units."""
    minutes, seconds = divmod(round(gap_s), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def format_since(began: datetime, now: datetime, zone: ZoneInfo, language: Language) -> str:
    """A moment by the clock of a place, with its date unless that is today."""
    local = began.astimezone(zone)
    return format_time(local) if local.date() == now.astimezone(zone).date() else format_moment(local, language)


def format_moment(moment: datetime, language: Language = Language.ENGLISH) -> str:
    """Such as `Sun 25 Oct 2026, 02:30:00 CET (UTC+01:00)`: the hour that comes twice in autumn is told apart."""
    weekday = WEEKDAYS.say(language).split()[moment.weekday()]
    month = MONTHS.say(language).split()[moment.month - 1]
    return f"{weekday} {moment:%d} {month} {moment:%Y}, {format_time(moment)}"


def format_minute(moment: datetime, language: Language = Language.ENGLISH) -> str:
    """Such as `Sun 02:30`, of a moment within a week."""
    return f"{WEEKDAYS.say(language).split()[moment.weekday()]} {moment:%H:%M}"


def format_time(moment: datetime) -> str:
    """Such as `02:30:00 CET (UTC+01:00)`. Zones without letters of their own, and UTC, are named once."""
    name, digits = moment.tzname() or "", f"{moment:%z}"
    if name == "UTC":
        return f"{moment:%H:%M:%S} UTC"
    offset = f"UTC{digits[:3]}:{digits[3:5]}"
    return f"{moment:%H:%M:%S} {f'{name} ({offset})' if name.isalpha() else offset}"
