"""Which of a file's tracks is looked at and listened to, and in what shape its pictures are meant to be seen."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeVar

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from instantreact.errors import UnsupportedMedia
from instantreact.media.snapshot import SQUARE

AnyTrack = TypeVar("AnyTrack", VideoStream, AudioStream)

_NOT_FOOTAGE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_FLATTEST, _TALLEST = Fraction(1, 4), Fraction(4)
_HALF_PICTURES = frozenset((width, height) for width in (640, 704, 720) for height in (240, 288))
"""What recorders write that keep every other line, and do not say so: a picture of 4:3."""


def picture_tracks(container: InputContainer) -> list[VideoStream]:
    """The tracks of moving pictures, without cover art and thumbnails."""
    return [track for track in container.streams.video if not track.disposition & _NOT_FOOTAGE]


def choose_picture(container: InputContainer) -> VideoStream:
    """The picture track marked as default, or else the largest, of those that can be decoded.

    The mark of the first track counts for nothing, since programs set it on whatever comes first: a preview, perhaps.
    Raises UnsupportedMedia where there is none.
    """
    tracks = picture_tracks(container)
    if not tracks:
        raise UnsupportedMedia("The file has no video track.")
    known = [track for track in tracks if has_decoder(track)]
    if not known:
        raise UnsupportedMedia("The video's codec is unknown.")
    return max(known, key=lambda track: (_is_marked(track, tracks), track.width * track.height))


def choose_sound(container: InputContainer) -> AudioStream | None:
    """The sound track marked as default, or else the first, of those that can be decoded."""
    known = [track for track in container.streams.audio if has_decoder(track)]
    return max(known, key=lambda track: _is_marked(track, known), default=None)


def has_decoder(track: Stream) -> bool:
    """Whether the track's codec is known. PyAV's type promises a codec; a stream of unknown kind has none."""
    codec: object | None = track.codec_context
    return codec is not None


def pixel_aspect(track: VideoStream) -> Fraction:
    """How much wider than high a pixel of the track is meant to be shown; absurd claims count as square."""
    said = track.sample_aspect_ratio
    if said in (None, 0, 1) and (track.width, track.height) in _HALF_PICTURES:
        return Fraction(4, 3) * track.height / track.width
    return said if said and _FLATTEST <= said <= _TALLEST else SQUARE


def _is_marked(track: AnyTrack, tracks: list[AnyTrack]) -> bool:
    """Whether it alone of several is marked as default, and not just because it is the first."""
    marked = [each for each in tracks if Disposition.default in each.disposition]
    return marked == [track] and track is not tracks[0]
