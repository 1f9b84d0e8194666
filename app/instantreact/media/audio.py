"""A clip's sound on its timeline: mono, 16 kHz, a few seconds at a time, so that a long clip takes no more memory.

A long plain track is read by MoviePy, whose ffmpeg works beside this process. PyAV reads short ones, which take less
time than MoviePy's start, and what MoviePy would place wrongly or cannot open: sound with a hole, with a clock that is
set on the way, or beside tracks of other kinds. Both give the same samples.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from numpy.typing import NDArray

from instantreact.domain.media import AudioTrack
from instantreact.errors import UnreadableMedia
from instantreact.media.containers import open_container
from instantreact.media.stamps import HOLE_S
from instantreact.media.timeline import SoundTimes, read_timeline

RATE_HZ = 16_000

LONG_S = 60.0
"""From this length on a plain track is MoviePy's."""

Part = tuple[float, NDArray[np.int16]]
"""When some samples begin, and the samples."""


def extract_audio(path: Path, *, chunk_s: float = 10.0, long_s: float = LONG_S) -> Generator[AudioTrack, None, None]:
    """The clip's sound in chunks of up to `chunk_s` seconds; nothing where there is no sound track.

    Plain tracks of `long_s` seconds and more are read by MoviePy.

    `start_s` counts from the first picture: it is negative for what was heard before. A chunk ends where the sound has
    a hole, and the next one begins after it. Raises UnreadableMedia or UnsupportedMedia.
    """
    with open_container(path) as container:
        timeline = read_timeline(container)
    sound = timeline.sound
    if sound is None:
        return
    # MoviePy needs to be told a length.
    by_moviepy = sound.is_plain and timeline.has_length and timeline.duration_s >= long_s
    parts = _read_plain(path, sound) if by_moviepy else _read(path, sound)
    for start_s, samples in _join(parts, round(chunk_s * RATE_HZ)):
        yield AudioTrack(samples=samples, start_s=start_s, rate_hz=RATE_HZ)


def _read_plain(path: Path, sound: SoundTimes) -> Iterator[Part]:
    """By MoviePy; by PyAV after all where that hears nothing."""
    from instantreact.media.plain_sound import read_plain_sound  # slow to import

    done = 0
    try:
        for samples in read_plain_sound(path, RATE_HZ):
            yield sound.starts_s + done / RATE_HZ, samples
            done += len(samples)
    except UnreadableMedia:
        pass
    if done == 0:
        yield from _read(path, sound)


def _read(path: Path, sound: SoundTimes) -> Iterator[Part]:
    """By PyAV, as far as the track can be read: what follows on a hole is placed where its stamp says."""
    resampler, end_s = _make_resampler(), -np.inf
    for said_s, frame in _decode(path, sound):
        if said_s - end_s > HOLE_S:
            resampler, end_s = _make_resampler(), said_s
        try:
            parts = resampler.resample(frame)
        except ValueError:  # the sound's rate or layout changes on the way
            resampler = _make_resampler()
            parts = resampler.resample(frame)
        for part in parts:
            samples = part.to_ndarray().reshape(-1).astype(np.int16, copy=False)
            yield end_s, samples
            end_s += len(samples) / RATE_HZ


def _decode(path: Path, sound: SoundTimes) -> Iterator[tuple[float, AudioFrame]]:
    """Each piece of sound and when it is heard, -inf for right after the last; damaged ones are left out."""
    shift_s, shifts_s = 0.0, iter(sound.shifts_s.tolist())
    unsaid_s = sound.starts_s
    for packet in _packets(path, sound):
        shift_s = next(shifts_s, shift_s) if packet.size else shift_s
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError):
            continue
        for frame in frames:
            yield unsaid_s if frame.time is None else frame.time + shift_s, frame
            unsaid_s = -np.inf


def _packets(path: Path, sound: SoundTimes) -> Iterator[Packet[AudioStream]]:
    with open_container(path) as container:
        track = next(each for each in container.streams.audio if each.index == sound.track)
        try:
            yield from container.demux(track)
        except (av.FFmpegError, OSError):
            return  # what could be read counts


def _make_resampler() -> av.AudioResampler:
    return av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)


def _join(parts: Iterator[Part], most: int) -> Iterator[Part]:
    """The same sound in parts of `most` samples, shorter only before a hole and at the end."""
    waiting: list[NDArray[np.int16]] = []
    start_s, count = 0.0, 0
    for part_s, samples in parts:
        if waiting and part_s - (start_s + count / RATE_HZ) > HOLE_S / 2:
            yield start_s, np.concatenate(waiting)
            waiting, count = [], 0
        start_s = start_s if waiting else part_s
        waiting.append(samples)
        count += len(samples)
        while count >= most:
            whole = np.concatenate(waiting)
            yield start_s, whole[:most]
            waiting, count, start_s = [whole[most:]], count - most, start_s + most / RATE_HZ
    if count:
        yield start_s, np.concatenate(waiting)
