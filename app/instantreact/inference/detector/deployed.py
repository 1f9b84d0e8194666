"""The detector of a running service: loaded once, told what to look for, and never needed for the rest to work."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from instantreact.domain.capabilities import BundleKind, LoadedBundle
from instantreact.domain.media import Glance, GlancePlan
from instantreact.domain.nearest import ask_meant, find_nearest
from instantreact.domain.observation import Detection
from instantreact.errors import BundleMismatch, BundleMissing, DetectorUnavailable
from instantreact.inference.detector.detector import Detector, load_detector
from instantreact.inference.loader import RELOAD_S
from instantreact.logs import get_logger

USUAL_LABELS = (
    "person",
    "bicycle",
    "car",
    "motorcycle",
    "bus",
    "truck",
    "cat",
    "dog",
    "backpack",
    "handbag",
    "suitcase",
    "knife",
)
"""What a deployment looks for that says nothing else, as far as its bundle knows it."""
EVERYTHING = "all"
_LEAST_SCORE = 0.1
"""Boxes with less are of no use even for following."""

log = get_logger(__name__)


@dataclass(frozen=True)
class DeployedDetector:
    """A detector with what it is to look for, and from which score on that is told."""

    detector: Detector
    labels: tuple[str, ...]
    min_score: float

    def plan(self, every_s: float) -> GlancePlan:
        """Pictures as large as it can use, so often."""
        fed = self.detector.bundle.input
        return GlancePlan(every_s, fed.width, fed.height)

    @property
    def loaded(self) -> LoadedBundle:
        """What rules may ask for."""
        bundle = self.detector.bundle
        kind = BundleKind.DETECTOR
        return LoadedBundle(bundle.name, bundle.version, {}, 0, self.labels, self.min_score, kind)

    def look(self, glance: Glance) -> list[Detection]:
        """What a picture shows, down to scores that only help to follow things."""
        least = min(_LEAST_SCORE, self.min_score)
        return self.detector.detect([glance.image], [glance.time_s], min_score=least, labels=self.labels)


class DetectorLoader:
    """Loads the bundle in `path`, if there is one, when it is first asked for; a failed load is tried again later.

    labels  what is looked for; None for what is usual, `all` for whatever the bundle knows
    """

    def __init__(
        self, path: Path | None = None, *, labels: Sequence[str] | None = None, min_score: float = 0.3, threads: int = 1
    ) -> None:
        self._path = path
        self._wanted = None if labels is None else tuple(labels)
        self._min_score = min_score
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: DeployedDetector | None = None
        self._next_try_s = 0.0

    @property
    def is_off(self) -> bool:
        """Whether nobody wants one."""
        return self._path is None

    @property
    def loaded(self) -> DeployedDetector | None:
        """The detector if it is there already; costs nothing."""
        return self._loaded

    def get(self) -> DeployedDetector:
        """The detector. Raises DetectorUnavailable with what to do about it."""
        if self._path is None:
            raise DetectorUnavailable("INSTANTREACT_DETECTOR is off: nothing looks for things.")
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load(self._path)
            return self._loaded

    def find(self) -> DeployedDetector | None:
        """The detector, or None where there is none or its bundle cannot be loaded, which the log then says."""
        if self._loaded is not None:
            return self._loaded
        if self._path is None or time.monotonic() < self._next_try_s:
            return None
        try:
            return self.get()
        except DetectorUnavailable as error:
            self._next_try_s = time.monotonic() + RELOAD_S
            log.warning("detector.unavailable", reason=str(error))
            return None

    def _load(self, path: Path) -> DeployedDetector:
        try:
            detector = load_detector(path, threads=self._threads)
        except (BundleMissing, BundleMismatch) as error:
            raise DetectorUnavailable(str(error)) from error
        return DeployedDetector(detector, choose_labels(detector.labels, self._wanted), self._min_score)


def choose_labels(known: Sequence[str], wanted: Sequence[str] | None) -> tuple[str, ...]:
    """What to look for of what a bundle knows. Raises DetectorUnavailable for what it does not, with what is meant."""
    if wanted is None:
        return tuple(label for label in known if label in USUAL_LABELS) or tuple(known)
    if EVERYTHING in wanted:
        return tuple(known)
    unknown = [label for label in wanted if label not in known]
    if unknown:
        question = ask_meant(find_nearest(label, known) for label in unknown)
        raise DetectorUnavailable(
            f"INSTANTREACT_DETECTOR_LABELS names {', '.join(unknown)}, which the detector does not know.{question} It "
            f"knows {', '.join(known)}."
        )
    return tuple(dict.fromkeys(wanted))
