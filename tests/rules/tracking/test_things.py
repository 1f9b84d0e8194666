"""One who stands there for five minutes is one thing; zones, lines and absences."""

from collections.abc import Callable

import pytest

from instantreact.domain.camera import Point, Zone
from instantreact.domain.media import Window
from instantreact.domain.observation import Box, Detection, Way
from instantreact.rules.tracking.places import find_way_over, is_inside
from instantreact.rules.tracking.things import ThingTracker

TILL = Zone("till", (Point(0.5, 0.5), Point(1.0, 0.5), Point(1.0, 1.0), Point(0.5, 1.0)))
Place = Callable[[float], tuple[float, float] | None]


def person(x: float, foot: float, time_s: float, score: float = 0.8, label: str = "person") -> Detection:
    return Detection(label, score, Box(x - 0.04, foot - 0.3, x + 0.04, foot), time_s)


def watch(*places: Place, until_s: float, every_s: float = 0.25, score: float = 0.8) -> ThingTracker:
    tracker = ThingTracker(("person", "knife"), (TILL,))
    for at in range(round(until_s / every_s) + 1):
        time_s = at * every_s
        there = [where for place in places if (where := place(time_s))]
        tracker.see(time_s, [person(x, foot, time_s, score) for x, foot in there], 16 / 9)
    return tracker


def last_s(until_s: float, length_s: float = 4.0) -> Window:
    return Window(0, until_s - length_s, until_s)


def test_one_who_sits_still_for_five_minutes_is_one_thing_though_every_third_look_misses_them() -> None:
    tracker = watch(lambda s: None if round(s / 2) % 3 == 1 else (0.7, 0.9), until_s=300.0, every_s=2.0)
    presence = tracker.presence_within(last_s(300.0))
    assert presence is not None
    (thing,) = presence.things
    assert {stay.zone: (stay.since_s, stay.until_s) for stay in thing.stays} == {None: (0, 300), "till": (0, 300)}


def test_one_who_walks_through_a_zone_enters_and_leaves_it() -> None:
    tracker = watch(lambda s: (0.3 + 0.1 * s, 0.9 if s < 4 else 0.9 - 0.15 * (s - 4)), until_s=8.0)
    (thing,) = tracker.presence_within(Window(0, 0.0, 8.0)).things  # type: ignore[union-attr]
    assert [(each.way, each.zone) for each in thing.passages] == [(Way.ENTER, "till"), (Way.LEAVE, "till")]
    assert thing.passages[0].time_s == pytest.approx(2.0, abs=0.3)
    stay = next(stay for stay in thing.stays if stay.zone == "till")
    assert stay.until_s < thing.passages[1].time_s


def test_one_who_stands_on_the_edge_of_a_zone_neither_leaves_nor_enters_it_again_and_again() -> None:
    tracker = watch(lambda s: (0.49 if s > 2 and round(s * 4) % 2 else 0.52, 0.9), until_s=10.0)
    (thing,) = tracker.presence_within(Window(0, 0.0, 10.0)).things  # type: ignore[union-attr]
    assert thing.passages == ()
    assert next(stay for stay in thing.stays if stay.zone == "till").since_s == 0.0


def test_one_who_is_there_from_the_start_did_not_enter() -> None:
    (thing,) = watch(lambda _: (0.7, 0.9), until_s=4.0).presence_within(last_s(4.0)).things  # type: ignore[union-attr]
    assert thing.passages == ()


def test_detections_have_the_number_of_their_thing_and_weak_ones_are_not_told() -> None:
    tracker = watch(lambda _: (0.2, 0.9), lambda _: (0.7, 0.9), until_s=2.0)
    tracker.see(2.25, [person(0.2, 0.9, 2.25, 0.15), person(0.7, 0.9, 2.25)], 16 / 9)
    found = tracker.detections_within(Window(0, 2.25, 4.0))
    assert [each.score for each in found] == [0.8]
    assert {each.thing for each in tracker.detections_within(Window(0, 0.0, 2.0))} == {1, 2}


def test_traces_tell_when_something_was_seen_last_with_which_score() -> None:
    tracker = ThingTracker(("person",), (TILL,))
    for time_s, score in ((0.0, 0.9), (2.0, 0.5), (4.0, 0.3), (6.0, 0.5)):
        tracker.see(time_s, [person(0.7, 0.9, time_s, score)], 1.0)
    tracker.see(8.0, [], 1.0)
    presence = tracker.presence_within(last_s(8.0))
    assert presence is not None
    assert [(each.time_s, each.score) for each in presence.traces if each.zone == "till"] == [(0.0, 0.9), (6.0, 0.5)]


@pytest.mark.parametrize(("score", "told"), [(0.29, 0.29), (0.3, 0.3), (0.3499, 0.34), (0.12, 0.12), (0.09, None)])
def test_traces_say_no_more_than_was_seen_and_weak_ones_count_too(score: float, told: float | None) -> None:
    tracker = ThingTracker(("person",), min_score=0.9)
    tracker.see(1.0, [person(0.7, 0.9, 1.0, score)], 1.0)
    presence = tracker.presence_within(last_s(1.0))
    assert presence is not None
    assert ([each.score for each in presence.traces], presence.things) == ([told] if told else [], ())


def test_after_a_time_in_which_nobody_looked_absence_begins_anew() -> None:
    tracker = ThingTracker(("person",), ())
    tracker.see(0.0, [person(0.7, 0.9, 0.0)], 1.0)
    tracker.see(60.0, [], 1.0)
    presence = tracker.presence_within(last_s(60.0))
    assert presence is not None
    assert (presence.looked_since_s, presence.traces) == (60.0, ())
    assert tracker.presence_within(Window(0, 61.0, 65.0)) is None


def test_what_is_in_a_zone_is_judged_by_a_ray() -> None:
    assert is_inside(Point(0.75, 0.75), TILL.polygon)
    assert not is_inside(Point(0.25, 0.75), TILL.polygon)


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ([(0.4, 0.5), (0.6, 0.5)], Way.RIGHT),
        ([(0.6, 0.5), (0.4, 0.5)], Way.LEFT),
        ([(0.4, 0.5), (0.6, 0.5), (0.45, 0.5)], None),
        ([(0.4, 0.95), (0.6, 0.95)], None),
        ([(0.4, 0.5)], None),
    ],
)
def test_line_is_passed_the_way_one_ends_up(path: list[tuple[float, float]], way: Way | None) -> None:
    upwards = (Point(0.5, 0.9), Point(0.5, 0.1))
    assert find_way_over(upwards, [Point(*each) for each in path]) is way
