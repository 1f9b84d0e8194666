"""The pose estimator: a frame in, the people on it with their joints out."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images
from instantreact.domain.pose import JOINTS, Pose
from instantreact.inference.detector.preprocess import DetectorInput, Order, Placement, place
from instantreact.inference.poses.bundle import PosesBundle, load_poses_bundle
from instantreact.inference.session import open_described

Pictures = NDArray[np.int32]
"""The input, (1, height, width, 3)."""


class PoseEstimator:
    """Finds people and their joints; safe to use from several threads."""

    def __init__(self, bundle: PosesBundle, *, threads: int = 1) -> None:
        self.bundle = bundle
        self._session = open_described(bundle.path, bundle.graph, threads=threads)

    def estimate(self, frame: Images, time_s: float) -> list[Pose]:
        """Who is on an RGB frame (h, w, 3), of whatever size, the best first; without those too unsure to count."""
        pictures, placement = feed(frame, self.bundle.input)
        people = self._session.run({"pictures": pictures})["people"][0]
        aspect = frame.shape[1] / frame.shape[0]
        poses = [read_pose(person, placement, aspect, time_s) for person in people]
        least = self.bundle.fall.min_person
        return sorted((pose for pose in poses if pose.score >= least), key=lambda pose: -pose.score)


def feed(frame: Images, to: DetectorInput) -> tuple[Pictures, Placement]:
    """An RGB frame (h, w, 3) as the graph takes it, and which share of that it covers."""
    placed, placement = place(frame, to)
    ordered = placed[..., ::-1] if to.order is Order.BGR else placed
    return ordered[None].astype(np.int32), placement


def read_pose(person: NDArray[np.float32], placement: Placement, aspect: float, time_s: float) -> Pose:
    """One person of the graph's answer, in shares of the frame's height; the frame is `aspect` wider than high."""
    joints = person[: 3 * len(JOINTS)].reshape(-1, 3).astype(np.float64)
    x = joints[:, 1] / placement.width * aspect
    y = joints[:, 0] / placement.height
    return Pose(time_s, float(person[-1]), np.stack([x, y], axis=1), joints[:, 2])


def load_poses(folder: Path, *, threads: int = 1) -> PoseEstimator:
    """The estimator whose bundle lies in `folder`. Raises BundleMissing or BundleMismatch."""
    return PoseEstimator(load_poses_bundle(folder), threads=threads)
