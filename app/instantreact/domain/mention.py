"""Whether a sentence mentions a word or a phrase, and how probable that is.

One function scores for rules, `analyze` and evaluation alike, so that a published figure is the figure a rule sees.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import snowballstemmer

from instantreact.domain.observation import Hypothesis

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_IRREGULAR = {"fought": "fight", "fell": "fall", "fallen": "fall", "beaten": "beat", "struck": "strike"}
_STEMMER = snowballstemmer.stemmer("english")


def tokenize(text: str) -> list[str]:
    """Lower-case words of a sentence, punctuation dropped."""
    return _WORD.findall(text.casefold())


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """The English Snowball stem of a lower-case word; a few irregular forms share their infinitive's."""
    return str(_STEMMER.stemWord(_IRREGULAR.get(word, word)))


@lru_cache(maxsize=4096)  # one captioner says the same few sentences again and again
def stems(text: str) -> tuple[str, ...]:
    """The stems of a sentence's words, in order."""
    return tuple(stem(word) for word in tokenize(text))


def find_phrase(sentence: Sequence[str], phrase: Sequence[str]) -> int | None:
    """Where the stems `phrase` stand in a row among the stems `sentence`; None when they do not, or are none."""
    if not phrase:
        return None
    first, wanted = phrase[0], list(phrase)
    starts = (at for at, word in enumerate(sentence) if word == first)
    return next((at for at in starts if list(sentence[at : at + len(wanted)]) == wanted), None)


def mentions(text: str, phrases: Iterable[str]) -> str | None:
    """The first of `phrases` that the sentence mentions, compared by stems; None when it mentions none."""
    sentence = stems(text)
    return next((phrase for phrase in phrases if find_phrase(sentence, stems(phrase)) is not None), None)


def mention_probability(hypotheses: Iterable[Hypothesis], phrases: Sequence[str]) -> float:
    """The probability, 0..1, that a caption mentions one of `phrases`: the share of the hypotheses that do."""
    mass = sum(h.probability for h in hypotheses if mentions(h.text, phrases) is not None)
    return min(1.0, max(0.0, mass))
