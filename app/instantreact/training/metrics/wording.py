"""Whether captions say what is there: the words of each part that no annotator has, and how many people are counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from instantreact.inference.lexicon import Lexicon, Part
from instantreact.inference.phrasing import told_words


@dataclass(frozen=True)
class PartScores:
    """How captions speak of one part of a picture.

    spoken     share of the captions that speak of it
    right      share of those in which every word of it is borne out
    unheard    share of its words that none of the clip's captions has
    wrong      the same, but a general word is borne out by any word of its group: `room` by `restaurant`
    """

    spoken: float
    right: float
    unheard: float
    wrong: float


@dataclass(frozen=True)
class Wording:
    """How far captions say what is there, by part; nothing is measured of a part that none speaks of.

    people_within_one  share of captions that count as many people as the clip's captions do, or one more or less; the
                       median of those is what they do
    different          how many sentences there are among the captions
    words              of a caption, on average
    """

    parts: dict[Part, PartScores]
    people_within_one: float
    different: int
    words: float


def measure_wording(captions: Sequence[str], references: Sequence[Sequence[str]], lexicon: Lexicon) -> Wording:
    """Measure captions against the references of each. Raises ValueError without any."""
    if not captions:
        raise ValueError("there are no captions to measure")
    pairs = list(zip(captions, references, strict=True))
    return Wording(
        parts={part: scores for part in Part if (scores := _measure_part(part, pairs, lexicon)) is not None},
        people_within_one=fmean(_counts_within_one(caption, own, lexicon) for caption, own in pairs),
        different=len(set(captions)),
        words=fmean(len(caption.split()) for caption in captions),
    )


def _measure_part(part: Part, pairs: Sequence[tuple[str, Sequence[str]]], lexicon: Lexicon) -> PartScores | None:
    found: Counter[str] = Counter()
    for caption, references in pairs:
        said = [word for kind, word in lexicon.parts(caption) if kind is part]
        if said:
            known = {word for reference in references for _, word in lexicon.parts(reference)}
            told = {word for reference in references for word in told_words(reference, lexicon)}
            wrong = [word for word in said if word not in told]
            unheard = sum(word not in known for word in said)
            found.update(captions=1, words=len(said), wrong=len(wrong), unheard=unheard, right=not wrong)
    if not found:
        return None
    return PartScores(
        spoken=found["captions"] / len(pairs),
        right=found["right"] / found["captions"],
        unheard=found["unheard"] / found["words"],
        wrong=found["wrong"] / found["words"],
    )


def _counts_within_one(caption: str, references: Sequence[str], lexicon: Lexicon) -> bool:
    return abs(lexicon.count_people(caption) - median(map(lexicon.count_people, references))) <= 1
