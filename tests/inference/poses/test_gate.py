"""Who falls is looked at, by whatever their box tells of it; who stands, walks or leaves is not."""

from collections.abc import Callable

import pytest

from instantreact.domain.observation import Box, Detection
from instantreact.inference.poses.gate import PeopleSeen, may_fall

STANDING, LYING = Box(0.4, 0.3, 0.5, 0.8), Box(0.3, 0.7, 0.7, 0.82)
See = Callable[[float], Box | None]


def look_at(*people: See, every_s: float = 0.25) -> list[PeopleSeen]:
    looks = []
    for at in range(round(4 / every_s) + 1):
        boxes = [box for see in people if (box := see(at * every_s))]
        seen = tuple(Detection("person", 0.8, box, at * every_s) for box in boxes)
        looks.append(PeopleSeen(at * every_s, 16 / 9, seen))
    return looks


def shift(box: Box, right: float = 0.0, down: float = 0.0) -> Box:
    return Box(box.left + right, box.top + down, box.right + right, box.bottom + down)


def walk(time_s: float) -> Box:
    return shift(STANDING, 0.1 * time_s, 0.02 * (time_s % 0.5))


@pytest.mark.parametrize("every_s", [0.25, 1.0])
@pytest.mark.parametrize(
    "see",
    [lambda time_s: STANDING if time_s < 2 else LYING, lambda time_s: shift(STANDING, 0, 0.17 * (time_s > 2))],
    ids=["drops", "sinks"],
)
def test_falls_open_the_gate(see: See, every_s: float) -> None:
    assert may_fall(look_at(see, every_s=every_s))
    assert may_fall(look_at(walk, see, every_s=every_s))


@pytest.mark.parametrize(
    "see",
    [lambda time_s: STANDING if time_s < 2 else None, lambda time_s: None if time_s < 2 else LYING],
    ids=["is overlooked from then on", "is seen lying only"],
)
def test_falls_that_are_not_seen_themselves_open_it_where_looks_are_rare(see: See) -> None:
    assert may_fall(look_at(see, every_s=1.0))
    assert not may_fall(look_at(see, every_s=0.25))


@pytest.mark.parametrize("every_s", [0.25, 1.0])
@pytest.mark.parametrize(
    "see",
    [
        lambda time_s: STANDING,
        walk,
        lambda time_s: None if 1 < time_s < 2.5 else STANDING,
        lambda time_s: shift(STANDING, 0.245 * time_s) if time_s < 2.1 else None,
        lambda time_s: LYING,
        lambda time_s: None,
    ],
    ids=["stands", "walks", "is overlooked for a while", "leaves at the edge", "lies all the time", "nobody"],
)
def test_others_do_not(see: See, every_s: float) -> None:
    assert not may_fall(look_at(see, every_s=every_s))


def test_two_who_stand_side_by_side_are_not_taken_for_one_another() -> None:
    assert not may_fall(look_at(walk, lambda time_s: shift(STANDING, -0.2, 0.1)))
