"""BLEU: clipped n-gram precision with a penalty for brevity (Papineni et al. 2002)."""

import math
from collections import Counter
from collections.abc import Sequence
from functools import reduce

from instantreact.training.metrics.ngrams import Words, count_ngrams

ORDERS = 4


def corpus_bleu(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> tuple[float, ...]:
    """BLEU-1 to BLEU-4, 0..1, over all candidates, each with its own references.

    The reference closest in length counts for brevity, the shorter one when two are equally close.
    """
    candidate_length = sum(len(words) for words in candidates)
    reference_length = sum(_closest_length(len(words), own) for words, own in zip(candidates, references, strict=True))
    if candidate_length == 0:
        return (0.0,) * ORDERS
    brevity = min(1.0, math.exp(1 - reference_length / candidate_length))
    precisions = [_precision(candidates, references, order) for order in range(1, ORDERS + 1)]
    return tuple(brevity * _geometric_mean(precisions[:order]) for order in range(1, ORDERS + 1))


def _precision(candidates: Sequence[Words], references: Sequence[Sequence[Words]], order: int) -> float:
    matched = total = 0
    for words, own in zip(candidates, references, strict=True):
        found = count_ngrams(words, order)
        most = reduce(Counter.__or__, (count_ngrams(reference, order) for reference in own))
        matched += (found & most).total()
        total += found.total()
    return matched / total if total else 0.0


def _closest_length(length: int, references: Sequence[Words]) -> int:
    return min((abs(len(reference) - length), len(reference)) for reference in references)[1]


def _geometric_mean(values: Sequence[float]) -> float:
    if min(values) == 0:
        return 0.0
    return math.exp(sum(math.log(value) for value in values) / len(values))
