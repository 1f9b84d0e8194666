"""Runs of words, which several metrics count."""

from collections import Counter
from collections.abc import Sequence

Words = Sequence[str]
NGram = tuple[str, ...]


def count_ngrams(words: Words, order: int) -> Counter[NGram]:
    """How often each run of `order` words occurs."""
    return Counter(tuple(words[at : at + order]) for at in range(len(words) - order + 1))
