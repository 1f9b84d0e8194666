"""What of a file is not seen or heard, in words: tracks that were not chosen, and what is missing at its end."""

from collections.abc import Iterator, Sequence

import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from instantreact.media.clock import GAP_S
from instantreact.media.stamps import TrackStamps
from instantreact.media.tracks import has_decoder, picture_tracks

_STATES_LENGTH = ("mov,", "matroska", "avi")  # of others FFmpeg guesses the length
_ENOUGH_STEPS, _IRREGULAR, _MOSTLY = 10, 0.5, 0.95  # from which on steps tell a rate that is kept to
_ROUNDED_S = 0.25  # containers round their lengths; less missing than this goes untold


def find_losses(
    container: InputContainer, picture: VideoStream, sound: AudioStream | None, stamps: Sequence[TrackStamps]
) -> Iterator[str]:
    """A sentence for each thing that is not read, with times on the file's own clock."""
    yield from _other_pictures(container, picture)
    yield from _other_sound(container, sound)
    for track, name in ((picture, "clip"), (sound, "clip's sound")):
        if track is not None and _breaks_off(container, track, stamps):
            yield f"The {name} breaks off after {_length_s(track, stamps):.1f} s; what comes before was analyzed."
            return


def find_holes(times_s: NDArray[np.float64]) -> Iterator[str]:
    """A sentence where pictures are missing that come regularly else; `times_s` (N,) says when each is shown.

    Longer gaps are no loss: a camera that records on motion leaves them. What comes at any rate has no holes.
    """
    steps_s = np.diff(times_s)
    if len(steps_s) < _ENOUGH_STEPS:
        return
    usual_s = float(np.median(steps_s))
    is_hole = (steps_s > np.maximum(_ROUNDED_S, 3 * usual_s)) & (steps_s <= GAP_S)
    others_s = steps_s[~is_hole]
    is_regular = np.mean(np.abs(others_s - usual_s) <= _IRREGULAR * usual_s) >= _MOSTLY
    lost_s = float((steps_s[is_hole] - usual_s).sum())
    if is_regular and lost_s > _ROUNDED_S:
        at_s = float(times_s[int(np.argmax(np.where(is_hole, steps_s, 0.0)))])
        yield f"{lost_s:.1f} s of the picture are missing, most of it at {at_s:.1f} s."


def _other_pictures(container: InputContainer, picture: VideoStream) -> Iterator[str]:
    others = [track for track in picture_tracks(container) if track.index != picture.index]
    if others:
        sizes = " and ".join(f"{track.width}x{track.height}" if has_decoder(track) else "unknown" for track in others)
        yield f"Of several picture tracks the one of {picture.width}x{picture.height} was analyzed, not {sizes}."


def _other_sound(container: InputContainer, sound: AudioStream | None) -> Iterator[str]:
    tracks = container.streams.audio
    if tracks and sound is None:
        yield "The clip's sound is of an unknown kind and was not listened to."
    elif sound is not None and len(tracks) > 1:
        yield f"Of {len(tracks)} sound tracks only number {tracks.index(sound) + 1} was listened to."


def _breaks_off(container: InputContainer, track: Stream, stamps: Sequence[TrackStamps]) -> bool:
    """Whether the file lists parts of the track that lie behind its end, or says that it is longer than it is."""
    if any(entry.pos + entry.size > container.size for entry in track.index_entries):
        return True
    if container.duration is None or not container.format.name.startswith(_STATES_LENGTH):
        return False
    ends_s = [each.end_s for each in stamps if each.end_s is not None]
    begins_s = min((container.start_time or 0) / 1e6, 0.0)
    return container.duration / 1e6 - (max(ends_s, default=0.0) - begins_s) > _ROUNDED_S


def _length_s(track: Stream, stamps: Sequence[TrackStamps]) -> float:
    own = stamps[track.index]
    begins_s = min((s for s in own.pts if s == s), default=0.0)
    return (own.end_s or begins_s) - begins_s
