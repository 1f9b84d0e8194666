"""A clip's pictures in the order in which they are shown, each at its time on the clip's timeline, by PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from instantreact.domain.media import Images
from instantreact.media.containers import open_container
from instantreact.media.doubts import Doubts
from instantreact.media.timeline import Timeline, read_timeline
from instantreact.media.tracks import pixel_aspect

_TICKS_PER_S = 1_000_000_000  # so fine that rounding decides nothing
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, eq=False)
class DecodedPicture:
    """A decoded picture, shown at `time_s`; the next one is about `interval_s` later."""

    time_s: float
    interval_s: float
    frame: VideoFrame
    scaler: VideoReformatter

    @property
    def turn_deg(self) -> int:
        """The clockwise turn that makes it upright."""
        return -round(self.frame.rotation) % 360

    def bgr(self) -> Images:
        """The picture (H, W, 3), blue first and upright. Converting costs time: ask for what is kept."""
        image = np.asarray(self.scaler.reformat(self.frame, format="bgr24", threads=1).to_ndarray(), np.uint8)
        turn = _TURNS.get(self.turn_deg)
        return image if turn is None else np.asarray(cv2.rotate(image, turn), np.uint8)


class PictureReader:
    """Reads the picture track of an open clip once.

    aspect  how much wider than high a pixel of the pictures, before they are turned, is to be shown
    """

    def __init__(self, container: InputContainer, timeline: Timeline) -> None:
        self._container = container
        self.timeline = timeline
        self._track: VideoStream = next(each for each in container.streams.video if each.index == timeline.picture)
        self._track.codec_context.thread_count = 1
        self.aspect = pixel_aspect(self._track)
        self._scaler = VideoReformatter()
        self.doubts = Doubts(timeline)

    def pictures(self) -> Iterator[DecodedPicture]:
        """The pictures that can be decoded, at ascending times."""
        usual_s, last_s, delay_s = self.timeline.usual_s, None, 0.0
        near_s = self.timeline.near_s
        for frame in self._decode():
            time_s = _time_of(frame)
            if last_s is None:
                # Where packets tell no order, pictures come with the stamps of those that pushed them out.
                delay_s = 0.0 if self.timeline.order else time_s or 0.0
                time_s, interval_s = time_s or 0.0, near_s
            elif time_s is None or time_s - delay_s <= last_s:
                time_s, interval_s = last_s + delay_s + usual_s, near_s
            else:
                interval_s = min(time_s - delay_s - last_s, near_s)
            time_s -= delay_s
            self.doubts.note_step(last_s, time_s)
            yield DecodedPicture(time_s, interval_s, frame, self._scaler)
            last_s = time_s
        self.doubts.note_step(last_s, None)

    def _decode(self) -> Iterator[VideoFrame]:
        """Every picture of the track; a damaged packet costs only what hangs on it."""
        stamps_s = iter(self.timeline.stamps_s.tolist())
        for packet in self._packets():
            if packet is not None and packet.size:
                ticks = round(next(stamps_s, 0.0) * _TICKS_PER_S)
                self.doubts.note_packet(packet.size, is_keyframe=packet.is_keyframe)
                packet.time_base, packet.dts = Fraction(1, _TICKS_PER_S), ticks
                packet.pts = ticks if self.timeline.order else None
            try:
                frames = self._track.decode(packet)
            except (av.FFmpegError, ValueError):
                continue
            yield from frames

    def _packets(self) -> Iterator[Packet[VideoStream] | None]:
        """The packets, and None where the file breaks off, so that what the decoder holds back comes out."""
        try:
            yield from self._container.demux(self._track)
        except (av.FFmpegError, OSError):
            yield None


@contextmanager
def open_pictures(path: Path, timeline: Timeline | None = None) -> Iterator[PictureReader]:
    """The clip's pictures, on its timeline, which is read first if need be.

    Raises UnreadableMedia or UnsupportedMedia.
    """
    if timeline is None:
        with open_container(path) as container:
            timeline = read_timeline(container)
    with open_container(path) as container:
        yield PictureReader(container, timeline)


def _time_of(frame: VideoFrame) -> float | None:
    stamp = frame.pts if frame.pts is not None else frame.dts
    return None if stamp is None else stamp / _TICKS_PER_S
