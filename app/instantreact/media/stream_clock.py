"""Where a packet lies in time: seconds since the stream's first picture, and whether it comes too late to be live.

A camera's timestamps start anywhere, drift against our clock, jump when it sets its own, and after a stall arrive in a
burst of what happened meanwhile. The sound may have another clock altogether. Pure: the time of arrival comes in as an
argument.
"""

from dataclasses import dataclass

_JUMP_S = 10.0
_STEP_BACK_S = 1.0
_ABSURD_S = 3.0
_ASTRAY_S = 0.5
_DRIFT = 0.001  # far more than a quartz drifts, far less than a stall


@dataclass(frozen=True)
class Placed:
    """A moment on the stream's clock, and whether it is too late to be shown as live."""

    time_s: float
    is_stale: bool


class StreamClock:
    """Maps the timestamps of one connection.

    max_lag_s   how much later than the promptest one a picture may arrive and still be live
    patience_s  a stream that stays behind for so long is taken as it is
    """

    def __init__(self, *, max_lag_s: float, patience_s: float) -> None:
        self._max_lag_s = max_lag_s
        self._patience_s = patience_s
        self._origin_s: float | None = None
        self._started_s = 0.0
        self._seen_s = 0.0
        self._last_s = 0.0
        self._least_lag_s = 0.0
        self._stale_since_s: float | None = None
        self._begins_anew = False

    @property
    def has_started(self) -> bool:
        """Whether a timestamp was placed yet."""
        return self._origin_s is not None

    @property
    def awaits_picture(self) -> bool:
        """Whether the next picture decides what timestamps mean: the first of all, or of a file played again."""
        return self._origin_s is None or self._begins_anew

    def place(self, stamp_s: float, now_s: float) -> Placed:
        """Place a picture's timestamp that arrived at `now_s` (monotonic)."""
        if self._origin_s is None:
            self._origin_s, self._started_s, self._seen_s = stamp_s, now_s, now_s
        elapsed_s = now_s - self._started_s
        time_s = stamp_s - self._origin_s
        goes_back, leaps = time_s < self._last_s - _STEP_BACK_S, time_s > max(self._last_s, elapsed_s) + _JUMP_S
        if goes_back or leaps or self._begins_anew:
            self._begins_anew = False
            time_s = max(self._last_s, elapsed_s)
            self._origin_s = stamp_s - time_s
            self._least_lag_s = elapsed_s - time_s
        self._last_s = max(self._last_s, time_s)
        return Placed(time_s, self._is_stale(elapsed_s - time_s, now_s))

    def time_of(self, stamp_s: float) -> float:
        """Seconds since the first picture of any timestamp; negative before it. Ask after the first `place`."""
        return stamp_s - (self._origin_s or 0.0)

    def reach(self, now_s: float) -> tuple[float, float]:
        """From when to when what arrives now may have happened: since the last picture, or later up to this moment."""
        return self._last_s, max(self._last_s, now_s - self._started_s - self._least_lag_s)

    def ahead(self, stamp_s: float, now_s: float) -> float:
        """How many seconds before its time a file's picture was read."""
        if self._origin_s is None or self._begins_anew:
            return self._started_s + self._last_s - now_s if self._begins_anew else 0.0
        return self._started_s + self.time_of(stamp_s) - now_s

    def restart(self) -> None:
        """The timestamps begin anew (a file that is played again): go on from where they were."""
        self._begins_anew = self._origin_s is not None

    def _is_stale(self, lag_s: float, now_s: float) -> bool:
        self._least_lag_s = min(lag_s, self._least_lag_s + (now_s - self._seen_s) * _DRIFT)
        self._seen_s = now_s
        if lag_s - self._least_lag_s <= self._max_lag_s:
            self._stale_since_s = None
            return False
        if self._stale_since_s is None:
            self._stale_since_s = now_s
        if now_s - self._stale_since_s > self._patience_s:
            self._least_lag_s = lag_s
            self._stale_since_s = None
            return False
        return True


class SoundClock:
    """Places sound on the clock of the pictures.

    Timestamps of the two tracks are believed to share a clock until sound lies further from what arrives with it than
    any delay explains. From then on its time is that of its arrival, and its timestamps only count from packet to
    packet, as long as they do not go astray again.
    """

    def __init__(self, pictures: StreamClock) -> None:
        self._pictures = pictures
        self._shift_s: float | None = None

    @property
    def is_by_arrival(self) -> bool:
        """Whether the timestamps of the sound turned out to be of another clock than those of the pictures."""
        return self._shift_s is not None

    def place(self, stamp_s: float, now_s: float) -> float:
        """When the sound was heard that arrived at `now_s` (monotonic). Ask only while no picture is awaited."""
        earliest_s, latest_s = self._pictures.reach(now_s)
        believed_s = self._pictures.time_of(stamp_s) if self._shift_s is None else stamp_s + self._shift_s
        slack_s = _ABSURD_S if self._shift_s is None else _ASTRAY_S
        if earliest_s - slack_s <= believed_s <= latest_s + slack_s:
            return believed_s
        self._shift_s = latest_s - stamp_s
        return latest_s
