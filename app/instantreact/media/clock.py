"""One clock out of a file's timestamps, which may stand still, jump back, or belong to several recordings: pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

MAX_GAP_S = 12 * 3600.0
"""A clock that jumps further ahead was set: no time has passed. (MPEG-TS counts to 26.5 hours.)"""

GAP_S = 5.0
"""A picture stands for so long at most; without another one for longer, nothing was recorded in between."""

_JITTER_S = 0.5  # packets are written out of order by less


@dataclass(frozen=True)
class Piece:
    """Packets of one track, from `first` on, whose clock goes on unchanged; `shift_s` makes it the clip's."""

    first: int
    start_s: float
    end_s: float
    shift_s: float = 0.0


def find_pieces(stamps_s: Sequence[float], usual_s: float) -> list[Piece]:
    """Cut one track's packets, in the order of decoding and `usual_s` apart, where their clock was set.

    A jump ahead is time that passed, unless the clock comes back to where it was: then it was an error. What follows
    on a jump back is placed right after what was there before.
    """
    pieces = [Piece(0, stamps_s[0], stamps_s[0])]
    ahead: Piece | None = None  # what lies before the last jump ahead
    for at, (before_s, stamp_s) in enumerate(pairwise(stamps_s), start=1):
        piece = pieces[-1] = _reach(pieces[-1], before_s)
        step_s = stamp_s - before_s
        if -_JITTER_S <= step_s <= GAP_S:
            continue
        follows_s = piece.end_s + piece.shift_s + usual_s
        if GAP_S < step_s <= MAX_GAP_S:
            shift_s, ahead = piece.shift_s, piece
        elif ahead is not None and _was_error(ahead, piece, stamp_s):
            late_s = piece.start_s - ahead.end_s - usual_s
            pieces[-1] = replace(piece, shift_s=piece.shift_s - late_s)
            shift_s, ahead = max(ahead.shift_s, follows_s - late_s - stamp_s), None
        else:
            shift_s, ahead = follows_s - stamp_s, None
        pieces.append(Piece(at, stamp_s, stamp_s, shift_s))
    pieces[-1] = _reach(pieces[-1], stamps_s[-1])
    return pieces


def part_pieces(pieces: Sequence[Piece], shown_s: Sequence[float], usual_s: float, *, most_s: float) -> list[Piece]:
    """The pieces, each whose clock was set moved on so that it is shown after the one before, by `most_s` at most.

    `shown_s` says when each packet's picture is shown by the file's own clock. They overlap where one piece's packets
    come earlier than they are shown and the next one's do not: FFmpeg gives the second half of joined Matroska files no
    time of decoding.
    """
    parted, moved_s, last_s, before_s = [], 0.0, -math.inf, pieces[0].shift_s
    for piece, end in zip(pieces, [*(each.first for each in pieces[1:]), len(shown_s)], strict=True):
        shift_s = piece.shift_s + moved_s
        overlap_s = last_s - (min(shown_s[piece.first : end]) + shift_s)
        if piece.shift_s != before_s and 0 <= overlap_s <= most_s:
            moved_s, shift_s = moved_s + overlap_s + usual_s, shift_s + overlap_s + usual_s
        parted.append(replace(piece, shift_s=shift_s))
        before_s = piece.shift_s
        last_s = max(last_s, max(shown_s[piece.first : end]) + shift_s)
    return parted


def sort_stamps(stamps_s: Sequence[float]) -> list[float]:
    """The stamps in ascending order, as far as they go back by no more than packets are written out of order."""
    parts: list[list[float]] = [[]]
    highest_s = -math.inf
    for stamp_s in stamps_s:
        if stamp_s < highest_s - _JITTER_S:
            parts.append([])
            highest_s = -math.inf
        parts[-1].append(stamp_s)
        highest_s = max(highest_s, stamp_s)
    return [stamp_s for part in parts for stamp_s in sorted(part)]


def list_shifts(pieces: Sequence[Piece], count: int) -> list[float]:
    """The shift of each of the `count` packets that were cut into `pieces`."""
    ends = [*(piece.first for piece in pieces[1:]), count]
    return [piece.shift_s for piece, end in zip(pieces, ends, strict=True) for _ in range(piece.first, end)]


def follow_pieces(pieces: Sequence[Piece], stamps_s: Iterable[float], seen: Iterable[int]) -> list[float]:
    """The shifts of another track's packets, `seen` packets of the first track before each of them in the file.

    A packet belongs to the piece it stands in or to a neighbour, whichever its own time fits: the tracks of a file
    joined from others change over a little apart.
    """
    shifts: list[float] = []
    at = 0
    for stamp_s, count in zip(stamps_s, seen, strict=True):
        while at + 1 < len(pieces) and pieces[at + 1].first < count:
            at += 1
        near = pieces[max(0, at - 1) : at + 2]
        shifts.append(min(near, key=lambda piece: (_distance_s(piece, stamp_s), piece is not pieces[at])).shift_s)
    return shifts


def fill_stamps(stamps_s: Sequence[float]) -> list[float]:
    """The stamps, those that are missing (nan) taken from the one before, the first ones from the one after."""
    last_s = next((stamp_s for stamp_s in stamps_s if not math.isnan(stamp_s)), 0.0)
    filled = []
    for stamp_s in stamps_s:
        last_s = last_s if math.isnan(stamp_s) else stamp_s
        filled.append(last_s)
    return filled


def _reach(piece: Piece, stamp_s: float) -> Piece:
    return replace(piece, end_s=stamp_s) if stamp_s > piece.end_s else piece


def _was_error(before: Piece, piece: Piece, stamp_s: float) -> bool:
    """Whether the clock, back at `stamp_s`, goes on as if it had never jumped ahead to `piece`."""
    passed_s = stamp_s - before.end_s
    return passed_s > 0 and stamp_s < piece.start_s and piece.end_s - piece.start_s <= passed_s + _JITTER_S


def _distance_s(piece: Piece, stamp_s: float) -> float:
    return max(0.0, piece.start_s - _JITTER_S - stamp_s, stamp_s - piece.end_s - _JITTER_S)
