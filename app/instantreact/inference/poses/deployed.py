"""The pose estimator of a running service: loaded once, and never needed for the rest to work."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from instantreact.domain.capabilities import BundleKind, LoadedBundle
from instantreact.domain.media import Glance, GlancePlan
from instantreact.domain.pose import Pose
from instantreact.errors import PosesUnavailable
from instantreact.inference.loader import OptionalLoader
from instantreact.inference.poses.estimator import PoseEstimator, PosePicture, load_poses
from instantreact.inference.poses.falls import score_fall
from instantreact.inference.poses.lying import score_lying


@dataclass(frozen=True)
class DeployedPoses:
    """A pose estimator with what the service needs of it."""

    estimator: PoseEstimator

    @property
    def every_s(self) -> float:
        """How often it looks, in seconds, where there is anybody to see."""
        return self.estimator.bundle.fall.every_s

    def plan(self, every_s: float) -> GlancePlan:
        """Pictures as large as it can use, so often."""
        fed = self.estimator.bundle.input
        return GlancePlan(every_s, fed.width, fed.height)

    @property
    def loaded(self) -> LoadedBundle:
        """What rules may ask for."""
        bundle = self.estimator.bundle
        words = {name: bundle.concepts.words[name] for name in bundle.concepts.names}
        return LoadedBundle(bundle.name, bundle.version, words, bundle.concepts.version, kind=BundleKind.POSES)

    def prepare(self, glance: Glance) -> PosePicture:
        """A picture as it can be kept to be looked at later."""
        return self.estimator.prepare(glance.image, glance.time_s)

    def look(self, picture: PosePicture) -> list[Pose]:
        """Who is in a picture, and how they stand, sit or lie."""
        return self.estimator.find(picture)

    def score(self, poses: Iterable[Pose], end_s: float) -> dict[str, float]:
        """The concepts that it scores, by the poses of a window that ends then: `fall`, and `lying`."""
        bundle, seen = self.estimator.bundle, list(poses)
        scores = {"fall": score_fall(seen, bundle.fall)}
        if bundle.lying is not None:
            scores["lying"] = score_lying(seen, end_s, bundle.fall, bundle.lying)
        return scores


class PosesLoader(OptionalLoader[DeployedPoses]):
    """The pose estimator's.

    opens_late  whether its graph is opened when it is first needed: it may not be for a clip in which nobody can fall
    """

    name = "poses"
    unavailable = PosesUnavailable
    off = "INSTANTREACT_POSES is off: falls and who lies are not told by how people move."

    def __init__(self, path: Path | None = None, *, threads: int = 1, opens_late: bool = False) -> None:
        super().__init__(path)
        self._threads = threads
        self._opens_late = opens_late

    def _load(self, path: Path) -> DeployedPoses:
        return DeployedPoses(load_poses(path, threads=self._threads, opens_late=self._opens_late))
