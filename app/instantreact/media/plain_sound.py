"""Sound by MoviePy, for tracks without a hole in files that hold nothing else but a picture; `audio` reads the others.

MoviePy brings its own ffmpeg (imageio-ffmpeg's wheel carries it). Its reader opens the file; the pipe is read here,
because the reader pads a broken tail with silence and warns about it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from moviepy.audio.io.readers import FFMPEG_AudioReader
from numpy.typing import NDArray

from instantreact.errors import UnreadableMedia

_BYTES_PER_SAMPLE = 2
_READ_BYTES = 2 * 16_000


def read_plain_sound(path: Path, rate_hz: int) -> Iterator[NDArray[np.int16]]:
    """The samples of the file's only sound track, some at a time; ffmpeg is gone when the iterator is closed.

    Raises UnreadableMedia where MoviePy cannot make sense of what ffmpeg says of the file.
    """
    with _open_pipe(path, rate_hz) as pipe:
        while len(piece := _read_up_to(pipe, _READ_BYTES)) >= _BYTES_PER_SAMPLE:
            yield np.frombuffer(piece, dtype="<i2", count=len(piece) // _BYTES_PER_SAMPLE)


@contextmanager
def _open_pipe(path: Path, rate_hz: int) -> Iterator[BinaryIO]:
    """MoviePy's ffmpeg, writing samples; gone when the block is left, whatever state it is in."""
    try:
        # Without a buffer the reader opens its pipe and reads nothing ahead.
        reader = FFMPEG_AudioReader(str(path), 0, fps=rate_hz, nbytes=_BYTES_PER_SAMPLE, nchannels=1)
    except (OSError, LookupError, TypeError, ValueError) as error:
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


def _read_up_to(pipe: BinaryIO, count: int) -> bytes:
    """Up to `count` bytes, fewer only at the end."""
    pieces = bytearray()
    while len(pieces) < count and (piece := pipe.read(count - len(pieces))):
        pieces += piece
    return bytes(pieces)


def _read_to_end(stream: BinaryIO) -> None:
    while stream.read(65_536):
        pass
