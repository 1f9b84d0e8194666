"""Ways to ask for evidence over time, as `false_alarms` compares them, and what counts as an alarm and as found.

A way turns the scores of a timeline's windows into what each of them comes to: it raises an alarm at a threshold where
that is at least as much. `tests/rules/test_evidence.py` holds them against `rules/confirm.py`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW_S, STRIDE_S = 4.0, 2.0
QUIET_S = 10.0
"""Alarms nearer together than this are one."""

Scores = NDArray[np.float64]
Way = Callable[[Scores], Scores]


@dataclass(frozen=True, eq=False)
class Timeline:
    """The scores of the windows of one camera, one each `STRIDE_S`, and when somebody fights."""

    scores: Scores
    seconds: float
    fights: Sequence[tuple[float, float]] = ()

    def end_of(self, window: int) -> float:
        """When a window ends, in seconds."""
        return min(WINDOW_S + STRIDE_S * window, max(self.seconds, STRIDE_S))


def single(scores: Scores) -> Scores:
    """One window is enough."""
    return scores


def hits(count: int, of: int) -> Way:
    """`HitsConfirmation`."""

    def way(scores: Scores) -> Scores:
        padded = np.concatenate([np.full(of - 1, -np.inf), scores])
        last = np.sort(np.lib.stride_tricks.sliding_window_view(padded, of), axis=1)
        held: Scores = np.minimum(scores, last[:, -count])
        return held

    return way


def mean(over_s: float) -> Way:
    """`MeanConfirmation`, from the first window on that has as many before it as are looked at later."""
    windows = math.ceil(over_s / STRIDE_S)

    def way(scores: Scores) -> Scores:
        found = np.full(len(scores), -np.inf)
        if len(scores) >= windows:
            means = np.lib.stride_tricks.sliding_window_view(scores, windows).mean(axis=1)
            found[windows - 1 :] = np.minimum(scores[windows - 1 :], means)
        return found

    return way


def duration(at_least_s: float) -> Way:
    """`DurationConfirmation`."""
    windows = math.ceil((at_least_s - WINDOW_S) / STRIDE_S) + 1
    return hits(windows, windows)


WAYS: Mapping[str, Way] = {
    "one window": single,
    "2 of 2": hits(2, 2),
    "2 of 3": hits(2, 3),
    "2 of 4": hits(2, 4),
    "3 of 4": hits(3, 4),
    "3 of 5": hits(3, 5),
    "mean over 6 s": mean(6.0),
    "mean over 8 s": mean(8.0),
    "mean over 10 s": mean(10.0),
    "8 s without a break": duration(8.0),
    "10 s without a break": duration(10.0),
}
HYSTERESIS = {"hysteresis, low at 3/4": 0.75, "hysteresis, low at half": 0.5}
"""One window is enough, and no further alarm comes before a window below so much of the threshold."""


def raise_alarms(timeline: Timeline, came_to: Scores, threshold: float, *, low: float | None = None) -> list[int]:
    """The windows that raise an alarm. With `low` only after a window below that share of the threshold."""
    alarms: list[int] = []
    is_armed, last_s = True, -math.inf
    for window in range(len(came_to)):
        end_s = timeline.end_of(window)
        if came_to[window] >= threshold and is_armed and end_s - last_s >= QUIET_S:
            alarms.append(window)
            last_s, is_armed = end_s, low is None
        elif low is not None and came_to[window] < low * threshold:
            is_armed = True
    return alarms


def best_in_fights(timeline: Timeline, came_to: Scores) -> list[float]:
    """For each fight the threshold up to which it is found: by a window that shows some of it."""
    found = []
    for start_s, end_s in timeline.fights:
        ends = np.array([timeline.end_of(window) for window in range(len(came_to))])
        shows = (ends > start_s) & (ends - WINDOW_S < end_s)
        found.append(float(came_to[shows].max()))
    return found


def threshold_for(best: Sequence[float], share: float) -> float:
    """The highest threshold at which so many of the fights are found."""
    ordered = np.sort(np.asarray(best))[::-1]
    return float(ordered[math.ceil(share * len(ordered)) - 1])


def bound_rate(alarms: float, hours: float) -> float:
    """The upper end, 95 % one-sided, of the rate an hour of a Poisson process that gave so many; parts count whole."""
    seen, low, high = math.ceil(alarms - 1e-9), 0.0, 1000.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        at_most = sum(
            math.exp(-middle + k * math.log(max(middle, 1e-12)) - math.lgamma(k + 1)) for k in range(seen + 1)
        )
        low, high = (middle, high) if at_most > 0.05 else (low, middle)
    return high / hours
