"""What is known of a camera minute by minute, to the second, and where nothing was seen. Pure; all times are UTC.

A minute is a number: whole minutes since 1970. What two processes know of one is joined (`|`), so that it does not
matter who tells first, or twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from heapq import nlargest
from typing import NamedTuple

MINUTE_S = 60
WHOLE = (1 << MINUTE_S) - 1
"""Every second of a minute."""


class Minute(NamedTuple):
    """Bit n of the first three stands for the minute's second n.

    watched          in which a process watched the camera, whether pictures came or not
    seen             in which pictures came, or between two pictures of one connection
    moving           in which something moved
    motion_permille  the largest share that moved at once: of the picture, or of its zones together where it has any
    """

    watched: int = 0
    seen: int = 0
    moving: int = 0
    motion_permille: int = 0

    def __or__(self, other: "Minute") -> "Minute":
        """What either knows."""
        return Minute(
            self.watched | other.watched,
            self.seen | other.seen,
            self.moving | other.moving,
            max(self.motion_permille, other.motion_permille),
        )


UNKNOWN = Minute()
"""Nobody watched, or nothing is kept."""


class GapReason(StrEnum):
    """Why nothing was seen, where that is known.

    lost  a process watched the camera, and no picture came
    off   by choice: it was disabled, or not there yet
    """

    LOST = "lost"
    OFF = "off"


@dataclass(frozen=True)
class Gap:
    """A time in which nothing was seen; without a reason nothing is known of it: nobody watched, or nothing is kept."""

    since: datetime
    until: datetime
    reason: GapReason | None


Span = tuple[datetime, datetime]
"""From (included) until (not)."""

_Piece = tuple[int, int, GapReason | None]
"""From second (included) until second (not), since 1970."""


def minute_of(moment: datetime) -> int:
    """The minute that the moment lies in."""
    return int(moment.timestamp() // MINUTE_S)


def start_of(minute: int) -> datetime:
    """When the minute begins."""
    return datetime.fromtimestamp(minute * MINUTE_S, UTC)


def touched_minutes(since: datetime, until: datetime) -> range:
    """Every minute that has a part in the span."""
    return range(minute_of(since), -int(-until.timestamp() // MINUTE_S))


def list_seconds(first: datetime, last: datetime) -> Iterator[tuple[int, int]]:
    """Each minute from one moment to another, with the seconds that lie in or are touched; both ends are."""
    first_s, last_s = int(first.timestamp() // 1), int(last.timestamp() // 1)
    for minute in range(first_s // MINUTE_S, last_s // MINUTE_S + 1):
        low = max(0, first_s - minute * MINUTE_S)
        high = min(MINUTE_S - 1, last_s - minute * MINUTE_S)
        yield minute, (1 << (high + 1)) - (1 << low)


def find_gaps(minutes: Mapping[int, Minute], since: datetime, until: datetime, pauses: Sequence[Span]) -> list[Gap]:
    """Where nothing was seen of a camera within a span, in order; in its pauses that is by choice."""
    offs = sorted((int(begun.timestamp()), -int(-ended.timestamp() // 1)) for begun, ended in pauses)
    unseen = _join(_list_unseen(minutes, touched_minutes(since, until)))
    inside = _clip(unseen, int(since.timestamp()), int(until.timestamp()))
    pieces = (part for piece in inside for part in _cut_pauses(piece, offs))
    return [
        Gap(datetime.fromtimestamp(start_s, UTC), datetime.fromtimestamp(end_s, UTC), reason)
        for start_s, end_s, reason in _join(pieces)
    ]


def keep_longest(gaps: Sequence[Gap], most: int) -> list[Gap]:
    """At most so many, in their order."""
    if len(gaps) <= most:
        return list(gaps)
    longest = nlargest(most, range(len(gaps)), key=lambda index: gaps[index].until - gaps[index].since)
    return [gaps[index] for index in sorted(longest)]


def _list_unseen(minutes: Mapping[int, Minute], span: range) -> Iterator[_Piece]:
    for minute in span:
        known, start_s = minutes.get(minute, UNKNOWN), minute * MINUTE_S
        if known.seen != WHOLE:
            for first, after, reason in _list_unseen_seconds(known):
                yield start_s + first, start_s + after, reason


def _list_unseen_seconds(known: Minute) -> Iterator[_Piece]:
    """Runs of seconds that were all watched or all not, in order."""
    unseen = WHOLE & ~known.seen
    while unseen:
        first = (unseen & -unseen).bit_length() - 1
        is_watched = known.watched >> first & 1
        alike = (unseen & (known.watched if is_watched else ~known.watched)) >> first
        length = (~alike & (alike + 1)).bit_length() - 1
        yield first, first + length, GapReason.LOST if is_watched else None
        unseen &= ~(((1 << length) - 1) << first)


def _clip(pieces: Iterable[_Piece], since_s: int, until_s: int) -> Iterator[_Piece]:
    for start_s, end_s, reason in pieces:
        if start_s < until_s and end_s > since_s:
            yield max(start_s, since_s), min(end_s, until_s), reason


def _cut_pauses(piece: _Piece, pauses: Sequence[tuple[int, int]]) -> Iterator[_Piece]:
    """The parts of a piece that lie in a pause, and those that do not."""
    start_s, end_s, reason = piece
    for begun_s, ended_s in pauses:
        first_s, after_s = max(start_s, begun_s), min(end_s, ended_s)
        if first_s < after_s:
            if start_s < first_s:
                yield start_s, first_s, reason
            yield first_s, after_s, GapReason.OFF
            start_s = after_s
    if start_s < end_s:
        yield start_s, end_s, reason


def _join(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Pieces that follow each other for the same reason are one."""
    last: _Piece | None = None
    for piece in pieces:
        if last is not None and last[1] == piece[0] and last[2] == piece[2]:
            last = last[0], piece[1], piece[2]
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
