"""How well a probability tells clips that show something from those that do not.

Written out, for the bootstrap takes each measure 2000 times and scikit-learn's takes 50 to 80 times as long (85 clips:
AUC 1.3 ms against 0.016 ms, average precision 0.66 against 0.012).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Truth = NDArray[np.bool_]
Measure = Callable[[Scores, Truth], float]


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ReliabilityBin:
    """Clips whose probability lies in one range: how many, their mean probability, and the share that is true."""

    count: int
    predicted: float
    observed: float


def accuracy(scores: Scores, truth: Truth) -> float:
    """The share of clips on the right side of a probability of one half."""
    return float(np.mean((scores >= 0.5) == truth))


def auc(scores: Scores, truth: Truth) -> float:
    """The area under the ROC curve; equal scores count half. NaN where only one class is there."""
    positive, negative = scores[truth], scores[~truth]
    if not len(positive) or not len(negative):
        return float("nan")
    above = positive[:, None] > negative[None]
    equal = positive[:, None] == negative[None]
    return float(np.mean(above + 0.5 * equal))


def average_precision(scores: Scores, truth: Truth) -> float:
    """The mean, over the positive clips, of the precision at each one's score; NaN where there is none."""
    if not truth.any():
        return float("nan")
    positive, everything = np.sort(scores[truth]), np.sort(scores)
    found = len(positive) - np.searchsorted(positive, positive)  # positives scored at least so high
    raised = len(everything) - np.searchsorted(everything, positive)
    return float(np.mean(found / raised))


def recall_at_false_alarms(scores: Scores, truth: Truth, *, share: float = 0.05) -> float:
    """The share of positive clips found when at most `share` of the negative ones raise an alarm; NaN without both."""
    negative = np.sort(scores[~truth])[::-1]
    if not len(negative) or not truth.any():
        return float("nan")
    allowed = int(share * len(negative))
    threshold = negative[allowed] if allowed < len(negative) else -np.inf
    return float(np.mean(scores[truth] > threshold))


def brier(scores: Scores, truth: Truth) -> float:
    """The mean squared error of the probabilities (Brier 1950): 0 is perfect, 0.25 is always saying one half."""
    return float(np.mean((scores - truth) ** 2))


def expected_calibration_error(scores: Scores, truth: Truth) -> float:
    """The mean distance of predicted and observed share, over the bins of `reliability`, weighted by their size."""
    gaps = [bin_.count * abs(bin_.predicted - bin_.observed) for bin_ in reliability(scores, truth)]
    return float(sum(gaps) / len(scores))


def reliability(scores: Scores, truth: Truth, *, bins: int = 10) -> list[ReliabilityBin]:
    """The reliability curve over equal ranges of probability; empty ranges are left out."""
    indexes = np.minimum((scores * bins).astype(int), bins - 1)
    inside = [indexes == index for index in range(bins)]
    return [
        ReliabilityBin(int(mask.sum()), float(scores[mask].mean()), float(truth[mask].mean()))
        for mask in inside
        if mask.any()
    ]


def bootstrap_scenes(
    measure: Measure, scores: Scores, truth: Truth, scenes: Sequence[str], *, draws: int = 2000, seed: int = 0
) -> Interval:
    """A measure with its 95 % interval from `draws` samples of whole scenes, with replacement (Efron 1979).

    Draws in which the measure is not defined are left out.
    """
    random = np.random.default_rng(seed)
    names = sorted(set(scenes))
    members = [np.flatnonzero([scene == name for scene in scenes]) for name in names]
    values = []
    for _ in range(draws):
        drawn = np.concatenate([members[index] for index in random.integers(len(names), size=len(names))])
        values.append(measure(scores[drawn], truth[drawn]))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Interval(measure(scores, truth), float(low), float(high))
