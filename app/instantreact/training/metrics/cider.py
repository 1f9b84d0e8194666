"""CIDEr-D: agreement in n-grams that are rare elsewhere (Vedantam, Zitnick & Parikh 2015, arXiv:1411.5726)."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instantreact.training.metrics.ngrams import NGram, Words, count_ngrams

ORDERS = 4
_SIGMA = 6.0


@dataclass(frozen=True)
class WeightedSentence:
    """A sentence's n-grams weighted by rarity, one mapping and norm for each order."""

    weights: tuple[Mapping[NGram, float], ...]
    norms: tuple[float, ...]
    bigrams: int  # COCO's implementation takes these for the sentence's length


class CiderD:
    """CIDEr-D against some of these references; how rare an n-gram is, is counted over all of them."""

    def __init__(self, references: Sequence[Sequence[Words]]) -> None:
        self._frequencies = Counter(gram for own in references for gram in _grams_of_any(own))
        self._log_count = math.log(len(references))

    def weigh(self, words: Words) -> WeightedSentence:
        """A sentence as `score` takes it; to be kept where it is compared often."""
        return _weigh(words, self._frequencies, self._log_count)

    def score(self, candidate: WeightedSentence, references: Sequence[WeightedSentence]) -> float:
        """The score, 0..10, of one sentence against its references."""
        return 10 * float(np.mean([_similarity(candidate, reference) for reference in references]))


def cider_d(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> NDArray[np.float64]:
    """CIDEr-D (N,) of each candidate, 0..10; how rare an n-gram is, is counted over these references."""
    metric = CiderD(references)
    pairs = zip(candidates, references, strict=True)
    return np.array([metric.score(metric.weigh(words), [metric.weigh(each) for each in own]) for words, own in pairs])


def _grams_of_any(sentences: Sequence[Words]) -> set[NGram]:
    return {gram for words in sentences for order in range(1, ORDERS + 1) for gram in count_ngrams(words, order)}


def _weigh(words: Words, frequencies: Mapping[NGram, int], log_count: float) -> WeightedSentence:
    weights = tuple(
        {
            gram: count * (log_count - math.log(max(1, frequencies.get(gram, 0))))
            for gram, count in count_ngrams(words, order).items()
        }
        for order in range(1, ORDERS + 1)
    )
    norms = tuple(math.sqrt(sum(weight**2 for weight in of_order.values())) for of_order in weights)
    return WeightedSentence(weights, norms, max(0, len(words) - 1))


def _similarity(candidate: WeightedSentence, reference: WeightedSentence) -> float:
    closeness = math.exp(-((candidate.bigrams - reference.bigrams) ** 2) / (2 * _SIGMA**2))
    cosines = [
        _clipped_cosine(
            candidate.weights[order], reference.weights[order], candidate.norms[order] * reference.norms[order]
        )
        for order in range(ORDERS)
    ]
    return closeness * sum(cosines) / ORDERS


def _clipped_cosine(candidate: Mapping[NGram, float], reference: Mapping[NGram, float], norms: float) -> float:
    dot = sum(min(weight, reference.get(gram, 0.0)) * reference.get(gram, 0.0) for gram, weight in candidate.items())
    return dot / norms if norms else dot
