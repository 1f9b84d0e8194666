"""ByteTrack (Zhang and others, 2022), of things of one label.

As published, in two stages: boxes with a high score go on with what is known, and those with a low one with what is
left of it, for who is half hidden scores low. Two things differ, because a camera is looked at four times a second and
not thirty: time is what passed, not frames, and boxes are widened by as far as somebody goes meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np

from instantreact.rules.tracking.association import assign, overlap
from instantreact.rules.tracking.motion import BoxMotion, Vector

_PACE, _WIDEST = 0.4, 0.3
"""By how much of its height a box is widened for each second that passed, and at most."""
_FIRST_OVERLAP, _SECOND_OVERLAP, _NEW_OVERLAP = 0.2, 0.5, 0.3
_SAME_OVERLAP = 0.85


@dataclass(frozen=True)
class TrackingLimits:
    """high    a score that goes on with what is known
    begins  a score that begins something
    low     a score that goes on with what is left
    lost_s  for how long something may be unseen and still be the same
    """

    high: float = 0.3
    begins: float = 0.4
    low: float = 0.1
    lost_s: float = 10.0


class FollowState(Enum):
    """Whether something was seen now, is not certain yet, or is missed."""

    NEW = auto()
    SEEN = auto()
    LOST = auto()


@dataclass(eq=False)
class Followed:
    """One thing that is followed. It has a number once it is certain."""

    motion: BoxMotion
    first_s: float
    last_s: float
    state: FollowState = FollowState.NEW
    number: int | None = None

    def margin(self, now_s: float) -> float:
        """How far it may have gone."""
        return self.motion.height * min(_WIDEST, _PACE * (now_s - self.last_s))


@dataclass(eq=False)
class ByteTracker:
    """Follows things of one label; `numbers` gives those that are certain their numbers.

    Boxes are left, top, right, bottom in heights of the picture, so that they are no wider than they look.
    """

    limits: TrackingLimits
    numbers: Iterator[int]
    _followed: list[Followed] = field(default_factory=list)
    _time_s: float | None = None

    def see(self, time_s: float, boxes: Vector, scores: Sequence[float]) -> list[Followed | None]:
        """What each box of the next frame is one sight of; None for none. Times ascend."""
        is_first, passed_s = self._time_s is None, time_s - (self._time_s or 0.0)
        for each in () if is_first else self._followed:
            each.motion.predict(passed_s, is_lost=each.state is FollowState.LOST)
        self._time_s = time_s
        found: list[Followed | None] = [None] * len(scores)
        high = [at for at, score in enumerate(scores) if score >= self.limits.high]
        low = [at for at, score in enumerate(scores) if self.limits.low <= score < self.limits.high]
        certain = [each for each in self._followed if each.state is not FollowState.NEW]
        left, high = self._go_on(certain, high, boxes, found, _FIRST_OVERLAP)
        seen = [each for each in left if each.state is FollowState.SEEN]
        missed, _ = self._go_on(seen, low, boxes, found, _SECOND_OVERLAP)
        new = [each for each in self._followed if each.state is FollowState.NEW]
        gone, high = self._go_on(new, high, boxes, found, _NEW_OVERLAP)
        for each in missed:
            each.state = FollowState.LOST
        self._followed = [each for each in self._followed if each not in gone]
        for at in (at for at in high if scores[at] >= self.limits.begins):
            found[at] = self._begin(boxes[at], is_certain=is_first)
        self._forget()
        return found

    def _go_on(
        self,
        known: list[Followed],
        offered: list[int],
        boxes: Vector,
        found: list[Followed | None],
        least: float,
    ) -> tuple[list[Followed], list[int]]:
        """Go on with what overlaps; what is left of both."""
        if not known or not offered:
            return known, offered
        now_s = self._time_s or 0.0
        margins = np.array([each.margin(now_s) for each in known])
        pairs = assign(overlap(np.stack([each.motion.corners for each in known]), boxes[offered], margins), least)
        for row, column in pairs:
            found[offered[column]] = known[row]
            self._correct(known[row], boxes[offered[column]])
        rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
        return (
            [each for row, each in enumerate(known) if row not in rows],
            [at for column, at in enumerate(offered) if column not in columns],
        )

    def _correct(self, followed: Followed, box: Vector) -> None:
        followed.motion.correct(box)
        followed.last_s, followed.state = self._time_s or 0.0, FollowState.SEEN
        if followed.number is None:
            followed.number = next(self.numbers)

    def _begin(self, box: Vector, *, is_certain: bool) -> Followed:
        """Something new; what is there from the start is certain, the rest once it is seen again."""
        begun = Followed(BoxMotion(box), self._time_s or 0.0, self._time_s or 0.0)
        if is_certain:
            begun.state, begun.number = FollowState.SEEN, next(self.numbers)
        self._followed.append(begun)
        return begun

    def _forget(self) -> None:
        """Let go of what is missed for too long, and of the newer of two that are the same."""
        oldest_s = (self._time_s or 0.0) - self.limits.lost_s
        kept = [each for each in self._followed if each.state is not FollowState.LOST or each.last_s >= oldest_s]
        seen = [each for each in kept if each.state is FollowState.SEEN]
        lost = [each for each in kept if each.state is FollowState.LOST]
        twice: set[int] = set()
        if seen and lost:
            missed, there = (np.stack([each.motion.corners for each in part]) for part in (lost, seen))
            same = np.argwhere(overlap(missed, there, np.zeros(len(lost))) > _SAME_OVERLAP)
            twice = {
                id(min(lost[row], seen[column], key=lambda each: each.last_s - each.first_s)) for row, column in same
            }
        self._followed = [each for each in kept if id(each) not in twice]
