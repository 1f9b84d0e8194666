"""Listening for phrases: pocketsphinx looks for each as a chain of phones that must beat "any phones at all".

One threshold for all phrases, as is usual, lets short phrases fire everywhere and long ones nowhere; here it grows with
the number of phones. How well that works is measured in docs/speech.md. It holds the interpreter's lock while it works.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from instantreact.domain.mention import tokenize

RATE_HZ = 16_000
THRESHOLD_PER_PHONE = 1e-3
PADDING_S = 0.5
_NOISE_LEVEL = 10.0
_FRAMES_PER_S = 100
_DICTIONARY = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))


class Spotted(NamedTuple):
    """A phrase, and when it was said, in seconds from the start of the sound; perhaps a little outside of it."""

    start_s: float
    end_s: float
    phrase: str


class SpottingDecoder:
    """Listens for phrases that the dictionary can spell. One sound at a time."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._decoder = _make_decoder(tuple(phrases))

    def spot(self, samples: NDArray[np.int16]) -> list[Spotted]:
        """The phrases in mono sound of 16 kHz, in order of time."""
        self._decoder.start_utt()
        self._decoder.process_raw(_pad(samples).tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
        found = sorted((seg.start_frame, seg.end_frame, seg.word.strip()) for seg in self._decoder.seg() or ())
        return [
            Spotted(first / _FRAMES_PER_S - PADDING_S, (last + 1) / _FRAMES_PER_S - PADDING_S, phrase)
            for first, last, phrase in found
        ]


def missing_words(phrases: Iterable[str]) -> tuple[str, ...]:
    """The words of `phrases` that the English dictionary cannot spell, each once, in order."""
    words = dict.fromkeys(word for phrase in phrases for word in tokenize(phrase))
    known = _spellings(frozenset(words))
    return tuple(word for word in words if word not in known)


def _pad(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """The sound with half a second of the same faint noise on both sides: without it the first word is often missed."""
    length = round(PADDING_S * RATE_HZ)
    noise = np.random.default_rng(0).normal(0.0, _NOISE_LEVEL, length).astype(np.int16)
    return np.concatenate([noise, samples, noise])


def _make_decoder(phrases: tuple[str, ...]) -> pocketsphinx.Decoder:
    """A decoder that knows these phrases and, to save memory, only their words."""
    spellings = _spellings(frozenset(word for phrase in phrases for word in phrase.split()))
    with TemporaryDirectory(prefix="phrases-") as folder:
        dictionary, wanted = Path(folder, "words.dict"), Path(folder, "phrases.list")
        dictionary.write_text("".join(f"{word} {phones}\n" for word, phones in spellings.items()), encoding="utf-8")
        wanted.write_text("".join(f"{it} /{_threshold(it, spellings):.3e}/\n" for it in phrases), encoding="utf-8")
        return pocketsphinx.Decoder(lm=None, dict=str(dictionary), kws=str(wanted), loglevel="FATAL")


def _threshold(phrase: str, spellings: Mapping[str, str]) -> float:
    phones = sum(len(spellings[word].split()) for word in phrase.split())
    return max(THRESHOLD_PER_PHONE**phones, 1e-300)


@lru_cache(maxsize=256)
def _spellings(words: frozenset[str]) -> Mapping[str, str]:
    """The phones of those of `words` that the dictionary knows, by its first pronunciation of each."""
    with _DICTIONARY.open(encoding="utf-8") as lines:
        split = (line.split(maxsplit=1) for line in lines)
        return {word: phones.strip() for word, phones in split if word in words}
