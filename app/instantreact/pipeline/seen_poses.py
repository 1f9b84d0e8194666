"""How the people of one stream or clip move, as far as that was looked at; and what it comes to for a window."""

from collections import deque
from collections.abc import Sequence

from instantreact.domain.media import Glance, Window
from instantreact.domain.observation import Detection
from instantreact.domain.pose import Pose
from instantreact.inference.poses.deployed import DeployedPoses

PERSON = "person"
SOMEBODY_S = 4.0
"""For so long after somebody was seen somebody may still be there: who lies on the floor is often overlooked."""
_LEAST_SCORE = 0.2
"""Of a detection for somebody to be there: to look in vain costs little."""
_KEPT_S = 60.0
"""A slow model describes a window long after it."""


class SeenPoses:
    """Looks and judgements are one thread's, in the order of the footage; `wants` may be asked from others.

    finds_people  whether a detector says when somebody is there; without one somebody may be there at any time
    """

    def __init__(self, deployed: DeployedPoses, *, finds_people: bool) -> None:
        self._deployed = deployed
        self._finds_people = finds_people
        self._somebody_s: float | None = None
        self._poses: deque[Pose] = deque()

    def note(self, time_s: float, detections: Sequence[Detection]) -> None:
        """What the detector saw at a time."""
        if any(each.label == PERSON and each.score >= _LEAST_SCORE for each in detections):
            self._somebody_s = time_s

    def wants(self, time_s: float) -> bool:
        """Whether somebody may be there to look at."""
        somebody_s = self._somebody_s
        return not self._finds_people or (somebody_s is not None and time_s - somebody_s <= SOMEBODY_S)

    def look(self, glance: Glance) -> None:
        """Take the next picture."""
        found = self._deployed.look(glance)
        self._poses.extend(found)
        if found:
            self._somebody_s = glance.time_s
        while self._poses and self._poses[0].time_s < glance.time_s - _KEPT_S:
            self._poses.popleft()

    def score_within(self, window: Window) -> dict[str, float]:
        """What is scored by how people moved in the window."""
        inside = (pose for pose in self._poses if window.start_s <= pose.time_s <= window.end_s)
        return self._deployed.score(inside, window.end_s)
