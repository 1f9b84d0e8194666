"""Dahua's container, drawn for tests: nothing that writes it is at hand."""

import struct
from pathlib import Path

import av

_SECOND = 1_000_000  # frames carry a date in seconds and milliseconds that wrap at 65,536


def write_dhav(source: Path, path: Path) -> Path:
    """The H.264 pictures of a clip as a .dav file."""
    with av.open(str(source)) as container, path.open("wb") as target:
        track = container.streams.video[0]
        annex_b = av.BitStreamFilterContext("h264_mp4toannexb", in_stream=track)
        number = 0
        for packet in container.demux(track):
            for filtered in annex_b.filter(packet if packet.size else None):
                target.write(_frame(bytes(filtered), number, is_keyframe=filtered.is_keyframe, track=track))
                number += 1
    return path


def _frame(data: bytes, number: int, *, is_keyframe: bool, track: av.VideoStream) -> bytes:
    rate = round(float(track.average_rate or 25))
    millis = number * 1000 // rate
    date = (26 << 26) | (1 << 22) | (1 << 17) | (millis // 1000)
    size = bytes((0x82, 0, 0, 0)) + struct.pack("<HH", track.width, track.height)
    coded = bytes((0x81, 0, 2, rate))
    ext = size + coded
    length = 24 + len(ext) + len(data) + 8
    head = b"DHAV" + bytes((0xFD if is_keyframe else 0xFC, 0, 0, 0))
    head += struct.pack("<III", number, length, date) + struct.pack("<H", millis % 65_536)
    head += bytes((len(ext),))
    return head + bytes((sum(head) & 0xFF,)) + ext + data + b"dhav" + struct.pack("<I", length)
