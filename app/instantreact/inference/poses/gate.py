"""Whether somebody may have fallen, by the detector's boxes alone: only then it is worth looking at people's poses.

docs/falls.md says the same in words. Who falls ends lower: the top of their box drops, or, where looks are rare, the
detector, which overlooks who lies, may lose them before it has seen that. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from instantreact.domain.observation import Box, Detection

BEFORE_S = 1.0
"""Looks so long before a window count, too: a camera may be looked at once a second."""
_DROP = 0.3  # of a body's height, by which the top of its box is lower than it was
_REACH = 1.0  # heights of the box by which the middle of somebody's box may move between two looks
_GAP_S = 2.0  # for so long somebody may be unseen
_EDGE = 0.02  # of the picture: who was last seen so near to its edge may have left
_RARE_S = 0.4  # between two looks: much of a fall takes place unseen
_TALL = 0.8  # the 0.8 quantile of the heights of a box is the body's


@dataclass(frozen=True)
class PeopleSeen:
    """The people on one picture, by their boxes; `aspect` is how much wider than high the picture is."""

    time_s: float
    aspect: float
    people: tuple[Detection, ...]


@dataclass(eq=False)
class _Somebody:
    times_s: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def see(self, time_s: float, box: Box) -> None:
        self.times_s.append(time_s)
        self.boxes.append(box)

    @property
    def last(self) -> Box:
        return self.boxes[-1]


def may_fall(looks: Iterable[PeopleSeen]) -> bool:
    """Whether somebody may fall in the time of these looks, which are in the order of time."""
    seen = list(looks)
    if not any(look.people for look in seen):
        return False
    people = _follow(seen)
    if any(_drops(each) for each in people):
        return True
    return _are_rare(seen) and any(_lies(each, seen) or _is_lost(each, seen) for each in people)


def _are_rare(looks: Sequence[PeopleSeen]) -> bool:
    gaps = np.diff([look.time_s for look in looks])
    return len(gaps) == 0 or float(np.median(gaps)) > _RARE_S


def _follow(looks: Sequence[PeopleSeen]) -> list[_Somebody]:
    """The people of all looks: at each, the surest first, each goes on whom its box is nearest to."""
    known: list[_Somebody] = []
    for look in looks:
        for person in sorted(look.people, key=lambda each: -each.score):
            near = [
                (away, each)
                for each in known
                if 0 < look.time_s - each.times_s[-1] <= _GAP_S
                and (away := _distance(each.last, person.box, look.aspect)) <= _REACH
            ]
            if near:
                somebody = min(near, key=lambda each: each[0])[1]
            else:
                known.append(somebody := _Somebody())
            somebody.see(look.time_s, person.box)
    return known


def _distance(before: Box, now: Box, aspect: float) -> float:
    """Between the middles, in heights of the higher box."""
    across = (before.left + before.right - now.left - now.right) / 2 * aspect
    down = (before.top + before.bottom - now.top - now.bottom) / 2
    height = max(before.bottom - before.top, now.bottom - now.top)
    return float(np.hypot(across, down) / height) if height > 0 else float("inf")


def _drops(somebody: _Somebody) -> bool:
    """Whether the top of their box comes to be lower than it was at any look before."""
    tops = np.array([box.top for box in somebody.boxes])
    body = float(np.quantile([box.bottom - box.top for box in somebody.boxes], _TALL))
    return bool((tops - np.minimum.accumulate(tops)).max() >= _DROP * body)


def _lies(somebody: _Somebody, looks: Sequence[PeopleSeen]) -> bool:
    """Whether they come into sight wider than high, after the first look: they may have been overlooked standing."""
    first, box = somebody.times_s[0], somebody.boxes[0]
    return first > looks[0].time_s and (box.right - box.left) * looks[0].aspect >= box.bottom - box.top


def _is_lost(somebody: _Somebody, looks: Sequence[PeopleSeen]) -> bool:
    """Whether they, who were no single slip, are out of sight in the end, and were not at the picture's edge before."""
    box = somebody.last
    at_edge = min(box.left, box.top) <= _EDGE or max(box.right, box.bottom) >= 1 - _EDGE
    return len(somebody.boxes) > 1 and somebody.times_s[-1] < looks[-1].time_s and not at_edge
