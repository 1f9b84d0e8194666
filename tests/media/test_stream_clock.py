"""Timestamps become one time line, and what comes too late is told apart."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.media.stream_clock import SoundClock, StreamClock


def make_clock() -> StreamClock:
    return StreamClock(max_lag_s=1.0, patience_s=5.0)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 10)), min_size=1, max_size=40))
def test_stream_clock_never_falls_far_behind_itself_whatever_a_camera_stamps(steps: list[tuple[float, float]]) -> None:
    clock, now_s, latest_s = make_clock(), 100.0, 0.0
    for stamp_s, passed_s in steps:
        now_s += passed_s
        time_s = clock.place(stamp_s, now_s).time_s
        assert latest_s - 1.001 <= time_s <= max(latest_s, now_s - 100.0) + 10.001
        latest_s = max(latest_s, time_s)


@given(st.floats(-1e5, 1e5), st.floats(0.02, 0.5), st.lists(st.floats(0, 0.4), min_size=10, max_size=80))
def test_stream_clock_calls_nothing_stale_when_frames_jitter_within_the_limit(
    first_s: float, step_s: float, delays_s: list[float]
) -> None:
    clock = make_clock()
    for index, delay_s in enumerate(delays_s):
        placed = clock.place(first_s + index * step_s, 50.0 + index * step_s + delay_s)
        assert not placed.is_stale
        assert abs(placed.time_s - index * step_s) < 1e-3


def test_stream_clock_calls_the_burst_after_a_stall_stale_until_it_has_caught_up() -> None:
    clock = make_clock()
    for index in range(10):
        clock.place(index * 0.1, index * 0.1)
    burst = [clock.place(1.0 + index * 0.1, 4.0 + index * 0.01).is_stale for index in range(40)]
    assert burst[0]
    assert not burst[-1]
    assert burst == sorted(burst, reverse=True)


def test_stream_clock_takes_a_stream_as_it_is_when_it_stays_behind() -> None:
    clock = make_clock()
    for index in range(10):
        clock.place(index * 0.1, index * 0.1)
    late = [clock.place(1.0 + index * 0.1, 4.0 + index * 0.1).is_stale for index in range(100)]
    assert all(late[:49])
    assert not any(late[60:])


def test_stream_clock_goes_on_when_timestamps_jump_back_or_ahead() -> None:
    clock = make_clock()
    clock.place(1000.0, 0.0)
    clock.place(1001.0, 1.0)
    assert clock.place(5.0, 2.0).time_s == 2.0
    assert clock.place(6.0, 3.0).time_s == 3.0
    assert clock.place(90_000.0, 4.0).time_s == 4.0
    assert clock.time_of(90_000.5) == 4.5


def test_stream_clock_goes_on_when_a_file_begins_anew() -> None:
    clock = make_clock()
    clock.place(0.0, 0.0)
    clock.place(1.0, 1.0)
    clock.restart()
    assert clock.place(0.0, 1.1).time_s == 1.1
    assert clock.place(0.1, 1.2).time_s == 1.2000000000000002


def test_stream_clock_knows_how_far_ahead_a_file_was_read() -> None:
    clock = make_clock()
    assert clock.ahead(7.0, 50.0) == 0.0
    clock.place(7.0, 50.0)
    assert clock.ahead(8.0, 50.25) == 0.75


def hear(stamp_of: Callable[[float], float], *, seconds: int = 60, late_s: float = 0.0) -> list[float]:
    """How far the sound of each quarter of a second is placed from when it was heard; pictures come each second."""
    pictures, off_s = make_clock(), []
    sound = SoundClock(pictures)
    for quarter in range(seconds * 4):
        now_s = quarter / 4
        if quarter % 4 == 0:
            pictures.place(1000.0 + now_s, now_s)
        off_s.append(sound.place(stamp_of(max(0.0, now_s - late_s)), now_s) - now_s)
    return off_s


ABSURD = {
    "100 s ahead": lambda now_s: 1100.0 + now_s,
    "100 s behind": lambda now_s: 900.0 + now_s,
    "since 1970": lambda now_s: 1.8e9 + now_s,
    "jumps in the middle": lambda now_s: 1000.0 + now_s + (500.0 if now_s > 30 else 0.0),
    "jumps back": lambda now_s: 1100.0 + now_s - (40.0 if now_s > 30 else 0.0),
    "drifts ahead once it is absurd": lambda now_s: 1100.0 + 1.05 * now_s,
    "drifts behind once it is absurd": lambda now_s: 900.0 + 0.95 * now_s,
    "stands still": lambda now_s: 5.0,
}


@pytest.mark.parametrize("name", ABSURD)
def test_sound_clock_places_sound_by_its_arrival_when_its_timestamps_are_absurd(name: str) -> None:
    assert all(abs(each_s) <= 1.5 for each_s in hear(ABSURD[name]))


@pytest.mark.parametrize("pace", [0.9, 1.1], ids=["slow", "fast"])
def test_sound_clock_gives_up_timestamps_that_drift_from_the_pictures(pace: float) -> None:
    off_s = hear(lambda now_s: 1000.0 + pace * now_s, seconds=120)
    assert all(abs(each_s) <= 4.25 for each_s in off_s)
    assert all(abs(each_s) <= 1.5 for each_s in off_s[-80:])


@given(st.floats(-1.9, 1.9), st.floats(0.0, 1.0))
def test_sound_clock_believes_timestamps_that_a_delay_explains(ahead_s: float, late_s: float) -> None:
    off_s = hear(lambda now_s: 1000.0 + now_s + ahead_s, seconds=20, late_s=late_s)
    assert all(abs(each_s - (ahead_s - late_s)) < 1e-6 for each_s in off_s[8:])


def test_sound_clock_believes_what_comes_in_a_burst_after_a_stall() -> None:
    pictures = make_clock()
    sound = SoundClock(pictures)
    for quarter in range(40):
        now_s = quarter / 4 if quarter < 8 else 7.0 + quarter / 100
        pictures.place(quarter / 4, now_s)
        assert sound.place(quarter / 4, now_s) == quarter / 4
    assert not sound.is_by_arrival


def test_sound_clock_goes_on_when_the_camera_sets_its_clock() -> None:
    """Both tracks jump, the sound a moment earlier."""
    pictures = make_clock()
    sound = SoundClock(pictures)
    for quarter in range(80):
        now_s = quarter / 4
        pictures.place(now_s + (3600.0 if now_s > 10.25 else 0.0), now_s)
        assert abs(sound.place(now_s + (3600.0 if now_s > 10.0 else 0.0), now_s) - now_s) <= 0.5
