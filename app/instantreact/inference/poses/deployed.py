"""The pose estimator of a running service: loaded once, and never needed for the rest to work."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from instantreact.domain.capabilities import BundleKind, LoadedBundle
from instantreact.domain.media import Glance, GlancePlan
from instantreact.domain.pose import Pose
from instantreact.errors import BundleMismatch, BundleMissing, PosesUnavailable
from instantreact.inference.loader import RELOAD_S
from instantreact.inference.poses.estimator import PoseEstimator, load_poses
from instantreact.inference.poses.falls import score_fall
from instantreact.logs import get_logger

log = get_logger(__name__)


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

    def look(self, glance: Glance) -> list[Pose]:
        """Who is in a picture, and how they stand, sit or lie."""
        return self.estimator.estimate(glance.image, glance.time_s)

    def score(self, poses: Iterable[Pose]) -> dict[str, float]:
        """The concepts that it scores, by the poses of a window: `fall`."""
        return {"fall": score_fall(poses, self.estimator.bundle.fall)}


class PosesLoader:
    """Loads the bundle in `path`, if there is one, when it is first asked for; a failed load is tried again later."""

    def __init__(self, path: Path | None = None, *, threads: int = 1) -> None:
        self._path = path
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: DeployedPoses | None = None
        self._next_try_s = 0.0

    @property
    def is_off(self) -> bool:
        """Whether nobody wants one."""
        return self._path is None

    @property
    def loaded(self) -> DeployedPoses | None:
        """The estimator if it is there already; costs nothing."""
        return self._loaded

    def get(self) -> DeployedPoses:
        """The estimator. Raises PosesUnavailable with what to do about it."""
        if self._path is None:
            raise PosesUnavailable("INSTANTREACT_POSES is off: falls are not told by how people move.")
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load(self._path)
            return self._loaded

    def find(self) -> DeployedPoses | None:
        """The estimator, or None where there is none or its bundle cannot be loaded, which the log then says."""
        if self._loaded is not None:
            return self._loaded
        if self._path is None or time.monotonic() < self._next_try_s:
            return None
        try:
            return self.get()
        except PosesUnavailable as error:
            self._next_try_s = time.monotonic() + RELOAD_S
            log.warning("poses.unavailable", reason=str(error))
            return None

    def _load(self, path: Path) -> DeployedPoses:
        try:
            return DeployedPoses(load_poses(path, threads=self._threads))
        except (BundleMissing, BundleMismatch) as error:
            raise PosesUnavailable(str(error)) from error
