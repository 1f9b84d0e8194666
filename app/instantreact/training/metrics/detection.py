"""How well boxes are found: average precision as Pascal VOC counts it, with a bootstrap over pictures."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instantreact.inference.detector.nms import overlaps
from instantreact.inference.detector.preprocess import Boxes
from instantreact.training.metrics.recognition import Interval

Values = NDArray[np.float64]


@dataclass(frozen=True)
class FoundBoxes:
    """What a detector found in one picture: boxes (n, 4), numbers of their labels (n,), scores (n,)."""

    boxes: Boxes
    labels: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class TrueBoxes:
    """What is in one picture; finding or missing what is `ignored` (n,), difficult or a crowd, does not count."""

    boxes: Boxes
    labels: NDArray[np.int64]
    ignored: NDArray[np.bool_]


@dataclass(frozen=True)
class LabelFindings:
    """What of one label was found in all pictures, the best score first.

    scores, right, pictures  (n,): of each box that counts, whether it is right, and the number of its picture
    things                   (pictures,) how many there are to be found
    """

    scores: Values
    right: NDArray[np.bool_]
    pictures: NDArray[np.int64]
    things: NDArray[np.int64]


def match_found(
    found: Sequence[FoundBoxes], truth: Sequence[TrueBoxes], label: int, *, overlap: float = 0.5
) -> LabelFindings:
    """Judge the boxes of one label. In every picture, the best score first, a box is right where the thing that it
    overlaps most is overlapped by at least `overlap` and not found yet; where that thing is ignored, it does not count.
    """
    judged = [_judge(one, true, label, overlap) for one, true in zip(found, truth, strict=True)]
    scores = np.concatenate([scores for scores, _ in judged]) if judged else np.empty(0)
    right = np.concatenate([right for _, right in judged]) if judged else np.empty(0, bool)
    pictures = np.repeat(np.arange(len(judged)), [len(scores) for scores, _ in judged])
    things = [int(((true.labels == label) & ~true.ignored).sum()) for true in truth]
    order = np.argsort(-scores, kind="stable")
    return LabelFindings(scores[order], right[order], pictures[order], np.array(things, np.int64))


def precision_recall(matches: LabelFindings, weights: Values | None = None) -> tuple[Values, Values]:
    """Precision and recall (n,) down to each score; a picture counts as often as its weight says."""
    times = np.ones(len(matches.things)) if weights is None else weights
    each = times[matches.pictures]
    right, wrong = np.cumsum(each * matches.right), np.cumsum(each * ~matches.right)
    things = float(times @ matches.things)
    return right / np.maximum(right + wrong, 1e-12), right / max(things, 1e-12)


def by_11_points(precision: Values, recall: Values) -> float:
    """VOC2007's: the mean of the best precision at recalls of 0, 0.1 ... 1 or more."""
    best = [float(precision[recall >= least].max(initial=0)) for least in np.arange(11) / 10]
    return float(np.mean(best))


def by_area(precision: Values, recall: Values) -> float:
    """VOC2010's and later: the area below the best precision at each recall or more."""
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * best))


Average = Callable[[Values, Values], float]


def average_precision_of(matches: LabelFindings, average: Average, weights: Values | None = None) -> float:
    """One label's average precision; NaN where there is nothing of it, 0 where nothing of it was found."""
    times = np.ones(len(matches.things)) if weights is None else weights
    if not times @ matches.things:
        return float("nan")
    return average(*precision_recall(matches, weights))


def bootstrap_pictures(
    labels: Sequence[LabelFindings], average: Average, *, draws: int = 1000, seed: int = 0
) -> Interval:
    """The mean over labels that are there with its 95 % interval from `draws` samples of whole pictures, with
    replacement. Where some labels are rare, draws without them are means over the others.
    """
    labels = [matches for matches in labels if matches.things.any()]
    if not labels:
        return Interval(float("nan"), float("nan"), float("nan"))
    value = _mean(average_precision_of(matches, average) for matches in labels)
    count, random = len(labels[0].things), np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        weights = np.bincount(random.integers(count, size=count), minlength=count).astype(float)
        values.append(_mean(average_precision_of(matches, average, weights) for matches in labels))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def _judge(found: FoundBoxes, truth: TrueBoxes, label: int, overlap: float) -> tuple[Values, NDArray[np.bool_]]:
    """Scores and whether they are right, without the boxes that do not count."""
    mine, there = found.labels == label, truth.labels == label
    order = np.argsort(-found.scores[mine], kind="stable")
    boxes, scores = found.boxes[mine][order], found.scores[mine][order].astype(np.float64)
    if not there.any():
        return scores, np.zeros(len(scores), bool)
    shared = overlaps(boxes, truth.boxes[there])
    nearest, ignored = shared.argmax(axis=1), truth.ignored[there]
    right, counts, taken = np.zeros(len(boxes), bool), np.ones(len(boxes), bool), set()
    for index, thing in enumerate(nearest):
        if shared[index, thing] < overlap:
            continue
        if ignored[thing]:
            counts[index] = False
        elif thing not in taken:
            taken.add(thing)
            right[index] = True
    return scores[counts], right[counts]


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
