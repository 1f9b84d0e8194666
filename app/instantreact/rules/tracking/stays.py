"""From when to when one thing was in each zone, and when it went in and out. Pure."""

from collections import deque
from collections.abc import Iterator

from instantreact.domain.media import Window
from instantreact.domain.observation import Passage, Stay, Way

_OUTSIDE_S = 1.0
"""Who is outside for less than this, on the edge of a zone, has not left it."""
_KEPT_PASSAGES = 32


class ZoneStays:
    """One thing's, in one zone; None is the whole picture, which nobody is seen to enter or leave."""

    def __init__(self, zone: str | None) -> None:
        self._zone = zone
        self._stay: Stay | None = None
        self._outside_since_s: float | None = None
        self._is_over = True
        self._was_seen = False
        self._passages: deque[Passage] = deque(maxlen=_KEPT_PASSAGES)

    def see(self, time_s: float, *, is_inside: bool) -> None:
        """The thing was seen."""
        if is_inside:
            self._see_inside(time_s)
        elif not self._is_over:
            self._see_outside(time_s)
        self._was_seen = True

    def stay_within(self, window: Window) -> Stay | None:
        """The newest stay, where some of it lies within the window."""
        stay = self._stay
        if stay is None or stay.until_s < window.start_s or stay.since_s > window.end_s:
            return None
        return stay

    def passages_within(self, window: Window) -> Iterator[Passage]:
        """Those in and out within the window."""
        return (each for each in self._passages if window.start_s <= each.time_s <= window.end_s)

    def _see_inside(self, time_s: float) -> None:
        self._outside_since_s = None
        if self._stay is not None and not self._is_over:
            self._stay = Stay(self._zone, self._stay.since_s, time_s)
            return
        self._stay, self._is_over = Stay(self._zone, time_s, time_s), False
        if self._was_seen:
            self._note(Way.ENTER, time_s)

    def _see_outside(self, time_s: float) -> None:
        if self._outside_since_s is None:
            self._outside_since_s = time_s
        if time_s - self._outside_since_s >= _OUTSIDE_S:
            self._is_over = True
            self._note(Way.LEAVE, self._outside_since_s)

    def _note(self, way: Way, time_s: float) -> None:
        if self._zone is not None:
            self._passages.append(Passage(self._zone, way, time_s))
