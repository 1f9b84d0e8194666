"""Conditions on what was said: phrases, as heard or nearly so, and what the recogniser understood."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

from instantreact.domain.mention import stems, tokenize
from instantreact.domain.observation import Hearing, Meaning, Transcript, Word
from instantreact.domain.rule import Criteria, Evidence, MeaningCondition, MeaningKind, SpeechCondition

LONGEST_PAUSE_S = 2.0
"""Words further apart than this belong to no common phrase."""
LETTERS_PER_MISTAKE = 3
"""One letter in three may differ at most: "no" is not "go", whatever distance a rule allows."""


def match_speech(condition: SpeechCondition, transcript: Transcript) -> Evidence | None:
    """The phrase nearest to what was said, with the words that said it and their times; None when none is near enough.

    Words are compared by their stems and as they are, whichever is nearer; the distance is the number of letters
    (spaces between words, too: a recogniser joins and splits words) to insert, delete or replace, at most
    `max_distance` and at most a third of the phrase. The phrase may begin in the transcript's context; it ends in its
    words. The score is the share of the phrase's letters that agree.
    """
    if transcript.hearing is not Hearing.HEARD:
        return None
    said = list(_said(transcript))
    spoken = [found for phrase in condition.phrases for found in _find(phrase, said, condition.max_distance)]
    if not spoken:
        return None
    best = min(spoken, key=lambda found: (found.distance, found.words[-1].end_s))
    quote = " ".join(word.text for word in best.words)
    return Evidence("speech", best.phrase, best.score, quote, best.words[0].start_s, best.words[-1].end_s)


def match_meaning(condition: MeaningCondition, transcript: Transcript) -> Evidence | None:
    """The surest meaning of that kind, name and value, if it is sure enough; names and values ignore case.

    An entity's name is `name` or `name:role`. The quote are the words it was understood from.
    """
    if transcript.hearing is not Hearing.HEARD:
        return None
    understood = [
        meaning
        for meaning in _meanings(condition.meaning, transcript)
        if _is_called(condition, meaning) and meaning.confidence >= condition.min_confidence
    ]
    if not understood:
        return None
    best = max(understood, key=lambda meaning: meaning.confidence)
    start_s, end_s = _times(best, transcript)
    what = best.name if best.value is None else f"{best.name} = {best.value}"
    return Evidence("meaning", what, best.confidence, best.said or transcript.text, start_s, end_s)


def asks_about_speech(criteria: Criteria) -> bool:
    """Whether what was said can make a rule hold."""
    return any(isinstance(condition, SpeechCondition | MeaningCondition) for condition in criteria.conditions)


def keep_matched(transcript: Transcript, wanted: Iterable[Criteria]) -> Transcript:
    """Only the words of phrases that rules ask for and that were said; what it meant, and the rest, is dropped."""
    conditions = (condition for criteria in wanted for condition in criteria.conditions)
    found = [match_speech(condition, transcript) for condition in conditions if isinstance(condition, SpeechCondition)]
    spans = [(evidence.start_s, evidence.end_s) for evidence in found if evidence is not None]
    said = (*transcript.context, *transcript.words)
    words = tuple(word for word in said if any(start <= word.start_s and word.end_s <= end for start, end in spans))
    text = " ".join(word.text for word in words)
    return replace(transcript, text=text, words=words, context=(), intents=(), entities=(), traits=())


@dataclass(frozen=True)
class _Said:
    """One spoken word, compared by `stem` or `plain`; `ends` says that a phrase may end with it."""

    word: Word
    plain: str
    stem: str
    ends: bool


@dataclass(frozen=True)
class _Found:
    """A run of words near a phrase."""

    phrase: str
    words: tuple[Word, ...]
    distance: int
    score: float


def _said(transcript: Transcript) -> Iterator[_Said]:
    for words, ends in ((transcript.context, False), (transcript.words, True)):
        for word in words:
            for plain, stem in zip(tokenize(word.text), stems(word.text), strict=True):
                yield _Said(word, plain, stem, ends)


def _find(phrase: str, said: Sequence[_Said], max_distance: int) -> Iterator[_Found]:
    """Every run of words within the distance of `phrase`."""
    plain, stem = " ".join(tokenize(phrase)), " ".join(stems(phrase))
    if not plain:
        return
    limit = min(max_distance, len(plain) // LETTERS_PER_MISTAKE)
    for run in _runs(said, len(plain.split()), limit):
        as_heard = _distance((one.plain for one in run), plain, limit)
        distance = min(as_heard, _distance((one.stem for one in run), stem, limit))
        if distance <= limit and _unbroken(run):
            yield _Found(phrase, _words(run), distance, 1 - distance / len(plain))


def _runs(said: Sequence[_Said], words: int, limit: int) -> Iterator[Sequence[_Said]]:
    """Runs that a phrase of `words` words may fill: a space inserted or deleted makes one word more or less."""
    for end in (at + 1 for at, one in enumerate(said) if one.ends):
        for length in range(max(1, words - limit), min(end, words + limit) + 1):
            yield said[end - length : end]


def _distance(run: Iterable[str], phrase: str, limit: int) -> int:
    return int(Levenshtein.distance(" ".join(run), phrase, score_cutoff=limit))


def _unbroken(run: Sequence[_Said]) -> bool:
    return all(after.word.start_s - before.word.end_s <= LONGEST_PAUSE_S for before, after in pairwise(run))


def _words(run: Sequence[_Said]) -> tuple[Word, ...]:
    """The words of a run, each once: "don't-shoot" may have been one word of the recogniser's and two of ours."""
    return tuple(one.word for at, one in enumerate(run) if at == 0 or one.word is not run[at - 1].word)


def _meanings(kind: MeaningKind, transcript: Transcript) -> tuple[Meaning, ...]:
    match kind:
        case MeaningKind.INTENT:
            return transcript.intents
        case MeaningKind.ENTITY:
            return transcript.entities
        case MeaningKind.TRAIT:
            return transcript.traits


def _is_called(condition: MeaningCondition, meaning: Meaning) -> bool:
    name, wanted = meaning.name.casefold(), condition.name.casefold()
    named = wanted in (name, name.partition(":")[0])
    value = condition.value
    return named and (value is None or value.casefold() == (meaning.value or "").casefold())


def _times(meaning: Meaning, transcript: Transcript) -> tuple[float, float]:
    if meaning.start_s is not None and meaning.end_s is not None:
        return meaning.start_s, meaning.end_s
    words = transcript.words
    return (words[0].start_s, words[-1].end_s) if words else (0.0, 0.0)
