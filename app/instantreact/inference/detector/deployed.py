"""The detector of a running service: loaded once, told what to look for, and never needed for the rest to work."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from instantreact.domain.capabilities import BundleKind, LoadedBundle
from instantreact.domain.media import Glance, GlancePlan
from instantreact.domain.nearest import ask_meant, find_nearest
from instantreact.domain.observation import Detection
from instantreact.errors import DetectorUnavailable
from instantreact.inference.detector.detector import Detector, load_detector
from instantreact.inference.loader import OptionalLoader

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


class DetectorLoader(OptionalLoader[DeployedDetector]):
    """The detector's.

    labels  what is looked for; None for what is usual, `all` for whatever the bundle knows
    """

    name = "detector"
    unavailable = DetectorUnavailable
    off = "INSTANTREACT_DETECTOR is off: nothing looks for things."

    def __init__(
        self, path: Path | None = None, *, labels: Sequence[str] | None = None, min_score: float = 0.3, threads: int = 1
    ) -> None:
        super().__init__(path)
        self._wanted = None if labels is None else tuple(labels)
        self._min_score = min_score
        self._threads = threads

    def _load(self, path: Path) -> DeployedDetector:
        detector = load_detector(path, threads=self._threads)
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
