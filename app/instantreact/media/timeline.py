"""A clip's one clock, from its packets' own timestamps: probe, pictures, sound, windows and snapshots share it.

Times are seconds from the first picture. What was recorded in parts is one footage: where no picture came for longer
than `GAP_S` there is a gap, in which nothing is described; where the clock was set, in a file joined from others for
one, what follows is placed right after.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from instantreact.errors import UnreadableMedia
from instantreact.media.clock import (
    GAP_S,
    MAX_GAP_S,
    Piece,
    find_pieces,
    follow_pieces,
    list_shifts,
    part_pieces,
    sort_stamps,
)
from instantreact.media.stamps import HOLE_S, TrackStamps, read_stamps
from instantreact.media.tracks import choose_picture, choose_sound
from instantreact.media.wholeness import find_holes, find_losses

Seconds = NDArray[np.float64]

LONE_S = 1.0
"""A picture before a gap is shown for no longer, and a stretch between two gaps counts as no shorter."""

_DEFAULT_RATE = 25
_SHORTEST_STEP_S = 0.001
_REORDERED = 17  # pictures: more than any codec lets one wait


@dataclass(frozen=True, eq=False)
class SoundTimes:
    """When a clip's sound is heard.

    track     its index
    starts_s  where it begins; negative for what was heard before the first picture
    shifts_s  (S,) what makes the stamp of each packet the clip's time
    is_plain  whether it goes on without a hole, in a file that holds nothing else but the picture
    """

    track: int
    starts_s: float
    shifts_s: Seconds
    is_plain: bool


@dataclass(frozen=True, eq=False)
class Timeline:
    """When what of a clip is shown and heard.

    picture   the track's index
    stamps_s  (P,) when the picture of each packet is shown, packets in the order of the file
    order     whether packets tell when they are shown; else only the order in which pictures come out does
    times_s   (N,) when each picture is shown, ascending
    usual_s   from one picture to the next, gaps aside
    has_length  whether the file says how long it is, right or wrong
    losses    what of the file is not read, each a sentence for people
    """

    picture: int
    stamps_s: Seconds
    order: bool
    times_s: Seconds
    usual_s: float
    duration_s: float
    sound: SoundTimes | None
    has_length: bool
    losses: tuple[str, ...] = ()

    @property
    def footage_s(self) -> float:
        """The length without the gaps; each stretch between two of them counts as a second at least."""
        cuts = np.flatnonzero(np.diff(self.times_s) > GAP_S)
        starts_s = self.times_s[np.concatenate([[0], cuts + 1])]
        ends_s = np.append(self.times_s[cuts] + self.lone_s, self.end_of(float(self.times_s[-1])))
        least_s = LONE_S if len(cuts) else 0.0
        return float(np.maximum(ends_s - starts_s, least_s).sum())

    @property
    def fps(self) -> float:
        """Pictures a second, gaps aside."""
        has_gaps = bool((np.diff(self.times_s) > GAP_S).any())
        return 1 / self.usual_s if has_gaps else len(self.times_s) / self.duration_s

    @property
    def near_s(self) -> float:
        """The step from one picture to the next that half of them keep to, a second at most."""
        steps_s = np.diff(self.times_s)
        return min(LONE_S, float(np.median(steps_s)) if len(steps_s) else self.usual_s)

    @property
    def lone_s(self) -> float:
        """How long a picture is shown after which nothing was recorded."""
        return min(self.usual_s, LONE_S)

    def end_of(self, time_s: float) -> float:
        """Until when footage lasts whose last picture is shown at `time_s`."""
        ends_clip = time_s >= self.times_s[-1] and self.duration_s - time_s <= GAP_S
        return self.duration_s if ends_clip else time_s + self.lone_s


def read_timeline(container: InputContainer) -> Timeline:
    """Read every packet of an open clip, which is at its end then. Raises UnreadableMedia or UnsupportedMedia."""
    picture, sound = choose_picture(container), choose_sound(container)
    tracks = read_stamps(container, picture)
    stamps = tracks[picture.index]
    if not any(stamps.shown):
        raise UnreadableMedia("The clip breaks off before its first frame.")
    decoded_s, usual_s = _find_steps(stamps, float(1 / (picture.average_rate or picture.guessed_rate or _DEFAULT_RATE)))
    pieces = find_pieces(decoded_s.tolist(), usual_s)
    order = not stamps.are_missing and container.format.name != "avi"  # whose stamps FFmpeg makes up
    shown_s = _shown_at(stamps, decoded_s, usual_s) if order else decoded_s
    pieces = part_pieces(pieces, shown_s.tolist(), usual_s, most_s=_REORDERED * usual_s)
    shown_s = shown_s + np.array(list_shifts(pieces, len(shown_s)))
    is_shown = np.array(stamps.shown, np.bool_)
    times_s, lengths_s = shown_s[is_shown], np.array(stamps.lengths_s)[is_shown]
    zero_s = float(times_s.min())
    ends_s = times_s + np.where(lengths_s > 0, lengths_s, usual_s)
    return Timeline(
        picture=picture.index,
        stamps_s=shown_s - zero_s,
        order=order,
        times_s=np.sort(times_s - zero_s),
        usual_s=usual_s,
        duration_s=round(float(ends_s.max()) - zero_s, 6),
        sound=_place_sound(sound, tracks, pieces, zero_s) if sound else None,
        has_length=container.duration is not None,
        losses=(*find_losses(container, picture, sound, tracks), *find_holes(np.sort(times_s - zero_s))),
    )


def _place_sound(
    sound: AudioStream, tracks: Sequence[TrackStamps], pieces: Sequence[Piece], zero_s: float
) -> SoundTimes | None:
    """When the sound is heard; None for a track without any."""
    stamps = tracks[sound.index]
    if not stamps.dts:
        return None
    in_order = stamps.in_order()
    shifts_s = np.array(follow_pieces(pieces, in_order, stamps.earlier)) - zero_s
    # What a container says of the start knows of samples to leave out; Matroska says 0 however late the sound begins.
    said_s = in_order[0] if sound.start_time is None else sound.start_time * stamps.unit_s
    first_s = said_s if abs(said_s - in_order[0]) <= HOLE_S else in_order[0]
    is_plain = len(tracks) == 2 and stamps.go_on and bool((shifts_s == shifts_s[0]).all())
    return SoundTimes(sound.index, first_s + float(shifts_s[0]), shifts_s, is_plain)


def _find_steps(stamps: TrackStamps, declared_s: float) -> tuple[Seconds, float]:
    """A stamp for each packet in the order of decoding, and the mean step, gaps aside where there are other steps."""
    if stamps.are_missing:
        return np.arange(len(stamps.dts), dtype=np.float64) * declared_s, declared_s
    decoded_s = np.array(sort_stamps(stamps.in_order()), np.float64)
    steps_s: Seconds = np.diff(decoded_s)
    steps_s = steps_s[(steps_s > 0) & (steps_s <= MAX_GAP_S)]
    short_s = steps_s[steps_s <= GAP_S]
    chosen_s = short_s if len(short_s) else steps_s
    return decoded_s, max(_SHORTEST_STEP_S, float(chosen_s.mean()) if len(chosen_s) else min(declared_s, MAX_GAP_S))


def _shown_at(stamps: TrackStamps, decoded_s: Seconds, usual_s: float) -> Seconds:
    """When each packet's picture is shown: as it says, unless it does not or that makes no sense."""
    said_s = np.array(stamps.pts)
    makes_sense = np.abs(said_s - decoded_s) <= _REORDERED * max(usual_s, GAP_S)
    return np.where(makes_sense, said_s, decoded_s)
