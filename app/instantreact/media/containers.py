"""Opening an untrusted file: only containers that hold their own data, never a playlist that names other files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream

from instantreact.errors import UnreadableMedia, UnsupportedMedia

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,h264,hevc,gif,mp3,wav,flac,aac"
"""FFmpeg's names of what is opened; `hls`, `concat`, `dash` and their like could read any file or address."""


@contextmanager
def open_container(path: Path) -> Iterator[InputContainer]:
    """The container in the file, whatever its name; raises UnreadableMedia or UnsupportedMedia."""
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
    try:
        container = av.open(str(path), options=options)
    except av.ArgumentError as error:
        raise UnsupportedMedia("The file is of a kind that is not a clip, a picture or a playlist perhaps.") from error
    except (av.FFmpegError, OSError) as error:
        raise UnreadableMedia("The file is not a clip, or it breaks off before its first frame.") from error
    with container:
        yield container


def decodable_sound(container: InputContainer) -> list[AudioStream]:
    """The container's sound tracks whose codec is known."""
    return [track for track in container.streams.audio if _codec(track) is not None]


def _codec(stream: Stream) -> object | None:
    """PyAV's type promises a codec; a stream of unknown kind has none all the same."""
    return stream.codec_context
