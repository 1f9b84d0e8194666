"""Opening an untrusted file: only containers that hold their own data, never a playlist that names other files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from instantreact.errors import UnreadableMedia, UnsupportedMedia

CONTAINERS = ",".join(
    (
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mxf,gxf,wtv,dv,nut,rm,gif",
        "dhav,ifv,luodat,lvf,iv8,nsv,pva",  # recorders: Dahua, IFV, Dahua's DAT, LVF, IndigoVision
        "h264,hevc,vvc,h263,h261,mpegvideo,m4v,vc1,mjpeg,mpjpeg,ivf,obu",
        "mp3,wav,flac,aac",
    )
)
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
        raise UnreadableMedia(
            "The file is not a clip, or it breaks off before its first frame. If a recorder (DVR) wrote it in a format "
            "of its own, export it as MP4."
        ) from error
    with container:
        yield container
