"""What a clip is, found in its content: neither its name nor what its header says of its length is believed."""

from pathlib import Path

from instantreact.domain.media import ClipInfo
from instantreact.errors import TooLarge, UnreadableMedia
from instantreact.media.containers import open_container
from instantreact.media.pictures import DecodedPicture, open_pictures
from instantreact.media.timeline import Timeline, read_timeline
from instantreact.media.tracks import choose_picture

_ROUNDING_S = 1e-6


def probe_clip(path: Path, *, max_pixels: int, max_duration_s: float) -> ClipInfo:
    """Read every packet's time and decode the first picture.

    Width and height are those of the upright picture, pixel by pixel; the frame rate is the mean one; the rotation is
    the clockwise turn that made it upright. The limit is on footage: gaps in it do not count.
    Raises UnreadableMedia (not a clip, damaged, cut off before the first picture), UnsupportedMedia (no video track, a
    codec that cannot be decoded here) or TooLarge.
    """
    with open_container(path) as container:
        track = choose_picture(container)
        _check_size(track.width, track.height, max_pixels)
        container_name, codec_name = container.format.name, track.codec_context.codec.canonical_name
        timeline = read_timeline(container)
    if timeline.footage_s > max_duration_s + _ROUNDING_S:
        raise TooLarge(f"The clip is longer than {max_duration_s:g} s.")
    picture = _decode_first(path, timeline)
    sides = (picture.frame.width, picture.frame.height)
    width, height = sides if picture.turn_deg % 180 == 0 else sides[::-1]
    _check_size(width, height, max_pixels)
    return ClipInfo(
        container=container_name,
        video_codec=codec_name,
        duration_s=timeline.duration_s,
        width=width,
        height=height,
        fps=round(timeline.fps, 3),
        has_audio=timeline.sound is not None,
        rotation_deg=picture.turn_deg,
    )


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise TooLarge(f"The clip's frames have {width}x{height} pixels; at most {max_pixels} pixels are taken.")


def _decode_first(path: Path, timeline: Timeline) -> DecodedPicture:
    """The first picture, by the reader that serves the model."""
    with open_pictures(path, timeline) as reader:
        for picture in reader.pictures():
            picture.bgr()
            return picture
    raise UnreadableMedia("Not one frame of the clip can be decoded.")
