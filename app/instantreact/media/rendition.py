"""A clip's file coded anew so that browsers play it: H.264 and AAC in MP4, upright, on the clip's timeline."""

from __future__ import annotations

import heapq
import io
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from instantreact.domain.media import AudioTrack, ClipInfo, Images
from instantreact.errors import TooLarge, UnreadableMedia
from instantreact.media.audio import RATE_HZ, extract_audio
from instantreact.media.pictures import PictureReader, open_pictures

MAX_WIDTH, MAX_BYTES, MAX_DURATION_S = 1280, 256_000_000, 1800.0

AnyPacket: TypeAlias = "Packet[VideoStream] | Packet[AudioStream]"
Coded: TypeAlias = "Iterator[tuple[float, AnyPacket]]"

_TICKS = Fraction(1, 90_000)
_TOLD_EVERY_S = 5.0
_LEAST_STEP_S = 1 / 61
_CODING = {"preset": "veryfast", "crf": "24", "bf": "0"}


def plays_in_browsers(info: ClipInfo) -> bool:
    """Whether the file plays as it is, as far as container and codec tell."""
    kinds = info.container.split(",")
    if "mp4" in kinds:
        return info.video_codec in {"h264", "av1"}
    return "webm" in kinds and info.video_codec in {"vp8", "vp9", "av1"}


def make_rendition(path: Path, *, tell: Callable[[], None] = lambda: None) -> bytes:
    """The clip as such a file; `tell` is called now and then while it is made.

    Raises UnreadableMedia, UnsupportedMedia, and TooLarge for what is longer than `MAX_DURATION_S`, or would become
    larger than `MAX_BYTES`.
    """
    target, told_s = io.BytesIO(), time.monotonic()
    with open_pictures(path) as reader, av.open(target, "w", format="mp4") as film:
        for time_s, packet in _code(film, path, reader):
            if time_s > MAX_DURATION_S:
                raise TooLarge(f"The clip is longer than {MAX_DURATION_S / 60:.0f} minutes: download it instead.")
            if target.tell() > MAX_BYTES:
                raise TooLarge(f"The clip would have more than {MAX_BYTES // 1_000_000} MB: download it instead.")
            film.mux(packet)
            if time.monotonic() - told_s > _TOLD_EVERY_S:
                tell()
                told_s = time.monotonic()
    return target.getvalue()


def _code(film: av.container.OutputContainer, path: Path, reader: PictureReader) -> Coded:
    """The packets of both tracks, in the order of their times."""
    pictures = _read_pictures(reader)
    first = next(pictures, None)
    if first is None:
        raise UnreadableMedia("Not one frame of the clip can be decoded.")
    video = film.add_stream("libx264", rate=25, options=_CODING)
    video.height, video.width = first[1].shape[:2]
    video.pix_fmt = "yuv420p"
    video.codec_context.time_base, video.codec_context.thread_count = _TICKS, 1
    coded = [_code_pictures(video, chain([first], pictures))]
    chunks = extract_audio(path)
    heard = next(chunks, None)
    if heard is not None:
        sound = film.add_stream("aac", rate=RATE_HZ, layout="mono")
        coded.append(_code_sound(sound, chain([heard], chunks)))
    yield from heapq.merge(*coded, key=lambda each: each[0])


def _read_pictures(reader: PictureReader) -> Iterator[tuple[float, Images]]:
    """Each picture upright, in square pixels and the size of the first, with its time; few enough for a screen."""
    size: tuple[int, int] | None = None
    last_s = -1.0
    for picture in reader.pictures():
        if picture.time_s - last_s < _LEAST_STEP_S:
            continue
        last_s, image = picture.time_s, picture.bgr()
        if size is None:
            aspect = reader.aspect if picture.turn_deg % 180 == 0 else 1 / reader.aspect
            size = _find_size(image.shape[1], image.shape[0], aspect)
        if image.shape[1::-1] != size:
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        yield last_s, image


def _find_size(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """Even, as H.264 has it, and no wider than `MAX_WIDTH`."""
    wide, high = width * max(aspect, Fraction(1)), height / min(aspect, Fraction(1))
    shrink = min(Fraction(1), MAX_WIDTH / Fraction(wide))
    return max(2, round(wide * shrink / 2) * 2), max(2, round(high * shrink / 2) * 2)


def _code_pictures(track: av.VideoStream, pictures: Iterator[tuple[float, Images]]) -> Coded:
    for time_s, image in pictures:
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
        frame.time_base, frame.pts = _TICKS, round(time_s / _TICKS)
        yield from _place(track.encode(frame))
    yield from _place(track.encode(None))


def _code_sound(track: av.AudioStream, chunks: Iterator[AudioTrack]) -> Coded:
    """Without holes, which players do not agree on: silence is put there. What was heard before the first picture
    is left out."""
    at = 0
    for chunk in chunks:
        begins = round(chunk.start_s * RATE_HZ)
        samples = np.concatenate([np.zeros(max(0, begins - at), np.int16), chunk.samples[max(0, at - begins) :]])
        if not len(samples):
            continue
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), at
        at += len(samples)
        yield from _place(track.encode(frame))
    yield from _place(track.encode(None))


def _place(packets: Sequence[AnyPacket]) -> Coded:
    for packet in packets:
        stamp = packet.dts if packet.dts is not None else packet.pts
        yield float((stamp or 0) * (packet.time_base or 0)), packet
