"""What one person's body does on one frame: joints, with their places and scores. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

JOINTS = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
"""COCO's key points, in COCO's order."""

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pose:
    """One person's joints on the frame of one time.

    points  (17, 2): x and y of each joint, both in shares of the frame's *height*, so that distances may be compared
    scores  (17,): how sure the model is of each joint, 0..1
    score   how sure it is of the person, 0..1
    """

    time_s: float
    score: float
    points: Points
    scores: Points
