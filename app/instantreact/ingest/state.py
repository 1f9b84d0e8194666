"""Where the watching of a camera stands. Pure: the time and the jitter come in as arguments.

    idle --start--> connecting --picture--> live --failure--> lost --picture--> live ...
                        +-----failure---------------------------^
    any --stop--> stopped --start--> connecting

A camera that fails on its first try is lost, too, and stays so while it is tried again, so that `since` says how long.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from instantreact.domain.camera import CameraState, Outage
from instantreact.errors import Conflict


@dataclass(frozen=True)
class Patience:
    """When to try again and when to tell people.

    first_retry_s, last_retry_s  the back-off's bounds; it doubles with each failure
    healthy_s                    live for so long, and the next failure starts the back-off anew
    alert_after_s                lost for so long is told; shorter blips are not
    settle_s                     live for so long is told as being back, and ends the outage
    """

    first_retry_s: float = 1.0
    last_retry_s: float = 60.0
    healthy_s: float = 60.0
    alert_after_s: float = 60.0
    settle_s: float = 10.0


@dataclass(frozen=True)
class LostFor:
    """A fact for a system alert: a camera has been lost since `since`."""

    since: datetime
    reason: str


@dataclass(frozen=True)
class BackAfter:
    """A fact for a system alert: a camera that was reported lost is back after `gap_s` seconds without a picture."""

    since: datetime
    gap_s: float


Fact = LostFor | BackAfter


@dataclass(frozen=True)
class Watch:
    """The state of one camera's watching.

    since       when the state began
    failures    in a row, without a healthy time between them
    live_since  when the current or last live time began
    outage      what is not over: only `settle` ends it, so that a short return does not
    """

    state: CameraState
    since: datetime
    failures: int = 0
    live_since: datetime | None = None
    outage: Outage | None = None
    reason: str | None = None


def new_watch(now: datetime, outage: Outage | None = None) -> Watch:
    """A camera nobody has begun to watch; `outage` is what went before and is not over."""
    return Watch(CameraState.IDLE, now, outage=outage)


def start(watch: Watch, now: datetime) -> Watch:
    """Begin to watch. Raises Conflict where that was done."""
    if watch.state not in {CameraState.IDLE, CameraState.STOPPED}:
        raise Conflict("This camera is being watched already.")
    return Watch(CameraState.CONNECTING, now, outage=watch.outage)


def stop(watch: Watch, now: datetime, reason: str | None = None) -> Watch:
    """Cease to watch; allowed in every state."""
    if watch.state is CameraState.STOPPED:
        return watch
    return Watch(CameraState.STOPPED, now, outage=watch.outage, reason=reason)


def see_picture(watch: Watch, now: datetime) -> Watch:
    """A picture came."""
    _require_running(watch)
    if watch.state is CameraState.LIVE:
        return watch
    return replace(watch, state=CameraState.LIVE, since=now, live_since=now, reason=None)


def fail(watch: Watch, now: datetime, reason: str, patience: Patience) -> Watch:
    """The stream ended, stalled or did not open."""
    _require_running(watch)
    was_live = watch.state is CameraState.LIVE
    live_s = (now - watch.live_since).total_seconds() if was_live and watch.live_since else 0.0
    return replace(
        watch,
        state=CameraState.LOST,
        since=now if watch.state is not CameraState.LOST else watch.since,
        failures=1 if live_s >= patience.healthy_s else watch.failures + 1,
        outage=watch.outage or Outage(now),
        reason=reason,
    )


def retry_delay_s(watch: Watch, patience: Patience, jitter: float) -> float:
    """Seconds until the next try, within the bounds; `jitter` lies in 0..1."""
    doubled_s = patience.first_retry_s * 2.0 ** min(max(0, watch.failures - 1), 16)
    spread_s = min(doubled_s, patience.last_retry_s) * (0.75 + 0.5 * jitter)
    return min(max(spread_s, patience.first_retry_s), patience.last_retry_s)


def settle(watch: Watch, now: datetime, patience: Patience) -> tuple[Watch, Fact | None]:
    """Look at the clock: an outage that lasts is told once, and so is its end. Call about once a second."""
    outage = watch.outage
    if outage is None:
        return watch, None
    if watch.state is CameraState.LIVE and watch.live_since is not None:
        if now - watch.live_since < timedelta(seconds=patience.settle_s):
            return watch, None
        gap_s = (watch.live_since - outage.since).total_seconds()
        return replace(watch, outage=None), BackAfter(outage.since, gap_s) if outage.is_told else None
    is_due = now - outage.since >= timedelta(seconds=patience.alert_after_s)
    if watch.state is not CameraState.LOST or outage.is_told or not is_due:
        return watch, None
    return replace(watch, outage=Outage(outage.since, is_told=True)), LostFor(outage.since, watch.reason or "")


def _require_running(watch: Watch) -> None:
    if watch.state in {CameraState.IDLE, CameraState.STOPPED}:
        raise Conflict("This camera is not being watched.")
