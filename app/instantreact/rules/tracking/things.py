"""What is there before one camera, or in one clip: detections in, things with their stays and passages out. Pure."""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from instantreact.domain.camera import Zone
from instantreact.domain.media import Window
from instantreact.domain.observation import SAME_MOMENT_S, Box, Detection, Presence, Thing, Trace
from instantreact.rules.tracking.byte import ByteTracker, Followed, TrackingLimits
from instantreact.rules.tracking.places import find_foot, is_inside
from instantreact.rules.tracking.stays import ZoneStays

LONGEST_BREAK_S = 5.0
"""Between two looks; after more than that nobody knows what happened meanwhile."""
_KEPT_S = 60.0
"""How long what was seen is kept: a slow model describes a window long after it."""
_TRACE_STEPS = 100
"""Of a score: a trace says at most so much too little, and never too much."""
_TOLD_EVERY_S = 0.5 - 1e-6


@dataclass(frozen=True, eq=False)
class _Sight:
    detection: Detection
    followed: Followed | None


class ThingTracker:
    """Not safe to share between threads; times ascend, on one footage's clock.

    labels     what is looked for
    min_score  of detections that are told of; those with less only help to follow
    """

    def __init__(self, labels: Sequence[str], zones: Sequence[Zone] = (), *, min_score: float = 0.3) -> None:
        self._labels = tuple(labels)
        self._zones = tuple(zones)
        self._min_score = min_score
        self._limits = TrackingLimits(high=min_score, begins=min(1.0, min_score + 0.1), low=min(0.1, min_score))
        self._numbers = count(1)
        self._trackers: dict[str, ByteTracker] = {}
        self._sights: deque[_Sight] = deque()
        self._stays: dict[Followed, dict[str | None, ZoneStays]] = {}
        self._traces: dict[tuple[str, str | None], list[Trace]] = {}
        self._looked_since_s: float | None = None
        self._looked_at_s = 0.0

    @property
    def least_score(self) -> float:
        """Of detections that are of use."""
        return self._limits.low

    def see(self, time_s: float, detections: Sequence[Detection], aspect: float) -> None:
        """Take what was found on the next frame; `aspect` is how much wider than high that is."""
        if self._looked_since_s is None or time_s - self._looked_at_s > LONGEST_BREAK_S:
            self._looked_since_s = time_s
            self._traces.clear()
        self._looked_at_s = time_s
        for label in dict.fromkeys((*self._trackers, *(each.label for each in detections))):
            tracker = self._trackers.setdefault(label, ByteTracker(self._limits, self._numbers))
            mine = [each for each in detections if each.label == label]
            boxes = np.array([_corners(each.box, aspect) for each in mine]).reshape(-1, 4)
            followed = tracker.see(time_s, boxes, [each.score for each in mine])
            self._sights += map(_Sight, mine, followed)
            for each, one in zip(mine, followed, strict=True):
                self._note(each, one)
        self._forget(time_s)

    def detections_within(self, window: Window, *, pictured_s: float | None = None) -> tuple[Detection, ...]:
        """What was found in a window, twice a second and when its picture was seen, with the numbers of the things."""
        told = [each for each in self._sights_within(window) if each.detection.score >= self._min_score]
        times = _thin_out({each.detection.time_s for each in told}, pictured_s)
        return tuple(_round(each) for each in told if each.detection.time_s in times)

    def presence_within(self, window: Window) -> Presence | None:
        """What was there in a window; None where nobody looked in it."""
        if self._looked_since_s is None or self._looked_at_s < window.start_s:
            return None
        best: dict[Followed, Detection] = {}
        for each in self._sights_within(window):
            followed, known = each.followed, best.get(each.followed) if each.followed else None
            if followed is not None and (known is None or each.detection.score > known.score):
                best[followed] = each.detection
        told = {each: shown for each, shown in best.items() if shown.score >= self._min_score}
        certain = sorted((each.number, each, shown) for each, shown in told.items() if each.number is not None)
        things = tuple(self._make_thing(number, shown, self._stays[each], window) for number, each, shown in certain)
        traces = tuple(trace for front in self._traces.values() for trace in front)
        return Presence(self._looked_since_s, self._labels, things, traces)

    def _make_thing(
        self, number: int, shown: Detection, zones: Mapping[str | None, ZoneStays], window: Window
    ) -> Thing:
        stays = tuple(stay for zone in zones.values() if (stay := zone.stay_within(window)))
        passages = tuple(passage for zone in zones.values() for passage in zone.passages_within(window))
        return Thing(number, shown.label, round(shown.score, 4), stays, passages)

    def _sights_within(self, window: Window) -> Iterator[_Sight]:
        return (each for each in self._sights if window.start_s <= each.detection.time_s <= window.end_s)

    def _note(self, detection: Detection, followed: Followed | None) -> None:
        foot = find_foot(detection.box)
        there: dict[str | None, bool] = {None: True}
        there |= {zone.name: is_inside(foot, zone.polygon) for zone in self._zones}
        for zone, is_there in there.items():
            if is_there and detection.score >= self._limits.low:  # an absence has a least score of its own
                self._leave_trace(detection, zone)
        if followed is not None:
            stays = self._stays.setdefault(followed, {zone: ZoneStays(zone) for zone in there})
            for zone, is_there in there.items():
                stays[zone].see(detection.time_s, is_inside=is_there)

    def _leave_trace(self, detection: Detection, zone: str | None) -> None:
        """Keep the newest sight of each score: an older one with less says nothing more."""
        score = math.floor(detection.score * _TRACE_STEPS + 1e-6) / _TRACE_STEPS
        front = self._traces.setdefault((detection.label, zone), [])
        if front and front[-1].time_s == detection.time_s and front[-1].score >= score:
            return
        front[:] = [each for each in front if each.score > score]
        front.append(Trace(detection.label, zone, detection.time_s, score))

    def _forget(self, now_s: float) -> None:
        while self._sights and self._sights[0].detection.time_s < now_s - _KEPT_S:
            self._sights.popleft()
        known = {each.followed for each in self._sights}
        self._stays = {followed: stays for followed, stays in self._stays.items() if followed in known}


def _thin_out(times_s: set[float], kept_s: float | None) -> set[float]:
    """Moments that are no nearer to each other than is told, and the one that is kept in any case."""
    thinned: list[float] = []
    for time_s in sorted(times_s):
        if not thinned or time_s - thinned[-1] >= _TOLD_EVERY_S:
            thinned.append(time_s)
    return {*thinned, *(time_s for time_s in times_s if kept_s is not None and abs(time_s - kept_s) < SAME_MOMENT_S)}


def _round(sight: _Sight) -> Detection:
    found, box = sight.detection, sight.detection.box
    rounded = Box(*(round(side, 4) for side in (box.left, box.top, box.right, box.bottom)))
    number = sight.followed.number if sight.followed else None
    return replace(found, score=round(found.score, 4), box=rounded, time_s=round(found.time_s, 3), thing=number)


def _corners(box: Box, aspect: float) -> tuple[float, float, float, float]:
    """In heights of the picture."""
    return (box.left * aspect, box.top, box.right * aspect, box.bottom)
