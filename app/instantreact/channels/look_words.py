"""A second look in words."""

from zoneinfo import ZoneInfo

from instantreact.channels.catalogue import (
    FALSE_ALARM_TITLE,
    LOOK_CONFIRMS,
    LOOK_FAILED,
    LOOK_LATE,
    LOOK_REJECTS,
    LOOK_SAYS,
    LOOK_SEES_NOTHING,
    LOOK_SPENT,
    LOOK_TITLE,
    LOOK_UNSURE,
    LOOK_WAITING,
    PROBABLY_FALSE,
)
from instantreact.channels.moments import format_time
from instantreact.channels.shortening import shorten
from instantreact.domain.happening import AlertDoubted
from instantreact.domain.language import Language
from instantreact.domain.second_look import LookState, SecondLook
from instantreact.domain.site import zone_called

_LINES = {
    LookState.WAITING: LOOK_WAITING,
    LookState.CONFIRMED: LOOK_CONFIRMS,
    LookState.REJECTED: LOOK_REJECTS,
    LookState.UNSURE: LOOK_UNSURE,
    LookState.LATE: LOOK_LATE,
    LookState.SPENT: LOOK_SPENT,
    LookState.FAILED: LOOK_FAILED,
}


def tell_look(look: SecondLook | None, language: Language) -> str:
    """What came of a look, in a line; empty where there is nothing to say, or the alert does not wait for it."""
    if look is None or (look.state is LookState.WAITING and not look.holds_back):
        return ""
    return _LINES[look.state].say(language)


def title_doubt(doubted: AlertDoubted, language: Language) -> str:
    """In a few words."""
    return (FALSE_ALARM_TITLE if doubted.rejected else LOOK_TITLE).say(language, title=doubted.title)


def tell_doubt(doubted: AlertDoubted, caption_units: int, language: Language) -> str:
    """Which alert it is about, what is seen, and whether it is probably a false alarm."""
    zone = zone_called(doubted.time_zone, default=ZoneInfo("UTC"))
    at, sentence = format_time(doubted.raised_at.astimezone(zone)), _end(shorten(doubted.sentence, caption_units))
    saying = LOOK_SAYS if sentence else LOOK_SEES_NOTHING
    said = saying.say(language, title=shorten(doubted.title, 60), at=at, sentence=sentence)
    return f"{said} {PROBABLY_FALSE.say(language)}" if doubted.rejected else said


def _end(sentence: str) -> str:
    """With a stop, where it has none."""
    return f"{sentence}." if sentence and sentence[-1] not in ".!?…" else sentence
