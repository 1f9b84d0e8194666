"""Non-maximum suppression: of boxes that show the same thing, the one with the best score stays."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from instantreact.inference.detector.preprocess import Boxes

Scores = NDArray[np.float32]
Indices = NDArray[np.intp]

MOST_CANDIDATES = 400
"""How many boxes of one label are compared with each other, the best first."""

MOST_KEPT = 200
"""How many boxes of one frame are kept, the best first."""


def overlaps(some: Boxes, others: Boxes) -> Scores:
    """Intersection over union of each of (n, 4) with each of (m, 4): (n, m). Boxes without an area overlap nothing."""
    corner = np.maximum(some[:, None, :2], others[None, :, :2])
    opposite = np.minimum(some[:, None, 2:], others[None, :, 2:])
    shared = np.clip(opposite - corner, 0, None).prod(axis=2)
    union = _areas(some)[:, None] + _areas(others)[None, :] - shared
    ratio: Scores = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return ratio


def suppress(boxes: Boxes, scores: Scores, overlap: float, *, most: int = MOST_CANDIDATES) -> Indices:
    """Which of boxes (n, 4) stay, the best first: none that overlaps a better one by more than `overlap`."""
    order = np.argsort(-scores, kind="stable")[:most]
    hides = overlaps(boxes[order], boxes[order]) > overlap
    stays = np.ones(len(order), bool)
    for index in range(len(order)):
        if stays[index]:
            stays[index + 1 :] &= ~hides[index, index + 1 :]
    return order[stays]


def suppress_by_label(
    boxes: Boxes,
    scores: Scores,
    *,
    min_score: float,
    overlap: float,
    labels: Collection[int] | None = None,
    most: int = MOST_KEPT,
) -> tuple[Indices, Indices]:
    """Which of boxes (n, 4) with scores (n, labels) stay, and as what: indices of boxes and of labels, the best first.

    Each label is looked at on its own; only `labels` where they are given. At most `most` boxes stay in all.
    """
    passes = scores >= min_score
    found: list[tuple[Indices, Indices]] = []
    for label in np.flatnonzero(passes.any(axis=0)):
        if labels is None or label in labels:
            likely = np.flatnonzero(passes[:, label])
            kept = likely[suppress(boxes[likely], scores[likely, label], overlap)]
            found.append((kept, np.full_like(kept, label)))
    if not found:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    rows, columns = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.argsort(-scores[rows, columns], kind="stable")[:most]
    return rows[order], columns[order]


def _areas(boxes: Boxes) -> Scores:
    areas: Scores = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    return areas
