"""A clip's sound, by MoviePy: mono, 16 kHz, a few seconds at a time, so that a long clip takes no more memory.

MoviePy brings its own ffmpeg (imageio-ffmpeg's wheel carries it). Its reader opens the file; the pipe is read here,
because the reader pads a broken tail with silence and warns about it.
"""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from moviepy.audio.io.readers import FFMPEG_AudioReader
from numpy.typing import NDArray

from instantreact.domain.media import AudioTrack
from instantreact.errors import UnreadableMedia
from instantreact.media.containers import decodable_sound, open_container

RATE_HZ = 16_000
_BYTES_PER_SAMPLE = 2


@dataclass(frozen=True)
class _Sound:
    starts_s: float
    length_is_declared: bool


def extract_audio(path: Path, *, chunk_s: float = 10.0) -> Generator[AudioTrack, None, None]:
    """The clip's sound in chunks of `chunk_s` seconds, the last one shorter; nothing where there is no sound track.

    `start_s` counts from the first frame of the video. Sound from before that frame is left out.
    Raises UnreadableMedia where the file cannot be opened.
    """
    sound = _find_sound(path)
    if sound is None:
        return
    position = round(sound.starts_s * RATE_HZ)
    with _open_pipe(path, sound) as pipe:
        _read_samples(pipe, max(0, -position))
        position = max(0, position)
        while len(samples := _read_samples(pipe, round(chunk_s * RATE_HZ))) > 0:
            yield AudioTrack(samples=samples, start_s=position / RATE_HZ, rate_hz=RATE_HZ)
            position += len(samples)


def _find_sound(path: Path) -> _Sound | None:
    with open_container(path) as container:
        tracks = decodable_sound(container)
        if not tracks:
            return None
        starts_s = [
            float(stream.start_time * stream.time_base)
            for stream in (tracks[0], *container.streams.video[:1])
            if stream.start_time is not None and stream.time_base is not None
        ]
        offset_s = starts_s[0] - starts_s[1] if len(starts_s) == 2 else 0.0
        return _Sound(starts_s=offset_s, length_is_declared=container.duration is not None)


@contextmanager
def _open_pipe(path: Path, sound: _Sound) -> Iterator[BinaryIO]:
    """MoviePy's ffmpeg, writing samples; gone when the block is left, whatever state it is in."""
    try:
        # Without a buffer the reader opens its pipe and reads nothing ahead.
        reader = FFMPEG_AudioReader(
            str(path), 0, decode_file=not sound.length_is_declared, fps=RATE_HZ, nbytes=_BYTES_PER_SAMPLE, nchannels=1
        )
    except OSError as error:
        raise UnreadableMedia("The clip's sound cannot be opened.") from error
    process = reader.proc
    # A damaged track fills the pipe of complaints, and ffmpeg stops until somebody reads it.
    complaints = threading.Thread(target=_read_to_end, args=(process.stderr,), daemon=True)
    complaints.start()
    try:
        yield process.stdout
    finally:
        process.kill()
        process.wait()
        complaints.join()
        process.stdout.close()
        process.stderr.close()
        reader.close()


def _read_to_end(stream: BinaryIO) -> None:
    while stream.read(65_536):
        pass


def _read_samples(pipe: BinaryIO, count: int) -> NDArray[np.int16]:
    """Up to `count` samples, fewer only at the end of the sound; a sample cut in half is dropped."""
    chunk = bytearray()
    while len(chunk) < count * _BYTES_PER_SAMPLE:
        piece = pipe.read(count * _BYTES_PER_SAMPLE - len(chunk))
        if not piece:
            break
        chunk += piece
    return np.frombuffer(chunk, dtype="<i2", count=len(chunk) // _BYTES_PER_SAMPLE)
