"""Lying by geometry: who stays where they are, flat and not upright, lies. Pure.

docs/falls.md says the same in words; whoever changes one changes both, and the version of the bundle's concepts.
"""

from collections.abc import Iterable

import numpy as np
from pydantic import Field

from instantreact.domain.pose import Pose
from instantreact.inference.bundle import ManifestPart
from instantreact.inference.concepts import Calibration
from instantreact.inference.poses.falls import (
    UNKNOWN_UPRIGHT,
    FallOptions,
    Figure,
    follow,
    is_judged,
    measure_trunk,
    measure_way,
)


class LyingOptions(ManifestPart):
    """How lying is scored; people are followed as for falls.

    last_s       in how many seconds at the end of a window
    still        how far hips may go meanwhile, in body lengths
    calibration  makes a probability of how flat somebody lay
    """

    last_s: float = Field(default=2.0, gt=0)
    still: float = Field(default=0.5, gt=0)
    calibration: Calibration


def score_lying(poses: Iterable[Pose], end_s: float, people: FallOptions, options: LyingOptions) -> float:
    """The probability, 0..1, that somebody lies at the end of the window that these poses are of."""
    calibration = options.calibration
    flat = find_lying(poses, end_s, people, options)
    return float(1 / (1 + np.exp(-(calibration.slope * flat + calibration.offset))))


def find_lying(poses: Iterable[Pose], end_s: float, people: FallOptions, options: LyingOptions) -> float:
    """How flat the flattest lies who stays where they are; 0 where nobody does, or is there."""
    last = [pose for pose in poses if end_s - options.last_s <= pose.time_s <= end_s]
    judged = (figure for figure in follow(last, people) if is_judged(figure, people))
    return max((measure_lying(each) for each in judged if is_still(each, options)), default=0.0)


def is_still(figure: Figure, options: LyingOptions) -> bool:
    """Whether a person stays where they are."""
    return float(np.linalg.norm(measure_way(figure))) <= options.still


def measure_lying(figure: Figure) -> float:
    """How flat a body is, less the more upright its trunk: near 1 for one who lies across the picture."""
    trunks, whole = np.array(figure.trunks), measure_trunk(figure)
    upright = np.full(len(trunks), UNKNOWN_UPRIGHT)
    seen = np.isfinite(trunks[:, 0])
    if whole > 0:
        upright[seen] = np.clip(-trunks[seen, 1] / whole, 0, 1)
    return float((1 - upright.mean()) * np.mean(figure.flats))
