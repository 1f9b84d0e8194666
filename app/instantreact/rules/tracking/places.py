"""Where a thing stands, and which way it goes over a line. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from instantreact.domain.camera import Point
from instantreact.domain.observation import Box, Way

_EDGE = 1e-4


def find_foot(box: Box) -> Point:
    """The middle of its lower edge, within the picture: who is cut off by the edge stands just inside."""
    return Point(_within((box.left + box.right) / 2), _within(box.bottom))


def is_inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a polygon encloses a point: a ray from it crosses an odd number of sides."""
    inside = False
    for one, other in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (one.y > point.y) is not (other.y > point.y):
            crosses_at = one.x + (point.y - one.y) / (other.y - one.y) * (other.x - one.x)
            inside ^= point.x < crosses_at
    return inside


def find_way_over(line: tuple[Point, Point], path: Sequence[Point]) -> Way | None:
    """Which way a path leads over a line, all in all: one that comes back has not passed it."""
    net = sum(_cross(line, before, after) for before, after in pairwise(path))
    if net == 0:
        return None
    return Way.RIGHT if net > 0 else Way.LEFT


def _cross(line: tuple[Point, Point], before: Point, after: Point) -> int:
    """1 where a step goes to the right of the line, -1 to its left, 0 where it does not cross it."""
    start, end = line
    was, now = _side(start, end, before), _side(start, end, after)
    if was is now or _side(before, after, start) is _side(before, after, end):
        return 0
    return 1 if now else -1


def _side(start: Point, end: Point, point: Point) -> bool:
    """Whether a point is to the right of a line, as one looks along it; y grows downwards."""
    return (end.x - start.x) * (point.y - start.y) - (end.y - start.y) * (point.x - start.x) > 0


def _within(share: float) -> float:
    return min(max(share, _EDGE), 1 - _EDGE)
