"""SSD's priors, and boxes as offsets from them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from instantreact.inference.detector.preprocess import Boxes

CENTRE_VARIANCE = 0.1
SIZE_VARIANCE = 0.2
"""What offsets are divided by, so that the network learns them all equally well."""

Priors = NDArray[np.float32]
"""Centre x, centre y, width and height in shares of the input, (priors, 4)."""


def make_priors(sides: Sequence[int], scales: Sequence[float], ratios: Sequence[Sequence[float]]) -> Priors:
    """The priors of maps with `sides` cells a side: by map, row, column, then the square, the extra square, each ratio,
    each inverse. Their centres, widths and heights are cut off at 1, as in the tutorial that this follows.
    """
    following = [*scales[1:], 1.0]
    maps = [
        _priors_of_map(side, scale, (scale * larger) ** 0.5, ratio)
        for side, scale, larger, ratio in zip(sides, scales, following, ratios, strict=True)
    ]
    return np.clip(np.concatenate(maps), 0, 1).astype(np.float32)


def count_shapes(ratios: Sequence[float]) -> int:
    """How many priors a cell has."""
    return 2 + 2 * len(ratios)


def to_corners(priors: NDArray[np.float32]) -> Boxes:
    """Centre and size, (n, 4), to left, top, right and bottom."""
    half = priors[:, 2:] / 2
    return np.concatenate([priors[:, :2] - half, priors[:, :2] + half], axis=1)


def encode(boxes: Boxes, priors: Priors) -> NDArray[np.float32]:
    """Boxes (n, 4) as offsets from priors (n, 4), one each."""
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-6)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    moved = (centre - priors[:, :2]) / (priors[:, 2:] * CENTRE_VARIANCE)
    grown = np.log(size / priors[:, 2:]) / SIZE_VARIANCE
    return np.concatenate([moved, grown], axis=1).astype(np.float32)


def _priors_of_map(side: int, scale: float, extra: float, ratios: Sequence[float]) -> NDArray[np.float64]:
    stretched = [*ratios, *(1 / ratio for ratio in ratios)]
    shapes = [(scale, scale), (extra, extra), *((scale * r**0.5, scale / r**0.5) for r in stretched)]
    centres = (np.arange(side) + 0.5) / side
    rows, columns = np.meshgrid(centres, centres, indexing="ij")
    cells = np.stack([columns, rows], axis=-1)[:, :, None].repeat(len(shapes), axis=2)
    sizes = np.broadcast_to(np.array(shapes), (side, side, len(shapes), 2))
    return np.concatenate([cells, sizes], axis=-1).reshape(-1, 4)
