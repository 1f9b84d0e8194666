"""Fits a phrasing: how sure words are, on descriptions of clips that the captioner never saw."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

import numpy as np

from instantreact.domain.concepts import ConceptWords
from instantreact.domain.mention import mentions
from instantreact.inference.captioner import Description
from instantreact.inference.lexicon import Lexicon, Part
from instantreact.inference.phrasing import (
    LEAST_WORDS,
    Phrasing,
    Sureness,
    heard_words,
    log_odds,
    told_words,
    triples_of,
)
from instantreact.inference.shortener import Shortener
from instantreact.training.captioner.clips import CaptionedClip
from instantreact.training.captioner.config import PhrasingOptions
from instantreact.training.captioner.logistic import fit_logistic

_RIDGE = 1e-2


def fit_phrasing(
    options: PhrasingOptions,
    concepts: ConceptWords,
    train: Sequence[CaptionedClip],
    unseen: Sequence[CaptionedClip],
    descriptions: Sequence[Description],
) -> Phrasing:
    """Fit a phrasing to what captioners say of clips that they never saw; priors and triples are of `train`.

    A part of which the descriptions never speak may not be left out: it has no sureness.
    """
    lexicon = options.lexicon
    triples = {triple for clip in train for text in clip.captions for triple in triples_of(text)}
    priors = _priors(train, lexicon)
    rows: dict[Part, list[tuple[float, float, bool]]] = {}
    for clip, description in zip(unseen, descriptions, strict=True):
        known = {word for caption in clip.captions for word in told_words(caption, lexicon)}
        for word, share in heard_words(description.hypotheses, lexicon).items():
            part = lexicon.part_of_stem(word)
            if part is not None and part in options.least:
                rows.setdefault(part, []).append((log_odds(share), log_odds(priors.get(word, 0.0)), word in known))
    return Phrasing(
        lexicon=lexicon,
        sureness={part: _fit(np.array(rows[part], np.float64), options.least[part]) for part in sorted(rows)},
        priors={word: round(share, 5) for word, share in sorted(priors.items())},
        plain=_plain_sentences(train, concepts, lexicon, triples),
        triples=tuple(sorted(triples)),
    )


def _plain_sentences(
    clips: Sequence[CaptionedClip], concepts: ConceptWords, lexicon: Lexicon, triples: Set[str]
) -> tuple[str, ...]:
    """What is left of most captions that mention the same concepts, some at least, and say what happens, the most
    frequent first. Of footage without any of them nothing can be said that is true of all of it.
    """
    shortener = Shortener(lexicon)
    counts = Counter(short for clip in clips for text in clip.captions for short in shortener.shorten(text))
    found: dict[tuple[bool, ...], str] = {}
    for text, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        reads_well = len(text.split()) >= LEAST_WORDS and set(triples_of(text)) <= triples
        if reads_well and lexicon.says_what_happens(text):
            mentioned = tuple(mentions(text, words) is not None for words in concepts.values())
            if any(mentioned):
                found.setdefault(mentioned, text)
    return tuple(found.values())


def _priors(train: Sequence[CaptionedClip], lexicon: Lexicon) -> Mapping[str, float]:
    counts = Counter(
        word for clip in train for word in {word for caption in clip.captions for word in told_words(caption, lexicon)}
    )
    return {word: count / len(train) for word, count in counts.items()}


def _fit(rows: np.ndarray, least: float) -> Sureness:
    """From rows of log-odds among samples, log-odds in training, and whether it was right."""
    slopes, offset = np.split(np.asarray(fit_logistic(rows[:, :2], rows[:, 2], ridge=_RIDGE)), [2])
    return Sureness(share=float(slopes[0]), prior=float(slopes[1]), offset=float(offset[0]), least=least)
