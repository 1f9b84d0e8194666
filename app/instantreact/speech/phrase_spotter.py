"""A stand-in recogniser that needs no account and no download: it listens for given phrases, and hears nothing else.

pocketsphinx looks for each phrase as a chain of phones that must beat "any phones at all" by a threshold. One
threshold for all phrases, as is usual, lets short phrases fire everywhere and long ones nowhere; here it grows with the
number of phones. How well that works is measured in docs/speech.md.
"""

import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pocketsphinx

from instantreact.domain.media import AudioTrack
from instantreact.domain.mention import tokenize
from instantreact.domain.observation import Hearing, Transcript, Word
from instantreact.speech.words import spread_words
from instantreact.threads import WorkerThreads

ENGINE = "phrase_spotter"
LANGUAGE = "en"
LONGEST_S = 18.0
THRESHOLD_PER_PHONE = 1e-3
PADDING_S = 0.5
_NOISE_LEVEL = 10.0
_FRAMES_PER_S = 100
_DICTIONARY = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))


def missing_words(phrases: Iterable[str]) -> tuple[str, ...]:
    """The words of `phrases` that the spotter's English dictionary cannot spell, each once, in order."""
    words = dict.fromkeys(word for phrase in phrases for word in tokenize(phrase))
    known = _spellings(frozenset(words))
    return tuple(word for word in words if word not in known)


class PhraseSpotter:
    """Listens for `phrases`; those that its dictionary cannot spell are left out, and `check` names them."""

    def __init__(self, phrases: Iterable[str], *, threads: WorkerThreads) -> None:
        wanted = dict.fromkeys(" ".join(tokenize(phrase)) for phrase in phrases)
        self._missing = missing_words(wanted)
        self._phrases = tuple(phrase for phrase in wanted if phrase and not missing_words([phrase]))
        self._threads = threads
        self._decoder = _make_decoder(self._phrases) if self._phrases else None
        self._one_at_a_time = threading.Lock()

    @property
    def engine(self) -> str:
        """The name that its transcripts carry."""
        return ENGINE

    @property
    def longest_s(self) -> float:
        """The longest utterance it wants to be given, in seconds."""
        return LONGEST_S

    async def transcribe(self, utterance: AudioTrack) -> Transcript:
        """`spot`, in the thread pool."""
        return await self._threads.run(self.spot, utterance)

    def spot(self, utterance: AudioTrack) -> Transcript:
        """The phrases that were said, in order of time, with nothing in between.

        It is heard also when no phrase was found: somebody spoke, and what else was said is not known.
        """
        words = tuple(word for phrase in self._find(utterance) for word in phrase)
        return Transcript(Hearing.HEARD, ENGINE, " ".join(word.text for word in words), LANGUAGE, words)

    async def check(self) -> str:
        """How many phrases it listens for, and which words it cannot spell."""
        cannot = f" Not in its dictionary: {', '.join(self._missing)}." if self._missing else ""
        return f"The phrase spotter listens for {len(self._phrases)} phrases.{cannot}"

    async def close(self) -> None:
        """It holds nothing."""

    def _find(self, utterance: AudioTrack) -> list[tuple[Word, ...]]:
        if self._decoder is None:
            return []
        with self._one_at_a_time:
            self._decoder.start_utt()
            self._decoder.process_raw(_pad(utterance).tobytes(), no_search=False, full_utt=True)
            self._decoder.end_utt()
            found = sorted((seg.start_frame, seg.end_frame, seg.word.strip()) for seg in self._decoder.seg() or ())
        origin_s = utterance.start_s - PADDING_S
        end_s = utterance.start_s + utterance.duration_s
        phrases: list[tuple[Word, ...]] = []
        for first, last, phrase in found:
            said_at_s = min(max(origin_s + first / _FRAMES_PER_S, utterance.start_s), end_s)
            until_s = min(max(origin_s + (last + 1) / _FRAMES_PER_S, said_at_s), end_s)
            phrases.append(spread_words(phrase, said_at_s, until_s - said_at_s))
        return phrases


def _pad(utterance: AudioTrack) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """The sound with half a second of the same faint noise on both sides: without it the first word is often missed."""
    length = round(PADDING_S * utterance.rate_hz)
    noise = np.random.default_rng(0).normal(0.0, _NOISE_LEVEL, length).astype(np.int16)
    return np.concatenate([noise, utterance.samples, noise])


def _make_decoder(phrases: Iterable[str]) -> pocketsphinx.Decoder:
    """A decoder that knows these phrases and, to save memory, only their words."""
    phrases = tuple(phrases)
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
