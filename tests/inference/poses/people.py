"""People drawn by their joints, as they move."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from instantreact.domain.pose import Pose
from instantreact.inference.concepts import Calibration
from instantreact.inference.poses.falls import FallOptions

OPTIONS = FallOptions(calibration=Calibration(slope=10, offset=-3))
_STANDING = np.array(
    [
        *[(0.0, -0.45), (-0.02, -0.47), (0.02, -0.47), (-0.04, -0.46), (0.04, -0.46)],  # nose, eyes, ears
        *[(-0.1, -0.32), (0.1, -0.32), (-0.13, -0.15), (0.13, -0.15), (-0.13, 0.0), (0.13, 0.0)],  # arms
        *[(-0.07, 0.0), (0.07, 0.0), (-0.07, 0.25), (0.07, 0.25), (-0.07, 0.5), (0.07, 0.5)],  # legs
    ]
)
"""x and y from the middle of the hips, in body lengths."""


def stand(time_s: float, x: float = 0.5, feet: float = 0.8, *, length: float = 0.4, score: float = 0.8) -> Pose:
    """Somebody upright whose feet are at that height of the frame."""
    return lie(time_s, x, feet - 0.5 * length, turned_deg=0, length=length, score=score)


def lie(
    time_s: float, x: float, hips: float, *, turned_deg: float = 90, length: float = 0.4, score: float = 0.8
) -> Pose:
    """Somebody turned about their hips, which are at that height of the frame."""
    turned = math.radians(turned_deg)
    turn = np.array([[math.cos(turned), -math.sin(turned)], [math.sin(turned), math.cos(turned)]])
    return Pose(time_s, score, _STANDING @ turn.T * length + np.array([x, hips]), np.full(17, 0.7))


def sit(time_s: float, x: float = 0.5, feet: float = 0.8, *, length: float = 0.4) -> Pose:
    """Somebody on a chair: hips as high as the knees, which come forward."""
    pose = stand(time_s, x, feet, length=length)
    points = pose.points + np.array([0, 0.22 * length])
    points[13:] = pose.points[13:] + np.array([0.2 * length, 0])
    return Pose(time_s, pose.score, points, pose.scores)


def film(move: Callable[[float], Sequence[Pose]], until_s: float = 4.0) -> list[Pose]:
    """What is seen four times a second."""
    return [pose for look in range(round(until_s * 4)) for pose in move(look / 4)]


def fall(time_s: float, x: float = 0.5, *, feet: float = 0.8, length: float = 0.4, at_s: float = 1.6) -> Pose:
    """Upright at first, on the floor 0.8 s after `at_s`."""
    done = min(1.0, max(0.0, (time_s - at_s) / 0.8))
    return lie(
        time_s, x + 0.3 * length * done, feet - length * (0.5 - 0.44 * done), turned_deg=90 * done, length=length
    )
