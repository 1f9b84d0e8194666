"""Codes a moment of a stream anew: pictures, masked, as H.264 and sound as AAC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import cast

import av
import numpy as np

from instantreact.domain.media import Images
from instantreact.errors import InvalidInput, StreamLost
from instantreact.media.live_frame import CodedPacket
from instantreact.media.mask import FrameMask
from instantreact.media.tracks import pixel_aspect

_TICKS = Fraction(1, 90_000)
_AAC_HZ = 16_000
_FAST = {"preset": "veryfast", "crf": "23"}


def code_pictures_anew(
    container: av.container.OutputContainer,
    packets: Sequence[CodedPacket],
    video: av.VideoStream | None,
    mask: FrameMask,
) -> Iterator[av.Packet[av.VideoStream]]:
    """Add an H.264 track to the file, and give its packets, with what is masked in black.

    `video` is the stream's track; None for pushed JPEGs. Raises StreamLost when no packet can be decoded.
    """
    decoded = _decode_pictures(packets, video, mask)
    first = next(decoded, None)
    if first is None:
        raise StreamLost("Nothing of that moment can be shown.")
    height, width = first[1].shape[:2]
    track = container.add_stream("libx264", rate=25, options=_FAST)
    track.width, track.height, track.pix_fmt = width - width % 2, height - height % 2, "yuv420p"
    track.codec_context.time_base = _TICKS
    if video is not None:
        track.codec_context.sample_aspect_ratio = pixel_aspect(video)
    return _encode_pictures(track, chain([first], decoded))


def write_film(path: Path, pictures: Iterator[tuple[float, Images]]) -> None:
    """Write RGB pictures (H, W, 3), each with its seconds, as MP4; those that are smaller than the first are left out.

    Raises OSError where the file cannot be written, InvalidInput where there is no picture.
    """
    first = next(pictures, None)
    if first is None:
        raise InvalidInput("There is no picture to write.")
    height, width = first[1].shape[:2]
    with av.open(str(path), "w", format="mp4") as container:
        track = container.add_stream("libx264", rate=25, options=_FAST)
        track.width, track.height, track.pix_fmt = width - width % 2, height - height % 2, "yuv420p"
        track.codec_context.time_base = _TICKS
        for packet in _encode_pictures(track, chain([first], pictures)):
            container.mux(packet)


def code_sound_anew(
    container: av.container.OutputContainer, packets: Sequence[CodedPacket], audio: av.AudioStream, zero_s: float
) -> Iterator[av.Packet[av.AudioStream]]:
    """Add an AAC track, mono, to the file, and give its packets, their times counted from `zero_s`."""
    track = container.add_stream("aac", rate=_AAC_HZ, layout="mono")
    return _encode_sound(track, _decode_sound(packets, audio), packets[0].time_s - zero_s)


def _decode_pictures(
    packets: Sequence[CodedPacket], video: av.VideoStream | None, mask: FrameMask
) -> Iterator[tuple[float, Images]]:
    """Each picture, masked, with its seconds from the first packet; what is damaged is left out."""
    name = video.codec_context.name if video else "mjpeg"
    decoder = cast("av.VideoCodecContext", av.CodecContext.create(name, "r"))
    if video is not None and video.codec_context.extradata:
        decoder.extradata = video.codec_context.extradata
    for packet in chain(packets, [None]):
        try:
            pictures = decoder.decode(_as_packet(packet, packets[0]) if packet else None)
        except (av.FFmpegError, ValueError):
            continue
        for picture in pictures:
            image = picture.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
            yield float((picture.pts or 0) * _TICKS), mask.black_out(image)


def _as_packet(packet: CodedPacket, first: CodedPacket) -> av.Packet[av.VideoStream]:
    copied = cast("av.Packet[av.VideoStream]", av.Packet(packet.data))
    copied.time_base, copied.pts = _TICKS, round((packet.time_s - first.time_s) / _TICKS)
    return copied


def _encode_pictures(
    track: av.VideoStream, images: Iterator[tuple[float, Images]]
) -> Iterator[av.Packet[av.VideoStream]]:
    last = -1
    for time_s, image in images:
        if image.shape[0] < track.height or image.shape[1] < track.width:
            continue
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[: track.height, : track.width]), format="rgb24")
        last = max(last + 1, round(time_s / _TICKS))
        frame.time_base, frame.pts = _TICKS, last
        yield from track.encode(frame)
    yield from track.encode(None)


def _decode_sound(packets: Sequence[CodedPacket], audio: av.AudioStream) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    context = audio.codec_context
    decoder = cast("av.AudioCodecContext", av.CodecContext.create(context.name, "r"))
    decoder.sample_rate, decoder.layout = context.sample_rate, context.layout.name
    if context.extradata:
        decoder.extradata = context.extradata
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_AAC_HZ)
    parts = [np.zeros(0, np.int16)]
    for packet in packets:
        try:
            frames = decoder.decode(cast("av.Packet[av.AudioStream]", av.Packet(packet.data)))
        except (av.FFmpegError, ValueError):
            continue
        for frame in frames:
            frame.pts = None
            parts.extend(part.to_ndarray().reshape(-1).astype(np.int16) for part in resampler.resample(frame))
    return np.concatenate(parts)


def _encode_sound(
    track: av.AudioStream, samples: np.ndarray[tuple[int], np.dtype[np.int16]], start_s: float
) -> Iterator[av.Packet[av.AudioStream]]:
    if len(samples):
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.time_base = _AAC_HZ, Fraction(1, _AAC_HZ)
        frame.pts = max(0, round(start_s * _AAC_HZ))
        yield from track.encode(frame)
    yield from track.encode(None)
