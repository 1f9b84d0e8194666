"""What an alert says, for people: what happened, where, when, why we think so. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, takewhile

from instantreact.domain.rule import Evidence, Severity

MESSAGE_UNITS = 640
"""The most that a message with buttons holds, in UTF-16 code units (contract, sections 1.2 and 2.2)."""

_TITLE_UNITS = 60
_PLACE_UNITS = 60
_CAPTION_UNITS = 200
_WHAT_UNITS = 30
_QUOTE_UNITS = 40
_REASONS = 3
_MARKS = {Severity.INFO: "ℹ️", Severity.WARNING: "⚠️", Severity.CRITICAL: "🚨"}


@dataclass(frozen=True)
class Happening:
    """What an alert is about.

    place        the camera's name, or the clip's
    occurred_at  aware; people read it in its own time zone
    """

    rule: str
    place: str
    caption: str
    evidence: tuple[Evidence, ...]
    occurred_at: datetime
    severity: Severity


def compose_text(happening: Happening) -> str:
    """The text of an alert, at most MESSAGE_UNITS long, each piece shortened so that none is pushed out."""
    mark = _MARKS[happening.severity]
    names = _line(happening.rule, _TITLE_UNITS), _line(happening.place, _PLACE_UNITS)
    lines = [
        f"{mark} {' · '.join(name for name in names if name)}",
        format_moment(happening.occurred_at),
        _line(happening.caption, _CAPTION_UNITS),
        *_reasons(happening.evidence, happening.caption),
    ]
    return "\n".join(line for line in lines if line.strip())


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
    clean = _clean(text)
    if utf16_units(clean) <= limit:
        return clean
    end = _index_of_unit(clean, limit - 1)
    kept = clean[:end]
    at_space = max(kept.rfind(" "), kept.rfind("\n"))
    if at_space > 0 and not clean[end].isspace():
        kept = kept[:at_space]
    return kept.rstrip() + "…"


def utf16_units(text: str) -> int:
    """The length that Messenger is assumed to count: letters outside the basic plane, emoji among them, count two."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def _line(text: str, limit: int) -> str:
    return shorten(" ".join(text.split()), limit)


def _reasons(evidence: Sequence[Evidence], caption: str) -> list[str]:
    lines = [f"• {_reason(one, caption)}" for one in evidence[:_REASONS]]
    more = len(evidence) - _REASONS
    return [*lines, f"• and {more} more"] if more > 0 else lines


def _reason(evidence: Evidence, caption: str) -> str:
    """Such as `fight, 91 %` or `“help me” heard, 80 %`, with the words it rests on unless the caption shows them."""
    what = _line(evidence.what, _WHAT_UNITS)
    quote = "" if evidence.quote == caption else _line(evidence.quote, _QUOTE_UNITS)
    match evidence.kind:
        case "speech":
            said = f"“{quote or what}” heard"
        case "zone":
            said = f"movement in {what}"
        case _:
            said = f"{what} (“{quote}”)" if quote else what
    return f"{said}, {round(100 * evidence.score)} %"


def _clean(text: str) -> str:
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
