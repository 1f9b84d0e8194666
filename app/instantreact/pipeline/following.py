"""Joins those that look at glances: what a detector sees is followed, and how people move is scored."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from instantreact.domain.camera import Zone
from instantreact.domain.media import Glance, GlancePlan, Window
from instantreact.domain.observation import Observation
from instantreact.inference.detector.deployed import DeployedDetector
from instantreact.inference.poses.deployed import DeployedPoses
from instantreact.pipeline.seen_poses import PERSON, SeenPoses
from instantreact.rules.tracking.things import ThingTracker


@dataclass(frozen=True, eq=False)
class Following:
    """The things and people of one stream or clip. Not safe to share between threads.

    detector  who looks for things, for the tracker; None for nobody
    poses     who looks at how people move; None for nobody
    """

    detector: DeployedDetector | None
    tracker: ThingTracker | None
    poses: DeployedPoses | None
    seen_poses: SeenPoses | None

    @classmethod
    def begin(
        cls,
        detector: DeployedDetector | None,
        poses: DeployedPoses | None,
        zones: Sequence[Zone] = (),
        *,
        asks_more: Callable[[], bool] = lambda: False,
    ) -> "Following | None":
        """Nothing was seen yet; None where nobody looks. `asks_more`: see SeenPoses."""
        if detector is None and poses is None:
            return None
        tracker = ThingTracker(detector.labels, zones, min_score=detector.min_score) if detector else None
        finds_people = detector is not None and PERSON in detector.labels
        seen = SeenPoses(poses, finds_people=finds_people, asks_more=asks_more) if poses else None
        return cls(detector, tracker, poses, seen)

    def plan(self, every_s: float) -> GlancePlan:
        """Pictures as large as any of them can use, so often."""
        plans = [each.plan(every_s) for each in (self.detector, self.poses) if each]
        return GlancePlan(every_s, max(plan.width for plan in plans), max(plan.height for plan in plans))

    def look(self, glances: Iterable[Glance], *, at_things: bool = True, at_poses: bool = True) -> None:
        """Take the next pictures, in the order of their times; people's poses are looked at when a window is judged."""
        for glance in glances:
            if at_things:
                self._detect(glance)
            if at_poses and self.seen_poses and self.seen_poses.wants(glance.time_s):
                self.seen_poses.keep(glance)

    def judge(self, window: Window) -> None:
        """Look at people's poses where the window needs that, before it is told, which then costs nothing."""
        if self.seen_poses:
            self.seen_poses.judge(window)

    def tell(self, observation: Observation) -> Observation:
        """The observation with what was there in its window, and the boxes of its picture among those that it has.

        What poses score takes the place of what the captioner says of the same concept.
        """
        window = observation.window
        if self.seen_poses:
            mine = self.seen_poses.concepts
            others = {name: score for name, score in observation.concepts.items() if name not in mine}
            observation = replace(observation, concepts=others | self.seen_poses.score_within(window))
        if self.tracker is None:
            return observation
        detections = self.tracker.detections_within(window, pictured_s=observation.pictured_s)
        return replace(observation, detections=detections, presence=self.tracker.presence_within(window))

    def _detect(self, glance: Glance) -> None:
        if self.detector is None or self.tracker is None:
            return
        detections = self.detector.look(glance)
        self.tracker.see(glance.time_s, detections, glance.aspect)
        if self.seen_poses:
            self.seen_poses.note(glance, detections)
