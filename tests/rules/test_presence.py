"""Conditions on things: how many, where, for how long; nobody; over a line."""

from dataclasses import replace

import pytest

from instantreact.domain.camera import Point
from instantreact.domain.media import Window
from instantreact.domain.observation import Box, Detection, Observation, Passage, Presence, Stay, Thing, Trace, Way
from instantreact.domain.rule import (
    AbsenceCondition,
    CaptionCondition,
    Condition,
    Criteria,
    ObjectCondition,
    PassageCondition,
)
from instantreact.rules.match import ask_for, match, measure_condition
from tests.observations import make_observation


def thing(number: int, *stays: Stay, score: float = 0.8, passages: tuple[Passage, ...] = ()) -> Thing:
    return Thing(number, "person", score, stays or (Stay(None, 0.0, 100.0),), passages)


def seen(*things: Thing, traces: tuple[Trace, ...] = (), end_s: float = 100.0) -> Observation:
    presence = Presence(0.0, ("person", "knife"), things, traces)
    return replace(make_observation(), window=Window(0, end_s - 4.0, end_s), presence=presence)


def holds(condition: Condition, observation: Observation) -> bool:
    return match(Criteria((condition,)), observation) is not None


def test_object_counts_what_is_there_at_once() -> None:
    two = ObjectCondition("person", min_count=2)
    assert holds(two, seen(thing(1), thing(2)))
    assert not holds(two, seen(thing(1)))
    one_after_the_other = thing(1, Stay(None, 90.0, 97.0)), thing(2, Stay(None, 97.5, 100.0))
    assert not holds(two, seen(*one_after_the_other))


def test_object_asks_each_of_them_for_its_score_and_says_the_weakest_that_counts() -> None:
    observation = seen(thing(1, score=0.9), thing(2, score=0.6), thing(3, score=0.4))
    found = measure_condition(ObjectCondition("person", 0.5, min_count=2), observation)
    assert found is not None
    assert (found.score, found.count, found.what) == (0.6, 2, "person")
    assert not holds(ObjectCondition("person", 0.7, min_count=2), observation)
    assert holds(ask_for(ObjectCondition("person", 0.7, min_count=2), 0.55), observation)


def test_object_at_most_so_many() -> None:
    alone = ObjectCondition("person", min_count=1, max_count=1)
    assert holds(alone, seen(thing(1)))
    assert not holds(alone, seen(thing(1), thing(2)))
    assert not holds(alone, seen())


def test_object_in_a_zone_for_a_time() -> None:
    lingering = ObjectCondition("person", zone="till", for_s=10.0)
    assert holds(lingering, seen(thing(1, Stay(None, 0.0, 100.0), Stay("till", 85.0, 100.0))))
    assert not holds(lingering, seen(thing(1, Stay(None, 0.0, 100.0), Stay("till", 95.0, 100.0))))
    assert not holds(lingering, seen(thing(1)))
    both = ObjectCondition("person", zone="till", for_s=10.0, min_count=2)
    apart = thing(1, Stay("till", 70.0, 97.0)), thing(2, Stay("till", 88.0, 100.0))
    assert not holds(both, seen(*apart)), "the second had been there for nine seconds when the first left"


def test_absence_counts_from_the_last_sight_and_from_when_somebody_looked() -> None:
    nobody = AbsenceCondition("person", for_s=60.0, zone="desk")
    assert holds(nobody, seen(traces=(Trace("person", "desk", 39.0, 0.6), Trace("person", None, 99.0, 0.6))))
    assert not holds(nobody, seen(traces=(Trace("person", "desk", 41.0, 0.6),)))
    assert holds(nobody, seen(traces=(Trace("person", "desk", 41.0, 0.2),))), "too weak to be somebody"
    assert not holds(nobody, seen(end_s=59.0)), "nobody has looked for so long"
    measured = measure_condition(nobody, seen(end_s=30.0))
    assert measured is not None
    assert (measured.score, measured.for_s) == (0.5, 30.0)


def test_passage_of_a_zone_and_of_a_line() -> None:
    came = thing(1, passages=(Passage("till", Way.ENTER, 98.0),))
    assert holds(PassageCondition("person", Way.ENTER, "till"), seen(came))
    assert holds(PassageCondition("person", None, "till"), seen(came))
    assert not holds(PassageCondition("person", Way.LEAVE, "till"), seen(came))
    assert not holds(PassageCondition("person", Way.ENTER, "till", min_count=2), seen(came))
    path = tuple(
        Detection("person", 0.8, Box(x - 0.1, 0.2, x + 0.1, 0.5), 96.0 + at, 1)
        for at, x in enumerate((0.3, 0.45, 0.55, 0.7))
    )
    line = Point(0.5, 1.0), Point(0.5, 0.0)
    observation = replace(seen(thing(1)), detections=path)
    assert holds(PassageCondition("person", Way.RIGHT, line=line), observation)
    assert not holds(PassageCondition("person", Way.LEFT, line=line), observation)


@pytest.mark.parametrize(
    "condition", [ObjectCondition("cat"), AbsenceCondition("cat", 1.0), PassageCondition("cat", zone="till")]
)
def test_nothing_is_said_of_what_nobody_looked_for(condition: Condition) -> None:
    assert measure_condition(condition, seen()) is None
    assert measure_condition(condition, make_observation()) is None


def test_things_go_together_with_captions() -> None:
    both = Criteria((CaptionCondition(("fighting",)), ObjectCondition("person", min_count=2)))
    found = match(both, seen(thing(1), thing(2)))
    assert found is not None
    assert [each.kind for each in found] == ["caption", "object"]
    assert match(both, seen(thing(1))) is None
