"""Which box goes on with which: by overlap, so that all of them together overlap as much as they can."""

import lap
import numpy as np

from instantreact.rules.tracking.motion import Vector


def overlap(known: Vector, seen: Vector, margins: Vector) -> Vector:
    """Intersection by union (K, N) of boxes (K, 4) and (N, 4), both widened by a margin (K,) of the known one."""
    grown = np.array([-1.0, -1.0, 1.0, 1.0]) * margins[:, None, None]
    one, other = known[:, None, :] + grown, seen[None, :, :] + grown
    width = np.minimum(one[..., 2], other[..., 2]) - np.maximum(one[..., 0], other[..., 0])
    height = np.minimum(one[..., 3], other[..., 3]) - np.maximum(one[..., 1], other[..., 1])
    common = np.clip(width, 0.0, None) * np.clip(height, 0.0, None)
    union = _area(one) + _area(other) - common
    return np.asarray(common / np.maximum(union, 1e-12), np.float64)


def assign(overlaps: Vector, least: float) -> list[tuple[int, int]]:
    """Pairs of a row and a column of (K, N) whose overlap is at least `least`, each of them once."""
    if not overlaps.size:
        return []
    _, columns, _ = lap.lapjv(1.0 - overlaps, extend_cost=True, cost_limit=1.0 - least)
    return [(row, int(column)) for row, column in enumerate(columns) if column >= 0]


def _area(boxes: Vector) -> Vector:
    return np.asarray((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]), np.float64)
