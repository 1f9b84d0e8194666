"""What people write to the bot, as commands. Case, accents and slashes do not matter, nor which language. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum

_PREFIX = re.compile(r"^/?([a-z]+)(@\w+)?")
_LENGTH = re.compile(
    r"(?:^|\s)(?:for |pendant |pour )?(?P<number>\d{1,4})\s*"
    r"(?P<unit>m|min|mins|minutes?|h|hours?|heures?|d|days?|j|jours?)$"
)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "j": timedelta(days=1)}
_NEAR = 0.6
_MOST_NEAR = 3


class CommandKind(StrEnum):
    """What is asked for."""

    STATUS = "status"
    LAST = "last"
    CLIP = "clip"
    PHOTO = "photo"
    HELP = "help"
    MUTE = "mute"
    UNMUTE = "unmute"
    ACKNOWLEDGE = "acknowledge"
    DISMISS = "dismiss"
    KEEP = "keep"
    START = "start"
    STOP = "stop"


_ALONE = {
    CommandKind.STATUS: "status etat statut",
    CommandKind.LAST: "last dernier derniere",
    CommandKind.CLIP: "clip video",
    CommandKind.HELP: "help aide ?",
    CommandKind.ACKNOWLEDGE: "ok okay acknowledge",
    CommandKind.DISMISS: "false_alarm fausse_alerte fausse_alarme",
    CommandKind.KEEP: "keep keep_on keep_alerts_on garder garder_les_alertes",
    CommandKind.START: "start",
    CommandKind.STOP: "stop unsubscribe arret stopp",
}
_WITH_NAME = {
    CommandKind.PHOTO: "photo picture snapshot",
    CommandKind.UNMUTE: "unmute fin_silence",
    CommandKind.MUTE: "mute silence",
}
_WORDS = {
    word.replace("_", " "): kind
    for table in (_ALONE, _WITH_NAME)
    for kind, words in table.items()
    for word in words.split()
}
EVERYTHING = frozenset({"", "all", "everything", "tout"})


@dataclass(frozen=True)
class Command:
    """One thing asked for; `name` is of what, folded, and `length` for how long, where that was said."""

    kind: CommandKind
    name: str = ""
    length: timedelta | None = None


def read_command(text: str) -> Command | None:
    """What is asked for; None for words that are none of ours."""
    said = _PREFIX.sub(r"\1", fold(text)).strip(" .!?\"'") or fold(text)
    if said in _WORDS:
        return Command(_WORDS[said])
    for kind, words in _WITH_NAME.items():
        for word in (each.replace("_", " ") for each in words.split()):
            if said.startswith(f"{word} "):
                return _read_rest(kind, said.removeprefix(word).strip())
    return None


def _read_rest(kind: CommandKind, rest: str) -> Command:
    length = _LENGTH.search(rest) if kind is CommandKind.MUTE else None
    if length is None:
        return Command(kind, rest)
    return Command(kind, rest[: length.start()].strip(), int(length["number"]) * _UNITS[length["unit"][0]])


def fold(text: str) -> str:
    """What words have in common that people take for the same: no accents, no case, single spaces."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in parts if not unicodedata.combining(letter)).split())


def find_meant(wanted: str, names: Mapping[str, str]) -> tuple[str | None, tuple[str, ...]]:
    """Of the things in `names` (by their ids) the one whose folded name or id is `wanted`, or else those that are near.

    Words of a name are enough where only one thing has them.
    """
    folded = {key: fold(name) for key, name in names.items()}
    exact = [key for key, name in folded.items() if wanted in (key, name)]
    within = [key for key, name in folded.items() if set(wanted.split()) <= set(name.split())]
    for found in (exact, within):
        if len(found) == 1:
            return found[0], ()
    close = get_close_matches(wanted, set(folded.values()), n=_MOST_NEAR, cutoff=_NEAR)
    near = exact or within or [key for key, name in folded.items() if name in close]
    return None, tuple(near[:_MOST_NEAR])
