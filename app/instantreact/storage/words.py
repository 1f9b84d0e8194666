"""Words to search by. What people write and what was said are taken apart alike, so that both databases find the same.

A word is what stands between spaces and marks, without its case and accents. Where a script writes no spaces, its
letters are words, and so are the pairs of them. A camera is a word as well: an index then finds what it saw. So is each
concept and each label with each tenth that its score reaches.
"""

import re
import string
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from instantreact.domain.observation import Observation

LEAST_BEGINNING = 3
"""What is shorter is looked for as a whole word only: too many words begin with it."""

NO_SCORES: Mapping[str, float] = MappingProxyType({})

_MAX_WORD = 64
_PLAIN = frozenset(string.ascii_lowercase + string.digits)
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_RUN = re.compile(f"(?P<spaceless>[{_SPACELESS}]+)|[^\\W_{_SPACELESS}]+")


@dataclass(frozen=True)
class SoughtWord:
    """A word that must be there, or one that begins with it."""

    text: str
    is_beginning: bool = False


@dataclass(frozen=True)
class SoughtMark:
    """A concept or a label that must be there, with at least so many tenths."""

    kind: Literal["concept", "label"]
    name: str
    tenths: int


def list_words(
    *texts: str,
    camera_id: str | None = None,
    concepts: Mapping[str, float] = NO_SCORES,
    labels: Mapping[str, float] = NO_SCORES,
) -> tuple[str, ...]:
    """The words of these texts, and those that stand for the rest, each once, in the order of the alphabet."""
    words = {word for text in texts for run, is_spaceless in _runs(text) for word in _take_apart(run, is_spaceless)}
    if camera_id:
        words.add(_camera_word(camera_id))
    words.update(word for name, score in concepts.items() for word in _score_words("concept", name, score))
    words.update(word for name, score in labels.items() for word in _score_words("label", name, score))
    return tuple(sorted(words))


def list_event_words(caption: str, speech: str, observation: Observation, camera_id: str | None) -> tuple[str, ...]:
    """What an event is found by."""
    labels: dict[str, float] = {}
    things = observation.presence.things if observation.presence else ()
    seen = [(each.label, each.score) for each in observation.detections] + [(each.label, each.score) for each in things]
    for label, score in seen:
        labels[label] = max(score, labels.get(label, 0.0))
    return list_words(caption, speech, camera_id=camera_id, concepts=observation.concepts, labels=labels)


def read_search(
    text: str, *, camera_id: str | None = None, scores: Sequence[SoughtMark] = ()
) -> tuple[SoughtWord, ...]:
    """What somebody looks for: all of these words; none where the text holds no word, and so nothing can be found."""
    sought = {each: None for run, is_spaceless in _runs(text) for each in _seek(run, is_spaceless)}
    if text and not sought:
        return ()
    sought |= {SoughtWord(_score_word(each.kind, each.name, each.tenths)): None for each in scores}
    if sought and camera_id:
        sought[SoughtWord(_camera_word(camera_id))] = None
    return tuple(sought)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Letters and digits that stand together, and whether they are of a script without spaces."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = letters if letters.isascii() else "".join(each for each in letters if not unicodedata.combining(each))
    for run in _RUN.finditer(plain):
        yield run.group(), run["spaceless"] is not None


def _take_apart(run: str, is_spaceless: bool) -> Iterator[str]:
    if not is_spaceless:
        yield run[:_MAX_WORD]
        return
    yield from run
    yield from map("".join, pairwise(run))


def _seek(run: str, is_spaceless: bool) -> Iterator[SoughtWord]:
    if is_spaceless and len(run) > 1:
        yield from (SoughtWord(one + other) for one, other in pairwise(run))
        return
    yield SoughtWord(run[:_MAX_WORD], is_beginning=not is_spaceless and len(run) >= LEAST_BEGINNING)


def _score_words(kind: str, name: str, score: float) -> Iterator[str]:
    reached = int(min(score, 0.999) * 10 + 1e-9)
    return (_score_word(kind, name, tenths) for tenths in range(1, reached + 1))


def _score_word(kind: str, name: str, tenths: int) -> str:
    """No text holds it, and no two names share it."""
    plain = "".join(each if each in _PLAIN else f"_{ord(each):x}_" for each in name.lower())
    return f"{kind}_{plain}_{tenths}"


def _camera_word(camera_id: str) -> str:
    """No text holds it: words have no underscore."""
    return "camera_" + re.sub("[^0-9a-z]", "_", camera_id.lower())
