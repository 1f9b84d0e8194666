"""When a detector looks at a camera, and what that comes to: while something moves, or where rules need it, always.

A look is taken in the model's thread, in the order of a camera's pictures, and before the window that it lies in is
described.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from instantreact.domain.media import Glance
from instantreact.domain.rule import (
    Criteria,
    ObjectCondition,
    PassageCondition,
    PresenceCondition,
    asks_in_stillness,
    asks_who_lies,
    presence_conditions,
)
from instantreact.pipeline.following import Following

STILL_S = 2.0
"""Between two looks while nothing moves: absence and dwell are no matter of less."""
_EARLY_S = 0.02
"""A camera's pictures come a little early or late."""
_UNASKED_S, _COUNTED_S, _FOLLOWED_S = 1.0, 0.5, 0.25


@dataclass(frozen=True)
class LookDemand:
    """How often a camera must be looked at: every so many seconds while something moves, and while nothing does.

    The boxes of alerts' pictures alone need one look a second; None for none. `who_lies`: whether a rule asks for that.
    """

    moving_s: float = _UNASKED_S
    still_s: float | None = None
    who_lies: bool = False


def find_demand(asked: Iterable[Criteria]) -> LookDemand:
    """What the rules that watch a camera need."""
    asked = list(asked)
    moving_s = min((_find_every(each) for rule in asked for each in presence_conditions(rule)), default=_UNASKED_S)
    still_s = STILL_S if any(asks_in_stillness(rule) for rule in asked) else None
    return LookDemand(moving_s, still_s, any(asks_who_lies(rule) for rule in asked))


def _find_every(condition: PresenceCondition) -> float:
    """To know who is who takes more looks than to count."""
    is_followed = isinstance(condition, PassageCondition) or (
        isinstance(condition, ObjectCondition) and condition.for_s
    )
    return _FOLLOWED_S if is_followed else _COUNTED_S


@dataclass(frozen=True, eq=False)
class LiveGlance:
    """A picture that waits to be looked at; `then` is called in the model's thread once it was.

    at_things  whether a detector looks
    at_poses   whether somebody looks at how people move
    """

    glance: Glance
    following: Following
    then: Callable[[], None] | None = None
    at_things: bool = True
    at_poses: bool = False

    def look(self) -> None:
        """Do it."""
        self.following.look([self.glance], at_things=self.at_things, at_poses=self.at_poses)
        if self.then is not None:
            self.then()


class Glancing:
    """Decides which pictures of one connection are looked at."""

    def __init__(self, demand: Callable[[], LookDemand]) -> None:
        self._demand = demand
        self._looked_s: float | None = None

    @property
    def looked_s(self) -> float | None:
        """The time of the last picture that is looked at."""
        return self._looked_s

    def wants(self, time_s: float, *, is_moving: bool) -> bool:
        """Whether the picture of this time is to be looked at; ask once for each, in order."""
        demand = self._demand()
        every_s = demand.moving_s if is_moving else demand.still_s
        if every_s is None or (self._looked_s is not None and time_s < self._looked_s + every_s - _EARLY_S):
            return False
        self._looked_s = time_s
        return True
