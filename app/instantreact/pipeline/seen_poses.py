"""How the people of one stream or clip move, looked at where somebody may fall; and what it comes to for a window."""

from collections import deque
from collections.abc import Callable, Sequence, Set

from instantreact.domain.media import Glance, Window
from instantreact.domain.observation import Detection
from instantreact.domain.pose import Pose
from instantreact.inference.poses.deployed import DeployedPoses
from instantreact.inference.poses.estimator import PosePicture
from instantreact.inference.poses.gate import BEFORE_S, PeopleLook, may_fall

PERSON = "person"
SOMEBODY_S = 4.0
"""For so long after somebody was seen somebody may still be there: who lies on the floor is often overlooked."""
GATED = frozenset({"fall"})
"""What the detector's boxes foretell: where they speak against it there is none."""
_LEAST_SCORE = 0.2
"""Of a detection for somebody to be there: to look in vain costs little."""
_KEPT_S = 60.0
"""A slow model describes a window long after it."""
_MOST_PICTURES = 32
"""Kept, 6 MB: those of eight seconds. A camera's window waits two seconds at most before another takes its place."""


class SeenPoses:
    """Pictures are kept as they come, and looked at when a window is judged in which somebody may fall.

    All but `wants`, which may be asked from others, is one thread's, in the order of the footage.

    finds_people  whether a detector says when somebody is there; without one somebody may be there, and fall, at any
                  time
    asks_more     whether a rule asks for more than boxes can foretell: who lies. Then every window is looked at in
                  which somebody may be there
    """

    def __init__(
        self, deployed: DeployedPoses, *, finds_people: bool, asks_more: Callable[[], bool] = lambda: False
    ) -> None:
        self._deployed = deployed
        self._asks_more = asks_more
        self._finds_people = finds_people
        self._somebody_s: float | None = None
        self._people: deque[PeopleLook] = deque()
        self._pictures: deque[PosePicture] = deque(maxlen=_MOST_PICTURES)
        self._poses: deque[Pose] = deque()

    def note(self, glance: Glance, detections: Sequence[Detection]) -> None:
        """What the detector saw in a picture."""
        people = tuple(each for each in detections if each.label == PERSON and each.score >= _LEAST_SCORE)
        if people:
            self._somebody_s = glance.time_s
        self._people.append(PeopleLook(glance.time_s, glance.aspect, people))
        while self._people[0].time_s < glance.time_s - _KEPT_S:
            self._people.popleft()

    @property
    def concepts(self) -> Set[str]:
        """What is scored here, and by nobody else."""
        return self._deployed.score((), 0.0).keys()

    def wants(self, time_s: float) -> bool:
        """Whether somebody may be there to look at."""
        somebody_s = self._somebody_s
        return not self._finds_people or (somebody_s is not None and time_s - somebody_s <= SOMEBODY_S)

    def keep(self, glance: Glance) -> None:
        """Take the next picture."""
        self._pictures.append(self._deployed.prepare(glance))
        while self._poses and self._poses[0].time_s < glance.time_s - _KEPT_S:
            self._poses.popleft()

    def judge(self, window: Window) -> bool:
        """Look at what was kept of the window, if somebody may fall in it or more is asked for; whether that is so."""
        may = self._asks_more() or self._may_fall_in(window)
        if may:
            self._look_within(window)
        return may

    def score_within(self, window: Window) -> dict[str, float]:
        """What is scored by how people moved in the window.

        Where nobody can have fallen nobody has, as if nobody were there; of the rest nothing is known then.
        """
        if not self.judge(window):
            none = self._deployed.score((), window.end_s)
            return {name: score for name, score in none.items() if name in GATED}
        inside = (pose for pose in self._poses if window.start_s <= pose.time_s <= window.end_s)
        return self._deployed.score(inside, window.end_s)

    def _may_fall_in(self, window: Window) -> bool:
        """Where the detector sees nobody all the time, but did just before, it may overlook them."""
        looks = [each for each in self._people if window.start_s - BEFORE_S <= each.time_s <= window.end_s]
        return not any(look.people for look in looks) or may_fall(looks)

    def _look_within(self, window: Window) -> None:
        kept = deque[PosePicture](maxlen=_MOST_PICTURES)
        for picture in self._pictures:
            if not window.start_s <= picture.time_s <= window.end_s:
                kept.append(picture)
            elif found := self._deployed.look(picture):
                self._poses.extend(found)
                self._somebody_s = max(self._somebody_s or 0.0, picture.time_s)
        self._pictures = kept
