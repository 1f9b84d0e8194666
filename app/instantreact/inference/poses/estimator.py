"""The pose estimator: a frame in, the people on it with their joints out."""

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images
from instantreact.domain.pose import JOINTS, Pose
from instantreact.inference.detector.preprocess import DetectorInput, Order, Placement, place
from instantreact.inference.poses.bundle import PosesBundle, load_poses_bundle
from instantreact.inference.session import GraphSession, open_described

Pictures = NDArray[np.int32]
"""The input, (1, height, width, 3)."""


@dataclass(frozen=True, eq=False)
class PosePicture:
    """A frame as it is kept to be looked at: fitted into the graph's input, (height, width, 3), red first.

    placement  which share of the graph's input it covers
    aspect     how much wider than high the frame is
    """

    time_s: float
    image: Images
    placement: Placement
    aspect: float


class PoseEstimator:
    """Finds people and their joints; safe to use from several threads.

    opens_late  whether its graph is opened only when the first picture is looked at, which then raises BundleMismatch
    """

    def __init__(self, bundle: PosesBundle, *, threads: int = 1, opens_late: bool = False) -> None:
        self.bundle = bundle
        self._threads = threads
        self._lock = threading.Lock()
        self._session: GraphSession | None = None
        if not opens_late:
            self._open()

    def prepare(self, frame: Images, time_s: float) -> PosePicture:
        """What is needed of an RGB frame (h, w, 3), of whatever size."""
        placed, placement = place(frame, self.bundle.input)
        return PosePicture(time_s, placed, placement, frame.shape[1] / frame.shape[0])

    def find(self, picture: PosePicture) -> list[Pose]:
        """Who is on a picture, the best first; without those too unsure to count."""
        people = self._open().run({"pictures": feed(picture, self.bundle.input)})["people"][0]
        poses = [read_pose(person, picture) for person in people]
        least = self.bundle.fall.min_person
        return sorted((pose for pose in poses if pose.score >= least), key=lambda pose: -pose.score)

    def estimate(self, frame: Images, time_s: float) -> list[Pose]:
        """Who is on an RGB frame (h, w, 3)."""
        return self.find(self.prepare(frame, time_s))

    def _open(self) -> GraphSession:
        with self._lock:
            if self._session is None:
                self._session = open_described(self.bundle.path, self.bundle.graph, threads=self._threads)
            return self._session


def feed(picture: PosePicture, to: DetectorInput) -> Pictures:
    """A picture as the graph takes it."""
    ordered = picture.image[..., ::-1] if to.order is Order.BGR else picture.image
    return ordered[None].astype(np.int32)


def read_pose(person: NDArray[np.float32], picture: PosePicture) -> Pose:
    """One person of the graph's answer, in shares of the frame's height."""
    joints = person[: 3 * len(JOINTS)].reshape(-1, 3).astype(np.float64)
    x = joints[:, 1] / picture.placement.width * picture.aspect
    y = joints[:, 0] / picture.placement.height
    return Pose(picture.time_s, float(person[-1]), np.stack([x, y], axis=1), joints[:, 2])


def load_poses(folder: Path, *, threads: int = 1, opens_late: bool = False) -> PoseEstimator:
    """The estimator whose bundle lies in `folder`. Raises BundleMissing or BundleMismatch."""
    return PoseEstimator(load_poses_bundle(folder), threads=threads, opens_late=opens_late)
