"""METEOR with exact and stem matches only (Banerjee & Lavie 2005; parameters of Lavie & Agarwal 2007 for English).

It has no synonyms and no paraphrases, so its figures cannot be compared with published METEOR.
"""

from collections.abc import Sequence
from itertools import pairwise

from instantreact.domain.mention import stem
from instantreact.training.metrics.ngrams import Words

_ALPHA, _BETA, _GAMMA = 0.9, 3.0, 0.5


def meteor_exact_stem(candidate: Words, references: Sequence[Words]) -> float:
    """The score, 0..1, against the reference that suits the candidate best."""
    return max(_score(candidate, reference) for reference in references)


def mean_meteor_exact_stem(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> float:
    """The mean over all candidates."""
    scores = [meteor_exact_stem(words, own) for words, own in zip(candidates, references, strict=True)]
    return sum(scores) / len(scores)


def _score(candidate: Words, reference: Words) -> float:
    pairs = _align(candidate, reference)
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(candidate), len(pairs) / len(reference)
    mean = precision * recall / (_ALPHA * precision + (1 - _ALPHA) * recall)
    return mean * (1 - _GAMMA * float((_count_chunks(pairs) / len(pairs)) ** _BETA))


def _align(candidate: Words, reference: Words) -> list[tuple[int, int]]:
    """Pairs of positions, each used once, first of equal words and then of equal stems, in the candidate's order."""
    pairs: dict[int, int] = {}
    for alike in (_same, _same_stem):
        for at, word in enumerate(candidate):
            if at not in pairs:
                free = [other for other in range(len(reference)) if other not in pairs.values()]
                matching = [other for other in free if alike(word, reference[other])]
                if matching:
                    pairs[at] = _continuing(pairs.get(at - 1), matching)
    return sorted(pairs.items())


def _continuing(last: int | None, matching: Sequence[int]) -> int:
    """The match that continues the run of the word before, or else the first one."""
    return last + 1 if last is not None and last + 1 in matching else matching[0]


def _same(first: str, second: str) -> bool:
    return first == second


def _same_stem(first: str, second: str) -> bool:
    return stem(first) == stem(second)


def _count_chunks(pairs: Sequence[tuple[int, int]]) -> int:
    """Runs of matches that lie next to each other in both sentences."""
    breaks = sum((at + 1, other + 1) != following for (at, other), following in pairwise(pairs))
    return breaks + 1
