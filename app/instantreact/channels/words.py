"""A happening in English: what channels have in common of it, each in its own room. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, takewhile
from zoneinfo import ZoneInfo

from instantreact.domain.happening import (
    CameraBack,
    CameraLost,
    ChannelFailing,
    ChannelMended,
    Happening,
    RuleMatched,
    Written,
)
from instantreact.domain.rule import Evidence, Severity
from instantreact.domain.site import zone_called

_SEEN_S = 1.0
"""Seen for less than this meanwhile, a camera was lost all the time, for people."""

_MARKS = {Severity.INFO: "ℹ️", Severity.WARNING: "⚠️", Severity.CRITICAL: "🚨"}


@dataclass(frozen=True)
class Room:
    """How long the pieces of a text may be, in UTF-16 code units, and how many reasons it may give.

    With these a text is at most 640 long.
    """

    title: int = 60
    place: int = 60
    caption: int = 200
    what: int = 30
    quote: int = 40
    reasons: int = 3


BRIEF = Room()


def compose_title(happening: Happening) -> str:
    """What happened, in a few words."""
    match happening:
        case Written(title):
            return title
        case RuleMatched(rule):
            return rule
        case CameraLost(camera):
            return f"{camera} {'comes and goes' if happening.seen_s >= _SEEN_S else 'is lost'}"
        case CameraBack(camera):
            return f"{camera} is back"
        case ChannelFailing(channel):
            return f"{channel.capitalize()} is broken"
        case ChannelMended(channel):
            return f"{channel.capitalize()} works again"


def compose_text(happening: Happening, room: Room = BRIEF) -> str:
    """What happened, where, when and why we think so.

    Each piece of what a rule saw is shortened by itself, so that none is pushed out.
    """
    match happening:
        case Written():
            return happening.text
        case RuleMatched():
            return _tell_match(happening, room)
        case CameraLost() | CameraBack():
            return _tell_outage(happening)
        case ChannelFailing():
            since, reason = _since(happening), happening.reason
            quiet = f"No alert goes out on {happening.channel.capitalize()} since {since}."
            return f"{quiet} {reason} What waits is sent once it is repaired."
        case ChannelMended():
            title, since = compose_title(happening), _since(happening)
            return f"{title}; it was broken since {since}. What waited for it is being sent."


def _tell_match(matched: RuleMatched, room: Room) -> str:
    names = _line(matched.rule, room.title), _line(matched.place, room.place)
    lines = [
        f"{_MARKS[matched.severity]} {' · '.join(name for name in names if name)}",
        format_moment(matched.occurred_at.astimezone(_zone(matched.time_zone))),
        _line(matched.caption, room.caption),
        *_reasons(matched.evidence, matched.caption, room),
    ]
    return "\n".join(line for line in lines if line.strip())


def _tell_outage(outage: CameraLost | CameraBack) -> str:
    zone = _zone(outage.time_zone)
    began = outage.since.astimezone(zone)
    since = format_time(began) if began.date() == outage.as_of.astimezone(zone).date() else format_moment(began)
    gap, title = format_gap(outage.gap_s), compose_title(outage)
    partly = f"{title}. Of the time since {since}, {gap} was not seen."
    comes_and_goes = outage.seen_s >= _SEEN_S
    if isinstance(outage, CameraBack):
        return partly if comes_and_goes else f"{title}. Nothing was seen for {gap} from {since} on."
    lost = partly if comes_and_goes else f"{outage.camera} has sent no picture since {since}."
    return f"{lost} {outage.reason}".strip()


def _since(fault: ChannelFailing | ChannelMended) -> str:
    return fault.since.astimezone(_zone(fault.time_zone)).strftime("%Y-%m-%d %H:%M:%S %Z")


def _zone(name: str) -> ZoneInfo:
    return zone_called(name, default=ZoneInfo("UTC"))


def format_gap(gap_s: float) -> str:
    """A length of time for people: its two largest units."""
    minutes, seconds = divmod(round(gap_s), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def format_moment(moment: datetime) -> str:
    """Such as `Sun 25 Oct 2026, 02:30:00 CET (UTC+01:00)`: the hour that comes twice in autumn is told apart."""
    return f"{moment:%a %d %b %Y}, {format_time(moment)}"


def format_time(moment: datetime) -> str:
    """Such as `02:30:00 CET (UTC+01:00)`. Zones without letters of their own, and UTC, are named once."""
    name, digits = moment.tzname() or "", f"{moment:%z}"
    if name == "UTC":
        return f"{moment:%H:%M:%S} UTC"
    offset = f"UTC{digits[:3]}:{digits[3:5]}"
    return f"{moment:%H:%M:%S} {f'{name} ({offset})' if name.isalpha() else offset}"


def shorten(text: str, limit: int) -> str:
    """The text in printable Unicode, cut between words and ended with `…` so that it is at most `limit` units long.

    White space becomes single spaces, but line breaks stay. A first word that is too long is cut within.
    """
    whole = clean(text)
    if utf16_units(whole) <= limit:
        return whole
    end = _index_of_unit(whole, limit - 1)
    kept = whole[:end]
    at_space = max(kept.rfind(" "), kept.rfind("\n"))
    if at_space > 0 and not whole[end].isspace():
        kept = kept[:at_space]
    return kept.rstrip() + "…"


def utf16_units(text: str) -> int:
    """The length that Messenger and Telegram count: letters outside the basic plane, emoji among them, count two."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def _line(text: str, limit: int) -> str:
    return shorten(" ".join(text.split()), limit)


def _reasons(evidence: Sequence[Evidence], caption: str, room: Room) -> list[str]:
    lines = [f"• {_reason(one, caption, room)}" for one in evidence[: room.reasons]]
    more = len(evidence) - room.reasons
    return [*lines, f"• and {more} more"] if more > 0 else lines


def _reason(evidence: Evidence, caption: str, room: Room) -> str:
    """Such as `fight, 91 %` or `“help me” heard, 80 %`, with the words it rests on unless the caption shows them."""
    what = _line(evidence.what, room.what)
    quote = "" if evidence.quote == caption else _line(evidence.quote, room.quote)
    match evidence.kind:
        case "speech":
            said = f"“{quote or what}” heard"
        case "zone":
            said = f"movement in {what}"
        case _:
            said = f"{what} (“{quote}”)" if quote else what
    return f"{said}, {round(100 * evidence.score)} %"


def clean(text: str) -> str:
    """Without control characters and halves of surrogate pairs, which neither JSON over HTTP nor a terminal bears."""
    lines = ("".join(_printable(letter) for letter in line) for line in text.splitlines())
    return "\n".join(kept for line in lines if (kept := " ".join(line.split())))


def _printable(letter: str) -> str:
    if "\ud800" <= letter <= "\udfff":
        return "\ufffd"
    return " " if letter < " " or "\x7f" <= letter <= "\x9f" else letter


def _index_of_unit(text: str, unit: int) -> int:
    """How many whole letters the first `unit` units hold, of a text that is longer."""
    ends = accumulate(2 if letter > "\uffff" else 1 for letter in text)
    return sum(1 for _ in takewhile(lambda end: end <= unit, ends))
