"""Who is who stays so: through occlusions, low scores, crossings, and frames that are rare."""

from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instantreact.rules.tracking.byte import ByteTracker, TrackingLimits

WIDE, HIGH = 0.12, 0.3
Seen = list[tuple[float, float, float]]
"""Centre x, centre y and score of each person."""


def box_at(x: float, y: float) -> list[float]:
    return [x - WIDE / 2, y - HIGH / 2, x + WIDE / 2, y + HIGH / 2]


def follow(frames: list[tuple[float, Seen]], limits: TrackingLimits | None = None) -> list[list[int | None]]:
    """The number of each person on each frame, as it is known at the end."""
    tracker = ByteTracker(limits or TrackingLimits(), count(1))
    found = []
    for time_s, people in frames:
        boxes = np.array([box_at(x, y) for x, y, _ in people]).reshape(-1, 4)
        found.append(tracker.see(time_s, boxes, [score for _, _, score in people]))
    return [[each.number if each else None for each in frame] for frame in found]


def test_one_who_walks_keeps_one_number_at_four_frames_a_second() -> None:
    frames = [(at / 4, [(0.2 + 0.25 * at / 4, 0.5, 0.7)]) for at in range(20)]
    assert {number for frame in follow(frames) for number in frame} == {1}


def test_one_whose_score_falls_low_goes_on_as_before() -> None:
    frames = [(at / 10, [(0.5, 0.5, 0.15 if 5 <= at < 15 else 0.8)]) for at in range(20)]
    assert {number for frame in follow(frames) for number in frame} == {1}


def test_a_low_score_begins_nothing() -> None:
    assert follow([(at / 10, [(0.5, 0.5, 0.25)]) for at in range(10)]) == [[None]] * 10


def test_something_new_is_certain_once_it_is_seen_again() -> None:
    frames: list[tuple[float, Seen]] = [(0.0, []), (0.1, [(0.5, 0.5, 0.9)]), (0.2, []), (0.3, []), (0.4, [])]
    assert follow(frames) == [[], [None], [], [], []]
    frames[2] = (0.2, [(0.5, 0.5, 0.9)])
    assert follow(frames)[2] == [1]


@pytest.mark.parametrize("hidden_s", [0.5, 1.0])
def test_one_who_is_hidden_for_a_while_is_the_same_afterwards(hidden_s: float) -> None:
    frames = [
        (at / 10, [(0.3 + 0.1 * at / 10, 0.5, 0.8)] if not 1.0 <= at / 10 < 1.0 + hidden_s else []) for at in range(40)
    ]
    assert {number for frame in follow(frames) for number in frame} == {1}


def test_one_who_comes_after_a_long_time_is_somebody_else() -> None:
    first = [(at / 10, [(0.5, 0.5, 0.8)]) for at in range(10)]
    later = [(30 + at / 10, [(0.5, 0.5, 0.8)]) for at in range(10)]
    empty: list[tuple[float, Seen]] = [(10.0 + at, []) for at in range(20)]
    numbers = follow([*first, *empty, *later])
    assert numbers[0] == [1]
    assert numbers[-1] == [2]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.2), st.floats(0.0, 0.04))
def test_people_who_cross_with_noise_keep_their_numbers(seed: int, speed: float, apart: float) -> None:
    """They pass each other at different depths, and jitter as a detector does."""
    random = np.random.default_rng(seed)
    frames = []
    for at in range(40):
        way = speed * at / 10
        jitter = random.normal(0.0, 0.004, 4)
        one = (0.6 - speed * 2 + way + jitter[0], 0.5 + jitter[1], 0.8)
        other = (0.6 + speed * 2 - way + jitter[2], 0.56 + apart + jitter[3], 0.8)
        frames.append((at / 10, [one, other]))
    numbers = follow(frames)
    assert all(sorted(each for each in frame if each) == [1, 2] for frame in numbers)
    assert numbers[-1] == numbers[0]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.floats(0.0, 1.7), st.floats(0.0, 1.0), st.floats(0.0, 1.0)), max_size=5),
        max_size=25,
    ),
    st.floats(0.03, 8.0),
)
def test_no_two_boxes_of_a_frame_are_one_thing_whatever_comes(frames: list[Seen], every_s: float) -> None:
    for numbers in follow([(at * every_s, people) for at, people in enumerate(frames)]):
        known = [number for number in numbers if number is not None]
        assert len(known) == len(set(known))
