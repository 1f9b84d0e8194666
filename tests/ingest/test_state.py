"""The life of a watched camera: legal moves, back-off, and what is worth telling people."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.camera import CameraState, Outage
from instantreact.errors import Conflict
from instantreact.ingest.state import (
    BackAfter,
    Fact,
    LostFor,
    Patience,
    Watch,
    fail,
    new_watch,
    retry_delay_s,
    see_picture,
    settle,
    start,
    stop,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATIENCE = Patience()
STEPS = st.lists(st.tuples(st.sampled_from(["picture", "failure", "wait"]), st.integers(0, 90)), max_size=60)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def live_after_failures(count: int) -> Watch:
    watch = start(new_watch(NOON), NOON)
    for _ in range(count):
        watch = fail(watch, NOON, "gone", PATIENCE)
    return see_picture(watch, NOON)


def play(steps: list[tuple[str, int]]) -> list[tuple[datetime, Watch, Fact | None]]:
    """Walk through steps, settling the clock once a second as the watcher does."""
    watch, seconds, told = start(new_watch(NOON), NOON), 0, []
    for step, pause_s in steps:
        if step == "picture":
            watch = see_picture(watch, at(seconds))
        elif step == "failure":
            watch = fail(watch, at(seconds), "gone", PATIENCE)
        for _ in range(pause_s):
            seconds += 1
            watch, fact = settle(watch, at(seconds), PATIENCE)
            told.append((at(seconds), watch, fact))
    return told


@given(STEPS)
def test_settle_tells_each_loss_once_and_then_its_end(steps: list[tuple[str, int]]) -> None:
    facts = [fact for _, _, fact in play(steps) if fact is not None]
    kinds = [type(fact) for fact in facts]
    assert kinds == [LostFor if index % 2 == 0 else BackAfter for index in range(len(kinds))]
    for lost, back in zip(facts[::2], facts[1::2], strict=False):
        assert isinstance(back, BackAfter)
        assert back.since == lost.since
        assert back.gap_s >= PATIENCE.alert_after_s - PATIENCE.settle_s


@given(STEPS)
def test_settle_is_silent_while_outages_are_short(steps: list[tuple[str, int]]) -> None:
    for now, watch, fact in play(steps):
        if isinstance(fact, LostFor):
            assert now - fact.since >= timedelta(seconds=PATIENCE.alert_after_s)
            assert watch.state is CameraState.LOST


@given(STEPS)
def test_watch_counts_its_state_from_when_it_began(steps: list[tuple[str, int]]) -> None:
    for now, watch, _ in play(steps):
        assert watch.since <= now
        assert watch.state in {CameraState.CONNECTING, CameraState.LIVE, CameraState.LOST}
        assert (watch.reason is not None) == (watch.state is CameraState.LOST)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_retry_delay_stays_within_one_and_sixty_seconds(failures: int, jitter: float) -> None:
    watch = Watch(CameraState.LOST, NOON, failures=failures)
    assert 1.0 <= retry_delay_s(watch, PATIENCE, jitter) <= 60.0


@given(st.floats(0, 1))
def test_retry_delay_grows_with_failures_and_differs_between_cameras(jitter: float) -> None:
    delays = [retry_delay_s(Watch(CameraState.LOST, NOON, failures=n), PATIENCE, jitter) for n in range(1, 9)]
    assert delays == sorted(delays)
    assert delays[-1] >= 45.0
    fifth = Watch(CameraState.LOST, NOON, failures=5)
    assert retry_delay_s(fifth, PATIENCE, 0.0) < retry_delay_s(fifth, PATIENCE, 1.0)


def open_often(lives_s: float, *, away_s: float = 0.0) -> list[float]:
    """When a camera is opened during ten minutes whose connections end after so long, each then refused for a while."""
    watch, now_s, away_until_s, opened_s = start(new_watch(NOON), NOON), 0.0, 0.0, []
    while now_s < 600:
        opened_s.append(now_s)
        if now_s >= away_until_s:
            watch = see_picture(watch, at(now_s))
            now_s += lives_s
            away_until_s = now_s + away_s
        watch = fail(watch, at(now_s), "gone", PATIENCE)
        now_s += retry_delay_s(watch, PATIENCE, 0.5)
    return opened_s


@pytest.mark.parametrize("lives_s", [50.0, 59.0, 5.0])
def test_camera_whose_connections_end_early_is_opened_again_at_once(lives_s: float) -> None:
    assert open_often(lives_s) == [index * lives_s for index in range(math.ceil(600 / lives_s))]


def test_camera_that_starts_anew_is_back_after_as_little_as_it_takes() -> None:
    opened_s = open_often(50.0, away_s=2.0)
    assert opened_s[:6] == [0.0, 50.0, 51.0, 53.0, 103.0, 104.0]


@pytest.mark.parametrize("lives_s", [0.0, 0.5, 4.9])
def test_camera_that_drops_after_its_first_pictures_is_not_opened_in_a_tight_loop(lives_s: float) -> None:
    opened_s = open_often(lives_s)
    assert len(opened_s) == 120
    assert all(later - earlier >= 5.0 - 1e-6 for earlier, later in pairwise(opened_s))


def test_fail_counts_connections_without_a_picture_only() -> None:
    watch = live_after_failures(5)
    assert watch.failures == 5
    watch = fail(watch, at(1), "gone", PATIENCE)
    assert watch.failures == 0
    assert fail(watch, at(2), "gone", PATIENCE).failures == 1


def test_retry_delay_is_bounded_when_the_clock_is_set_back_or_ahead() -> None:
    for moved_s in (-3600, 3600):
        watch = fail(live_after_failures(0), at(moved_s), "gone", PATIENCE)
        assert 0.0 <= retry_delay_s(watch, PATIENCE, 0.5) <= PATIENCE.spacing_s


def test_settle_does_not_take_a_short_return_for_the_end() -> None:
    watch = fail(live_after_failures(0), at(100), "gone", PATIENCE)
    watch = see_picture(watch, at(130))
    watch = fail(watch, at(135), "gone", PATIENCE)
    watch, fact = settle(watch, at(164), PATIENCE)
    assert fact is None
    watch, fact = settle(watch, at(165), PATIENCE)
    assert fact == LostFor(at(100), "gone", gap_s=60.0, seen_s=5.0)
    watch = see_picture(watch, at(170))
    assert settle(watch, at(179), PATIENCE)[1] is None
    assert settle(watch, at(180), PATIENCE)[1] == BackAfter(at(100), gap_s=65.0, seen_s=5.0)


def test_settle_tells_of_a_camera_that_comes_and_goes_once_a_minute_in_all_was_not_seen() -> None:
    watch, seconds, told = live_after_failures(0), 0, []
    for _ in range(20):
        watch = fail(watch, at(seconds), "gone", PATIENCE)
        for _ in range(6):
            seconds += 1
            watch, fact = settle(watch, at(seconds), PATIENCE)
            told += [fact] if fact else []
        watch = see_picture(watch, at(seconds))
        seconds += 8
    assert told == [LostFor(NOON, "gone", gap_s=60.0, seen_s=72.0)]
    assert settle(watch, at(seconds + 2), PATIENCE)[1] == BackAfter(NOON, gap_s=120.0, seen_s=152.0)


@pytest.mark.parametrize("live_s", [9.9, 10.4])
def test_outage_ends_only_when_its_end_is_told(live_s: float) -> None:
    """The clock is looked at about once a second: a camera may have gone again before its return was noticed."""
    watch = fail(live_after_failures(0), at(100), "gone", PATIENCE)
    watch, _ = settle(watch, at(160), PATIENCE)
    watch = fail(see_picture(watch, at(170)), at(170 + live_s), "gone", PATIENCE)
    watch, fact = settle(watch, at(260), PATIENCE)
    assert fact is None
    assert settle(see_picture(watch, at(270)), at(280), PATIENCE)[1] == BackAfter(at(100), 170.0 - live_s, live_s)


def test_watch_goes_on_with_the_outage_that_another_noted() -> None:
    untold, told = Outage(NOON), Outage(NOON, is_told=True)
    for carried in (untold, told):
        watch = fail(start(new_watch(at(30), carried), at(30)), at(31), "gone", PATIENCE)
        assert settle(watch, at(60), PATIENCE)[1] == (LostFor(NOON, "gone", 60.0) if carried is untold else None)
        watch = see_picture(start(new_watch(at(30), carried), at(30)), at(40))
        assert settle(watch, at(50), PATIENCE)[1] == (None if carried is untold else BackAfter(NOON, 40.0))
        assert stop(watch, at(41)).outage == carried


def test_start_and_stop_allow_only_what_makes_sense() -> None:
    idle = new_watch(NOON)
    running = start(idle, NOON)
    stopped = stop(running, at(5))
    assert stopped.state is CameraState.STOPPED
    assert stop(stopped, at(9)) is stopped
    assert start(stopped, at(10)).state is CameraState.CONNECTING
    with pytest.raises(Conflict):
        start(running, NOON)
    for watch in (idle, stopped):
        with pytest.raises(Conflict):
            see_picture(watch, NOON)
        with pytest.raises(Conflict):
            fail(watch, NOON, "gone", PATIENCE)
