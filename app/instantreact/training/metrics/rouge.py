"""ROUGE-L: the longest common subsequence (Lin 2004), combined as in the COCO caption evaluation."""

from collections.abc import Sequence

from instantreact.training.metrics.ngrams import Words

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
