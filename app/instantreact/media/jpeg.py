"""JPEG pictures on their way in: found in a flow of bytes, measured by their header, decoded."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import cast

import av

from instantreact.errors import UnreadableMedia
from instantreact.media.live_frame import Arrival, CodedPacket, LiveFrame, TrackKind
from instantreact.media.mask import FrameMask

MAX_JPEG_BYTES = 8_000_000
JPEG_START = b"\xff\xd8\xff"
_TICKS = Fraction(1, 90_000)
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = 0xD8, 0xD9, 0xDA
_STANDS_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKER_IN_SCAN = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")


class JpegSplitter:
    """Cuts a flow of bytes into JPEGs by their own marks (ITU-T T.81, annex B); what lies between them is dropped.

    A thumbnail inside a picture's header is part of it. A picture that another begins in ends there.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._at = 0
        self._in_scan = False

    def split(self, received: bytes) -> list[bytes]:
        """The pictures that are complete by now."""
        self._data += received
        found: list[bytes] = []
        while self._find_start() and (end := self._find_end()) is not None:
            if end:
                found.append(bytes(self._data[:end]))
            self._drop(end or 2)
        if len(self._data) > MAX_JPEG_BYTES:
            self._drop(len(self._data))
        return found

    def finish(self) -> bytes | None:
        """The flow is over: the picture that lacks its end, if there is one."""
        return bytes(self._data) if self._in_scan else None

    def _drop(self, count: int) -> None:
        del self._data[:count]
        self._at, self._in_scan = 0, False

    def _find_start(self) -> bool:
        if self._at:
            return True
        start = self._data.find(JPEG_START)
        self._drop(start if start >= 0 else max(0, len(self._data) - len(JPEG_START) + 1))
        self._at = 2 if start >= 0 else 0
        return start >= 0

    def _find_end(self) -> int | None:
        """Where the picture ends; None while it is incomplete, 0 where it is none."""
        data = self._data
        while True:
            if self._in_scan:
                found = _MARKER_IN_SCAN.search(data, self._at)
                self._at = found.start() if found else max(self._at, len(data) - 1)
                if found is None:
                    return None
                if data[self._at + 1] == _START_OF_IMAGE:
                    return self._at
                self._in_scan = False
            if len(data) < self._at + 4 and data[self._at + 1 : self._at + 2] != bytes([_END_OF_IMAGE]):
                return None
            marker = data[self._at + 1]
            if data[self._at] != 0xFF or marker in {0x00, _START_OF_IMAGE}:
                return 0
            if marker == _END_OF_IMAGE:
                return self._at + 2
            self._at += _length_of_segment(data, self._at)
            self._in_scan = marker == _START_OF_SCAN


def _length_of_segment(data: bytes | bytearray, at: int) -> int:
    """How far the next marker is from the one at `at`."""
    marker = data[at + 1]
    if marker == 0xFF:
        return 1
    return 2 if marker in _STANDS_ALONE else 2 + int.from_bytes(data[at + 2 : at + 4])


def read_jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height from a JPEG's frame header (ITU-T T.81, B.2.2). Raises UnreadableMedia."""
    at = 2
    if jpeg[:2] != b"\xff\xd8":
        raise UnreadableMedia("A frame is not a JPEG.")
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        if jpeg[at + 1] in _SIZE_MARKERS:
            height, width = int.from_bytes(jpeg[at + 5 : at + 7]), int.from_bytes(jpeg[at + 7 : at + 9])
            return width, height
        at += _length_of_segment(jpeg, at)
    raise UnreadableMedia("A frame is a damaged JPEG.")


class JpegDecoder:
    """Decodes one camera's JPEGs; as evidence is decoded, too, so that a mask lies on the same picture everywhere."""

    def __init__(self) -> None:
        self._context = av.CodecContext.create("mjpeg", "r")
        self._context.thread_count = 1
        # Half a picture, filled up with grey, would be taken for something that moves.
        self._context.options = {"err_detect": "explode"}

    def decode(self, jpeg: bytes) -> av.VideoFrame | None:
        """The picture, or None where the JPEG is damaged or cut off."""
        try:
            return next(iter(self._context.decode(cast("av.Packet[av.VideoStream]", av.Packet(jpeg)))), None)
        except (av.FFmpegError, ValueError):
            return None


def make_arrival(jpeg: bytes, picture: av.VideoFrame, time_s: float, mask: FrameMask) -> Arrival:
    """A JPEG that came in `time_s` seconds after the stream's first."""
    stamp = round(time_s / _TICKS)
    packet = CodedPacket(TrackKind.VIDEO, jpeg, time_s, stamp, stamp, _TICKS, is_keyframe=True)
    return Arrival(packet, frames=(LiveFrame(time_s, picture, mask),))
