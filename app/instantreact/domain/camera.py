"""Cameras: states and what may be set for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CameraState(StrEnum):
    """Where the watching of a camera stands."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"
    STOPPED = "stopped"


@dataclass(frozen=True)
class CameraStanding:
    """A camera, as it stands now."""

    id: str
    name: str
    state: CameraState


@dataclass(frozen=True)
class Outage:
    """A time without pictures that is not over: since when, and whether people were told that the camera is lost."""

    since: datetime
    is_told: bool = False


class SpeechMode(StrEnum):
    """What may be done with a camera's sound: nothing, recognition on this machine, or by Wit.ai."""

    OFF = "off"
    LOCAL = "local"
    WIT = "wit"


@dataclass(frozen=True)
class SpeechBudget:
    """How much of one camera's sound may be sent to Wit.ai in a day (UTC); None: as much as there is."""

    utterances: int | None = None
    seconds: float | None = None

    def is_spent(self, utterances: int, seconds: float) -> bool:
        """Whether nothing is left once so much was sent."""
        return (self.utterances is not None and utterances >= self.utterances) or (
            self.seconds is not None and seconds >= self.seconds
        )


@dataclass(frozen=True)
class Point:
    """A corner of a polygon, as shares of the frame's width and height, 0..1."""

    x: float
    y: float


@dataclass(frozen=True)
class Zone:
    """A named polygon that a rule may ask about."""

    name: str
    polygon: tuple[Point, ...]


@dataclass(frozen=True)
class Mask:
    """A polygon that is blacked out for everybody."""

    polygon: tuple[Point, ...]


_LEAST_AREA = 1e-6
"""A pixel of a picture of a million."""
_STRAIGHT = 1e-12
"""What rounding makes of a way that goes straight on."""


def find_flaw(polygon: Sequence[Point]) -> str | None:
    """Why a polygon encloses nothing that could be meant, in words; None for a good one."""
    corners = [corner for corner, before in zip(polygon, (polygon[-1], *polygon), strict=False) if corner != before]
    if len(corners) < 3:
        return "has fewer than three different corners"
    if all(abs(_turn(corners[0], corners[1], corner)) < _STRAIGHT for corner in corners[2:]):
        return "has all its corners on one line"
    if _crosses_itself(corners):
        return "crosses or touches itself: name its corners in the order in which they follow each other"
    if abs(_area(corners)) < _LEAST_AREA:
        return "encloses less than a pixel"
    return None


def _area(corners: Sequence[Point]) -> float:
    """By the shoelace formula; below 0 for one that runs the other way round."""
    pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
    return sum(one.x * other.y - other.x * one.y for one, other in pairs) / 2


def _crosses_itself(corners: Sequence[Point]) -> bool:
    """Whether two sides meet elsewhere than at the corner that they share, or one doubles back on the one before."""
    sides = list(zip(corners, (*corners[1:], corners[0]), strict=True))
    last = len(sides) - 1
    for index, (start, end) in enumerate(sides):
        if _doubles_back(start, end, sides[(index + 1) % len(sides)][1]):
            return True
        others = sides[index + 2 : last if index == 0 else None]
        if any(_meet(start, end, other_start, other_end) for other_start, other_end in others):
            return True
    return False


def _turn(a: Point, b: Point, c: Point) -> float:
    """Above 0 where the way from `a` by `b` to `c` turns one way, below 0 the other, 0 where it goes straight on."""
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)


def _doubles_back(a: Point, b: Point, c: Point) -> bool:
    return abs(_turn(a, b, c)) < _STRAIGHT and (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y) < 0


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments from `a` to `b` and from `c` to `d` have a point in common."""
    if max(a.x, b.x) < min(c.x, d.x) or max(c.x, d.x) < min(a.x, b.x):
        return False
    if max(a.y, b.y) < min(c.y, d.y) or max(c.y, d.y) < min(a.y, b.y):
        return False
    return _turn(a, b, c) * _turn(a, b, d) <= 0 and _turn(c, d, a) * _turn(c, d, b) <= 0
