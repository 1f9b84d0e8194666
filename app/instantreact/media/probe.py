"""What a clip is, found in its content: neither its name nor what its header says of its length is believed."""

from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from instantreact.domain.media import ClipInfo
from instantreact.errors import TooLarge, UnreadableMedia, UnsupportedMedia
from instantreact.media.containers import decodable_sound, open_container
from instantreact.media.frames import MAX_HOLD_S, FrameReader

_DEFAULT_RATE = Fraction(25)
_ROUNDING_S = 1e-6


def probe_clip(path: Path, *, max_pixels: int, max_duration_s: float) -> ClipInfo:
    """Read every packet's time and decode the first frame.

    Width and height are those of the upright frame, the frame rate is the mean one, the rotation is the clockwise
    turn that made it upright.
    Raises UnreadableMedia (not a clip, damaged, cut off before the first frame), UnsupportedMedia (no video track, a
    codec that cannot be decoded here) or TooLarge.
    """
    with open_container(path) as container:
        stream = _find_video(container)
        codec = stream.codec_context
        _check_size(codec.width, codec.height, max_pixels)
        frames, duration_s = _measure(container, stream, max_duration_s)
        has_audio = len(decodable_sound(container)) > 0
        container_name, codec_name = container.format.name, codec.codec.canonical_name
    width, height, rotation_deg = _decode_first(path, codec_name)
    _check_size(width, height, max_pixels)
    return ClipInfo(
        container=container_name,
        video_codec=codec_name,
        duration_s=duration_s,
        width=width,
        height=height,
        fps=round(frames / duration_s, 3),
        has_audio=has_audio,
        rotation_deg=rotation_deg,
    )


def _find_video(container: InputContainer) -> VideoStream:
    streams = [stream for stream in container.streams.video if Disposition.attached_pic not in stream.disposition]
    if not streams:
        raise UnsupportedMedia("The file has no video track.")
    stream = streams[0]
    if stream.codec_context is None:
        raise UnsupportedMedia("The clip's video codec is unknown.")
    return stream


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise TooLarge(f"The clip's frames have {width}x{height} pixels; at most {max_pixels} pixels are taken.")


def _measure(container: InputContainer, stream: VideoStream, max_duration_s: float) -> tuple[int, float]:
    """(frames, seconds) of the packets that can be read, by the same belief in clocks as `FrameReader`."""
    frame_s = float(1 / (stream.average_rate or stream.guessed_rate or _DEFAULT_RATE))
    frames, seconds, stamp = 0, 0.0, None
    try:
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:
                continue
            step_s = _step_s(stamp, packet.dts, stream.time_base)
            seconds += frame_s if not 0 < step_s <= MAX_HOLD_S else step_s
            stamp = packet.dts
            frames += 1
            if seconds > max_duration_s + _ROUNDING_S:
                raise TooLarge(f"The clip is longer than {max_duration_s:g} s.")
    except (av.FFmpegError, OSError) as error:
        if frames == 0:
            raise UnreadableMedia("The clip breaks off before its first frame.") from error
    if frames == 0:
        raise UnreadableMedia("The clip has no frames.")
    return frames, round(seconds, 6)


def _step_s(before: int | None, now: int | None, time_base: Fraction | None) -> float:
    if before is None or now is None or time_base is None:
        return 0.0
    return float((now - before) * time_base)


def _decode_first(path: Path, codec_name: str) -> tuple[int, int, int]:
    """(width, height, rotation) of the first frame, as the reader that serves the model sees it."""
    try:
        with FrameReader(path) as reader:
            frame = reader.retrieve() if reader.grab() else None
            if frame is not None:
                return frame.shape[1], frame.shape[0], reader.rotation_deg
    except UnreadableMedia as error:
        raise UnsupportedMedia(f"The clip's codec {codec_name} cannot be decoded here.") from error
    if _another_decodes(path):
        raise UnsupportedMedia(f"The clip's codec {codec_name} cannot be decoded here.")
    raise UnreadableMedia("Not one frame of the clip can be decoded.")


def _another_decodes(path: Path) -> bool:
    """Whether the clip is sound and only OpenCV's build lacks its codec (AV1, for one)."""
    with open_container(path) as container:
        try:
            return next(container.decode(_find_video(container)), None) is not None
        except (av.FFmpegError, OSError):
            return False
