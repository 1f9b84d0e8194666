"""What of a file is not seen or heard, in words: tracks that were not chosen, and what is missing at its end."""

from collections.abc import Iterator, Sequence

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from instantreact.media.stamps import TrackStamps
from instantreact.media.tracks import has_decoder, picture_tracks

_STATES_LENGTH = ("mov,", "matroska", "avi")  # of others FFmpeg guesses the length
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
