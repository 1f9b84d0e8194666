"""Which prior learns which object."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instantreact.inference.detector.nms import overlaps
from instantreact.inference.detector.preprocess import Boxes
from instantreact.training.detector.priors import Priors, encode, to_corners

BACKGROUND = 0


@dataclass(frozen=True)
class PriorTargets:
    """What every prior should say: its label's number plus one, or BACKGROUND, (priors,); and offsets (priors, 4)."""

    labels: NDArray[np.int64]
    offsets: NDArray[np.float32]


def match_priors(boxes: Boxes, labels: NDArray[np.int64], priors: Priors, *, overlap: float) -> PriorTargets:
    """Each object takes its best prior, whatever the overlap, no two the same; each other prior takes the object that
    it overlaps most, if by more than `overlap`, else it is background.
    """
    targets = np.full(len(priors), BACKGROUND, np.int64)
    if not len(boxes):
        return PriorTargets(targets, np.zeros((len(priors), 4), np.float32))
    shared = overlaps(boxes, to_corners(priors))  # (objects, priors)
    owner = shared.argmax(axis=0)
    matched = shared.max(axis=0) > overlap
    for thing, prior in _best_priors(shared):
        owner[prior], matched[prior] = thing, True
    targets[matched] = labels[owner[matched]] + 1
    return PriorTargets(targets, np.where(matched[:, None], encode(boxes[owner], priors), np.float32(0)))


def _best_priors(shared: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Pairs of object and prior: over and over the pair that overlaps most, of those that are free.

    Only a few priors of each object can be needed: as many as there are objects.
    """
    things = len(shared)
    candidates = np.unique(np.argsort(-shared, axis=1, kind="stable")[:, :things])
    left = shared[:, candidates].astype(np.float64)
    pairs = []
    for _ in range(min(things, len(candidates))):
        thing, column = np.unravel_index(int(left.argmax()), left.shape)
        pairs.append((int(thing), int(candidates[column])))
        left[thing, :], left[:, column] = -1, -1
    return pairs
