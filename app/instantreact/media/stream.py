"""An open stream: packets, pictures and sound as they arrive, and an end that is always told.

FFmpeg's own time-outs guard the socket; the watchdog here guards the picture: a stream whose timestamps stand still is
lost even when bytes keep coming. Errors never carry FFmpeg's text of the address, which holds the password.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, cast

import av
import numpy as np

from instantreact.domain.media import AudioTrack
from instantreact.errors import NotAllowed, StreamLost, UnsupportedMedia
from instantreact.logs import get_logger
from instantreact.media.live_frame import Arrival, CodedPacket, LiveFrame, TrackKind
from instantreact.media.mask import FrameMask
from instantreact.media.rtsp_relay import RtspRelay
from instantreact.media.stream_clock import SoundClock, StreamClock
from instantreact.media.tracks import choose_picture, choose_sound, pixel_aspect

CameraPacket: TypeAlias = "av.Packet[av.VideoStream] | av.Packet[av.AudioStream]"
log = get_logger(__name__)

_TICKS = Fraction(1, 90_000)
_SOUND_HZ = 16_000


@dataclass(frozen=True)
class StreamLimits:
    """How long to wait for a camera before it counts as lost, and how large a picture may be.

    open_timeout_s   until it answers and says what it sends
    read_timeout_s   without a byte
    stall_timeout_s  without a new picture
    max_lag_s        later than this after the promptest, a picture is not shown as live
    lag_patience_s   a stream behind for so long is taken as it is
    snapshot_every_s how often a snapshot is fetched at most
    """

    open_timeout_s: float = 10.0
    read_timeout_s: float = 5.0
    stall_timeout_s: float = 8.0
    max_lag_s: float = 2.0
    lag_patience_s: float = 10.0
    snapshot_every_s: float = 0.5
    max_pixels: int = 4096 * 2304


@dataclass(frozen=True)
class Playback:
    """How timestamps of a container relate to real time.

    paced          a file: wait until each picture is due
    loops          a file: begin again at its end
    stamps_arrive  timestamps mean nothing (a device): the time of arrival counts
    """

    paced: bool = False
    loops: bool = False
    stamps_arrive: bool = False


class Stream:
    """A container that is being read, by one thread.

    stopped   set it from any thread, and the reading ends within the read time-out
    link      the RTSP connection under the container
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        playback: Playback,
        *,
        limits: StreamLimits,
        mask: FrameMask,
        stopped: threading.Event,
        link: RtspRelay | None = None,
    ) -> None:
        self._container = container
        self._playback = playback
        self._limits = limits
        self._mask = mask
        self._stopped = stopped
        self._link = link
        self._clock = StreamClock(max_lag_s=limits.max_lag_s, patience_s=limits.lag_patience_s)
        self._sound_clock = SoundClock(self._clock)
        self._progress_at_s = time.monotonic()
        self._last_picture_s = -1.0
        self.video, self.audio = _choose_tracks(container, limits)
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=_SOUND_HZ)

    def arrivals(self) -> Iterator[Arrival]:
        """What comes in, until it is stopped or, for a file that does not loop, over. Raises StreamLost."""
        self._progress_at_s = time.monotonic()
        while True:
            for packet in self._packets():
                if self._stopped.is_set():
                    return
                arrival = self._take(packet)
                if arrival is not None:
                    yield arrival
                self._watch()
            if self._stopped.is_set() or (self._playback.paced and not self._playback.loops):
                return
            self._play_again()

    def close(self) -> None:
        self._container.close()
        if self._link:
            self._link.close()

    @property
    def is_over_udp(self) -> bool:
        """Whether an RTSP camera sends its media over UDP."""
        return self._link is not None and self._link.is_over_udp

    @property
    def _failure(self) -> StreamLost | NotAllowed | None:
        return self._link.failure if self._link else None

    def _packets(self) -> Iterator[CameraPacket]:
        tracks = [track for track in (self.video, self.audio) if track is not None]
        packets = self._container.demux(*tracks)
        first: CameraPacket | None = None
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, ValueError) as error:
                raise self._failure or StreamLost(self._explain(error)) from None
            if not packet.size:
                continue
            current = cast("CameraPacket", packet)
            if _stamp_of(current) is None and current.stream is self.video and not self._clock.has_started:
                first = current
                continue
            if first and current.stream is self.video:
                yield self._stamp_before(first, current)
                first = None
            yield current

    def _explain(self, error: Exception) -> str:
        said = explain_error(error, self._limits.read_timeout_s)
        is_deaf = self.is_over_udp and not self._clock.has_started
        return f"{said} It sends over UDP (#udp), which a firewall may stop." if is_deaf else said

    def _stamp_before(self, first: CameraPacket, second: CameraPacket) -> CameraPacket:
        """RTSP brings a stream's first packet without a timestamp; it is the keyframe that all others need."""
        step = 1 / (self.video.average_rate or self.video.guessed_rate or Fraction(25))
        pictures_between = 2 if self.video.codec_context.has_b_frames else 0
        first.time_base = second.time_base
        first.pts = (_stamp_of(second) or 0) - max(1, round((1 + pictures_between) * step / second.time_base))
        first.dts = None if second.dts is None else first.pts
        return first

    def _play_again(self) -> None:
        if not self._playback.loops:
            raise self._failure or StreamLost("The camera ended the stream.")
        try:
            self._container.seek(0)
        except av.FFmpegError:
            raise StreamLost("The file cannot be played again.") from None
        self._clock.restart()

    def _take(self, packet: CameraPacket) -> Arrival | None:
        if self._playback.stamps_arrive:
            packet.time_base = _TICKS
            packet.pts = packet.dts = round(time.monotonic() / _TICKS)
        if isinstance(packet.stream, av.VideoStream):
            return self._take_picture(packet)
        return self._take_sound(packet)

    def _take_picture(self, packet: av.Packet[av.VideoStream]) -> Arrival | None:
        stamp = _stamp_of(packet)
        if stamp is None:
            self._decode(packet)
            return None
        if self._playback.paced:
            self._wait_until_due(float(stamp * packet.time_base))
        placed = self._clock.place(float(stamp * packet.time_base), time.monotonic())
        pictures = self._decode(packet)
        shown = packet.pts if packet.pts is not None else stamp
        coded = _code(packet, TrackKind.VIDEO, self._clock.time_of(float(shown * packet.time_base)))
        aspect = pixel_aspect(self.video)
        frames = [
            LiveFrame(self._time_of(picture, packet, placed.time_s), picture, self._mask, aspect)
            for picture in pictures
        ]
        fresh = [frame for frame in frames if frame.time_s > self._last_picture_s]
        if fresh:
            self._last_picture_s = fresh[-1].time_s
            self._progress_at_s = time.monotonic()
        return Arrival(coded, frames=() if placed.is_stale else tuple(fresh))

    def _take_sound(self, packet: av.Packet[av.AudioStream]) -> Arrival | None:
        if self._clock.awaits_picture or packet.pts is None:
            return None
        was_by_arrival = self._sound_clock.is_by_arrival
        time_s = self._sound_clock.place(float(packet.pts * packet.time_base), time.monotonic())
        if self._sound_clock.is_by_arrival and not was_by_arrival:
            log.info("camera.sound_has_another_clock", stamp_s=float(packet.pts * packet.time_base), time_s=time_s)
        coded = _code(packet, TrackKind.AUDIO, time_s)
        try:
            heard = [part for frame in packet.decode() for part in self._resampler.resample(frame)]
        except (av.FFmpegError, ValueError):
            return Arrival(coded)
        if not heard or coded.time_s < 0:
            return Arrival(coded)
        samples = np.concatenate([part.to_ndarray().reshape(-1) for part in heard]).astype(np.int16, copy=False)
        return Arrival(coded, sound=(AudioTrack(samples, coded.time_s, _SOUND_HZ),))

    def _decode(self, packet: av.Packet[av.VideoStream]) -> list[av.VideoFrame]:
        """The pictures that the packet completes; a damaged packet costs only itself."""
        try:
            pictures = packet.decode()
        except (av.FFmpegError, ValueError):
            return []
        if any(picture.width * picture.height > self._limits.max_pixels for picture in pictures):
            raise UnsupportedMedia("The camera's picture is larger than the limit allows.")
        return pictures

    def _time_of(self, picture: av.VideoFrame, packet: av.Packet[av.VideoStream], packet_time_s: float) -> float:
        if picture.pts is None or self._playback.stamps_arrive:
            return packet_time_s
        return self._clock.time_of(float(picture.pts * (picture.time_base or packet.time_base)))

    def _watch(self) -> None:
        if time.monotonic() > self._progress_at_s + self._limits.stall_timeout_s:
            raise StreamLost(f"The camera sent no new picture for {self._limits.stall_timeout_s:g} s.")

    def _wait_until_due(self, stamp_s: float) -> None:
        ahead_s = self._clock.ahead(stamp_s, time.monotonic())
        if ahead_s > 0:
            self._stopped.wait(ahead_s)


def _stamp_of(packet: CameraPacket) -> int | None:
    """When to decode the packet or, where nothing says so, when to show it."""
    return packet.dts if packet.dts is not None else packet.pts


def _code(packet: CameraPacket, kind: TrackKind, time_s: float) -> CodedPacket:
    """The packet as it came, at its time on the stream's clock."""
    pts = packet.pts if packet.pts is not None else packet.dts or 0
    return CodedPacket(
        kind,
        bytes(packet),
        time_s,
        pts=pts,
        dts=packet.dts,
        time_base=packet.time_base,
        is_keyframe=packet.is_keyframe,
    )


def explain_error(error: Exception, timeout_s: float) -> str:
    """What went wrong, for people, without the address."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return "The camera refused the user name or password."
    if isinstance(error, av.error.HTTPNotFoundError):
        return "The camera has no stream of this path."
    if isinstance(error, av.error.ExitError | TimeoutError):
        return f"The camera sent nothing for {timeout_s:g} s."
    if isinstance(error, ConnectionRefusedError):
        return "Nothing listens there."
    if isinstance(error, av.error.InvalidDataError):
        return "What the camera sends cannot be read as video."
    reason = error.strerror if isinstance(error, av.FFmpegError) else None
    return f"The connection to the camera broke ({reason or type(error).__name__})."


def _choose_tracks(
    container: av.container.InputContainer, limits: StreamLimits
) -> tuple[av.VideoStream, av.AudioStream | None]:
    """The tracks that are chosen of a clip, too; one thread each, since there is one per camera already."""
    if not container.streams.video:
        raise UnsupportedMedia("The camera sends no picture.")
    video = choose_picture(container)
    if video.codec_context.width * video.codec_context.height > limits.max_pixels:
        raise UnsupportedMedia("The camera's picture is larger than the limit allows.")
    video.codec_context.thread_count = 1
    return video, choose_sound(container)
