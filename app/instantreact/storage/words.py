"""Words to search by. What people write and what was said are taken apart alike, so that both databases find the same.

A word is what stands between spaces and marks, without its case and accents. Where a script writes no spaces, its
letters are words, and so are the pairs of them. A camera is a word as well: an index then finds what it saw.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

LEAST_BEGINNING = 3
"""What is shorter is looked for as a whole word only: too many words begin with it."""

_MAX_WORD = 64
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_RUN = re.compile(f"(?P<spaceless>[{_SPACELESS}]+)|[^\\W_{_SPACELESS}]+")


@dataclass(frozen=True)
class SoughtWord:
    """A word that must be there, or one that begins with it."""

    text: str
    is_beginning: bool = False


def list_words(*texts: str, camera_id: str | None = None) -> tuple[str, ...]:
    """The words of these texts, each once, in the order of the alphabet."""
    words = {word for text in texts for run, is_spaceless in _runs(text) for word in _take_apart(run, is_spaceless)}
    return tuple(sorted(words | ({_camera_word(camera_id)} if camera_id else set())))


def read_search(text: str, *, camera_id: str | None = None) -> tuple[SoughtWord, ...]:
    """What somebody looks for: all of these words; none where the text holds no word, and so nothing can be found."""
    sought = {each: None for run, is_spaceless in _runs(text) for each in _seek(run, is_spaceless)}
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


def _camera_word(camera_id: str) -> str:
    """No text holds it: words have no underscore."""
    return "camera_" + re.sub("[^0-9a-z]", "_", camera_id.lower())
