"""Runs of words, which several metrics count, and the two that count little else.

BLEU: clipped n-gram precision with a penalty for brevity (Papineni et al. 2002). ROUGE-L: the longest common
subsequence (Lin 2004), combined as in the COCO caption evaluation.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import reduce

Words = Sequence[str]
NGram = tuple[str, ...]

ORDERS = 4


def count_ngrams(words: Words, order: int) -> Counter[NGram]:
    """How often each run of `order` words occurs."""
    return Counter(tuple(words[at : at + order]) for at in range(len(words) - order + 1))


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


_BETA = 1.2  # recall counts this much more than precision, as COCO has it


def rouge_l(candidate: Words, references: Sequence[Words]) -> float:
    """ROUGE-L, 0..1, of one candidate: its best precision and its best recall over the references."""
    common = [_common_length(candidate, reference) for reference in references]
    if not candidate or max(common) == 0:
        return 0.0
    precision = max(common) / len(candidate)
    recall = max(length / len(reference) for length, reference in zip(common, references, strict=True) if reference)
    return (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)


def mean_rouge_l(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> float:
    """The mean over all candidates."""
    scores = [rouge_l(words, own) for words, own in zip(candidates, references, strict=True)]
    return sum(scores) / len(scores)


def _common_length(first: Words, second: Words) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(second) + 1)
    for word in first:
        before = 0
        for at, other in enumerate(second, start=1):
            above = row[at]
            row[at] = before + 1 if word == other else max(row[at], row[at - 1])
            before = above
    return row[-1]
