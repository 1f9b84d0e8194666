"""The life of a watched camera: legal moves, back-off, and what is worth telling people."""

from datetime import UTC, datetime, timedelta

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


def test_fail_starts_the_back_off_anew_after_a_healthy_minute_only() -> None:
    watch = live_after_failures(5)
    assert fail(watch, at(59), "gone", PATIENCE).failures == 6
    assert fail(watch, at(60), "gone", PATIENCE).failures == 1


def test_settle_does_not_take_a_short_return_for_the_end() -> None:
    watch = fail(live_after_failures(0), at(100), "gone", PATIENCE)
    watch = see_picture(watch, at(130))
    watch = fail(watch, at(135), "gone", PATIENCE)
    watch, fact = settle(watch, at(160), PATIENCE)
    assert fact == LostFor(at(100), "gone")
    watch = see_picture(watch, at(170))
    assert settle(watch, at(179), PATIENCE)[1] is None
    assert settle(watch, at(180), PATIENCE)[1] == BackAfter(at(100), 70.0)


@pytest.mark.parametrize("live_s", [9.9, 10.4])
def test_outage_ends_only_when_its_end_is_told(live_s: float) -> None:
    """The clock is looked at about once a second: a camera may have gone again before its return was noticed."""
    watch = fail(live_after_failures(0), at(100), "gone", PATIENCE)
    watch, _ = settle(watch, at(160), PATIENCE)
    watch = fail(see_picture(watch, at(170)), at(170 + live_s), "gone", PATIENCE)
    watch, fact = settle(watch, at(260), PATIENCE)
    assert fact is None
    assert settle(see_picture(watch, at(270)), at(280), PATIENCE)[1] == BackAfter(at(100), 170.0)


def test_watch_goes_on_with_the_outage_that_another_noted() -> None:
    untold, told = Outage(NOON), Outage(NOON, is_told=True)
    for carried in (untold, told):
        watch = fail(start(new_watch(at(30), carried), at(30)), at(31), "gone", PATIENCE)
        assert settle(watch, at(60), PATIENCE)[1] == (LostFor(NOON, "gone") if carried is untold else None)
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
