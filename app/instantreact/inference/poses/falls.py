"""Falls by geometry: people are followed by their hips; who ends up lower, and not upright, has fallen. Pure.

docs/falls.md says the same in words; whoever changes one changes both, and the version of the bundle's concept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from instantreact.domain.pose import JOINTS, Pose
from instantreact.inference.bundle import ManifestPart
from instantreact.inference.concepts import Calibration

Place = NDArray[np.float64]
"""x and y in shares of the frame's height."""

_HIPS = [JOINTS.index("left_hip"), JOINTS.index("right_hip")]
_SHOULDERS = [JOINTS.index("left_shoulder"), JOINTS.index("right_shoulder")]
UNKNOWN_UPRIGHT = 0.5


class FallOptions(ManifestPart):
    """How falls are scored.

    every_s      how often people are looked at
    min_person   from which score on a person counts
    min_joint    from which score on a joint counts
    reach        how far hips may be from where they were at the last look, in body lengths, to be the same person's
    gap_s        for how long a person may be unseen
    least_looks  on how many looks a person must be seen to be judged
    least_s      for how long
    calibration  makes a probability of the fall that was measured, in body lengths
    """

    every_s: float = Field(default=0.25, gt=0)
    min_person: float = Field(default=0.2, gt=0, lt=1)
    min_joint: float = Field(default=0.2, gt=0, lt=1)
    reach: float = Field(default=0.75, gt=0)
    gap_s: float = Field(default=1.0, gt=0)
    least_looks: int = Field(default=4, ge=2)
    least_s: float = Field(default=1.0, gt=0)
    calibration: Calibration


@dataclass(eq=False)
class Figure:
    """One person, look after look.

    hips     where they were
    lengths  how long the body seemed
    trunks   from the hips to the shoulders; not a number where no shoulder was seen
    flats    how flat the body seemed: the width of all joints by their width plus height
    """

    times_s: list[float] = field(default_factory=list)
    hips: list[Place] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    trunks: list[Place] = field(default_factory=list)
    flats: list[float] = field(default_factory=list)

    def see(self, pose: Pose, hips: Place, shoulders: Place | None, min_joint: float) -> None:
        """The person at another time, later than those before."""
        width, height = np.ptp(pose.points[pose.scores >= min_joint], axis=0)
        self.times_s.append(pose.time_s)
        self.hips.append(hips)
        self.lengths.append(find_length(pose, min_joint))
        self.flats.append(float(width / (width + height)))
        self.trunks.append(np.full(2, np.nan) if shoulders is None else shoulders - hips)

    @property
    def body(self) -> float:
        """How long the body is: nearly the longest that it seemed, for bent ones seem shorter and slips longer."""
        return float(np.quantile(self.lengths, 0.8))


def score_fall(poses: Iterable[Pose], options: FallOptions) -> float:
    """The probability, 0..1, that somebody falls in the window that these poses are of."""
    calibration = options.calibration
    return float(1 / (1 + np.exp(-(calibration.slope * find_fall(poses, options) + calibration.offset))))


def find_fall(poses: Iterable[Pose], options: FallOptions) -> float:
    """The greatest of everybody's falls, in body lengths; 0 where nobody falls, or is there."""
    figures = follow(poses, options)
    return max([0.0, *(measure_fall(each) for each in figures if is_judged(each, options))])


def is_judged(figure: Figure, options: FallOptions) -> bool:
    """Whether a person was seen often and long enough to say anything."""
    return len(figure.times_s) >= options.least_looks and figure.times_s[-1] - figure.times_s[0] >= options.least_s


def measure_fall(figure: Figure) -> float:
    """By how much a person's hips have dropped, in body lengths, less for whom is upright in the end."""
    return max(0.0, measure_drop(figure)) * (1 - find_upright(figure))


def find_upright(figure: Figure) -> float:
    """How upright the trunk is in the last third of the time of a person: 1 for one who sits, stands or walks."""
    trunks, times_s = np.array(figure.trunks), np.array(figure.times_s)
    last = np.isfinite(trunks[:, 0]) & (times_s >= times_s[-1] - (times_s[-1] - times_s[0]) / 3)
    whole = measure_trunk(figure)
    if not last.any() or whole == 0:
        return UNKNOWN_UPRIGHT
    return float(np.clip(-trunks[last, 1].mean() / whole, 0, 1))


def measure_trunk(figure: Figure) -> float:
    """How long the trunk of a person is; 0 where it was never seen."""
    lengths = np.linalg.norm(np.array(figure.trunks), axis=1)
    seen = lengths[np.isfinite(lengths)]
    return float(np.quantile(seen, 0.8)) if len(seen) else 0.0


def measure_drop(figure: Figure) -> float:
    """Mean height of the hips in the first third of the time of a person, minus that in the last, in body lengths."""
    return float(measure_way(figure)[1])


def measure_way(figure: Figure) -> Place:
    """From where the hips of a person were in the first third of the time to where in the last, in body lengths."""
    times_s, hips = np.array(figure.times_s), np.array(figure.hips)
    third = (times_s[-1] - times_s[0]) / 3
    before, after = times_s <= times_s[0] + third, times_s >= times_s[-1] - third
    return np.asarray((hips[after].mean(axis=0) - hips[before].mean(axis=0)) / figure.body)


def follow(poses: Iterable[Pose], options: FallOptions) -> list[Figure]:
    """The people of all looks: at each, the surest first, each goes on whom its hips are nearest to."""
    figures: list[Figure] = []
    for pose in sorted(poses, key=lambda each: (each.time_s, -each.score)):
        hips, shoulders = (find_middle(pose, joints, options.min_joint) for joints in (_HIPS, _SHOULDERS))
        if pose.score >= options.min_person and hips is not None and find_length(pose, options.min_joint) > 0:
            figure = _find_nearest(figures, pose.time_s, hips, options)
            if figure is None:
                figures.append(figure := Figure())
            figure.see(pose, hips, shoulders, options.min_joint)
    return figures


def _find_nearest(figures: Sequence[Figure], time_s: float, hips: Place, options: FallOptions) -> Figure | None:
    near: list[tuple[float, Figure]] = []
    for figure in figures:
        away = float(np.linalg.norm(hips - figure.hips[-1])) / figure.body
        if 0 < time_s - figure.times_s[-1] <= options.gap_s and away <= options.reach:
            near.append((away, figure))
    return min(near, key=lambda each: each[0])[1] if near else None


def find_middle(pose: Pose, joints: Sequence[int], min_joint: float) -> Place | None:
    """The middle of those of the joints that are seen; None where none is."""
    seen = [joint for joint in joints if pose.scores[joint] >= min_joint]
    return np.asarray(pose.points[seen].mean(axis=0)) if seen else None


def find_length(pose: Pose, min_joint: float) -> float:
    """The greatest distance between two joints that are seen: upright, from the head to the ankles."""
    seen = pose.points[pose.scores >= min_joint]
    return float(np.linalg.norm(seen[:, None] - seen[None], axis=2).max()) if len(seen) > 1 else 0.0
