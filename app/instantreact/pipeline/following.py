"""Joins the detector and the tracker: what a detector sees in glances, followed, and told with an observation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from instantreact.domain.camera import Zone
from instantreact.domain.media import Glance
from instantreact.domain.observation import Observation
from instantreact.inference.detector.deployed import DeployedDetector
from instantreact.rules.tracking.things import ThingTracker


@dataclass(frozen=True, eq=False)
class Following:
    """The things of one stream or clip, as one detector sees them. Not safe to share between threads."""

    detector: DeployedDetector
    tracker: ThingTracker

    @classmethod
    def begin(cls, detector: DeployedDetector, zones: Sequence[Zone] = ()) -> "Following":
        """Nothing was seen yet."""
        return cls(detector, ThingTracker(detector.labels, zones, min_score=detector.min_score))

    def look(self, glances: Iterable[Glance]) -> None:
        """Take the next pictures, in the order of their times."""
        for glance in glances:
            self.tracker.see(glance.time_s, self.detector.look(glance), glance.aspect)

    def tell(self, observation: Observation) -> Observation:
        """The observation with what was there in its window, and the boxes of its picture among those that it has."""
        window = observation.window
        detections = self.tracker.detections_within(window, pictured_s=observation.pictured_s)
        return replace(observation, detections=detections, presence=self.tracker.presence_within(window))
