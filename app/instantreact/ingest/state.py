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

    first_retry_s, last_retry_s  the back-off's bounds; it doubles with each connection that gives no picture
    spacing_s                    a stream that gave pictures is opened again at once, once it has lived for so long
    alert_after_s                so long without a picture is told; shorter blips are not
    settle_s                     live for so long is told as being back, and ends the outage
    """

    first_retry_s: float = 1.0
    last_retry_s: float = 60.0
    spacing_s: float = 5.0
    alert_after_s: float = 60.0
    settle_s: float = 10.0


@dataclass(frozen=True)
class LostFor:
    """A fact for a system alert: since `since` a camera was lost for `gap_s` seconds, and seen for `seen_s` of them."""

    since: datetime
    reason: str
    gap_s: float
    seen_s: float = 0.0


@dataclass(frozen=True)
class BackAfter:
    """A fact for a system alert: a camera that was reported lost is back. The seconds are those of `LostFor`."""

    since: datetime
    gap_s: float
    seen_s: float = 0.0


Fact = LostFor | BackAfter


@dataclass(frozen=True)
class Watch:
    """The state of one camera's watching.

    since       when the state began
    failures    connections in a row that gave no picture
    live_since  when the current or last live time began
    outage      what is not over: only `settle` ends it, so that a short return does not
    seen_s      how long the camera was live, all short returns together, since the outage began
    """

    state: CameraState
    since: datetime
    failures: int = 0
    live_since: datetime | None = None
    outage: Outage | None = None
    reason: str | None = None
    seen_s: float = 0.0

    @property
    def lived_s(self) -> float:
        """How long a camera that is lost was live before, by the clock of this machine."""
        return max(0.0, (self.since - self.live_since).total_seconds()) if self.live_since else 0.0


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
    if watch.state is not CameraState.LIVE:
        since = watch.since if watch.state is CameraState.LOST else now
        outage = watch.outage or Outage(now)
        failures = watch.failures + 1
        return replace(watch, state=CameraState.LOST, since=since, failures=failures, outage=outage, reason=reason)
    lost = replace(watch, state=CameraState.LOST, since=now, failures=0, reason=reason)
    if watch.outage is None:
        return replace(lost, outage=Outage(now), seen_s=0.0)
    return replace(lost, seen_s=watch.seen_s + lost.lived_s)


def retry_delay_s(watch: Watch, patience: Patience, jitter: float) -> float:
    """Seconds until the next try; `jitter` lies in 0..1.

    None after a stream that gave pictures, but for one that gave few: a camera that ends each connection after its
    first picture is not to be opened in a tight loop. A connection that gave none starts the back-off.
    """
    if not watch.failures:
        return max(0.0, patience.spacing_s - watch.lived_s)
    doubled_s = patience.first_retry_s * 2.0 ** min(watch.failures - 1, 16)
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
        gap_s = (watch.live_since - outage.since).total_seconds() - watch.seen_s
        back = BackAfter(outage.since, gap_s, watch.seen_s)
        return replace(watch, outage=None, seen_s=0.0), back if outage.is_told else None
    gap_s = (now - outage.since).total_seconds() - watch.seen_s
    if watch.state is not CameraState.LOST or outage.is_told or gap_s < patience.alert_after_s:
        return watch, None
    lost = LostFor(outage.since, watch.reason or "", gap_s, watch.seen_s)
    return replace(watch, outage=Outage(outage.since, is_told=True)), lost


def _require_running(watch: Watch) -> None:
    if watch.state in {CameraState.IDLE, CameraState.STOPPED}:
        raise Conflict("This camera is not being watched.")
