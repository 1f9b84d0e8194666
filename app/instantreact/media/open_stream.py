"""Opens any kind of source as a stream, and probes one: what does it send, or why can it not be opened."""

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import av

from instantreact.errors import StreamLost, UnsupportedMedia
from instantreact.logs import get_logger
from instantreact.media.containers import CONTAINERS
from instantreact.media.http_body import HttpCamera
from instantreact.media.jpeg_stream import JpegStream
from instantreact.media.mask import FrameMask
from instantreact.media.push import PushSlot, PushStream
from instantreact.media.reach import ReachPolicy, resolve_file, resolve_host
from instantreact.media.rtsp_relay import RtspRelay, TransportRefused
from instantreact.media.source import Scheme, Source, describe_source
from instantreact.media.stream import Playback, Stream, StreamLimits, explain_error

log = get_logger(__name__)

OpenStream: TypeAlias = Stream | JpegStream | PushStream
_ANALYZE_US = "500000"  # FFmpeg's own five seconds would be spent on every reconnection


class ReadAs(StrEnum):
    """How a source is read."""

    RTSP_TCP = "rtsp_tcp"
    RTSP_UDP = "rtsp_udp"
    MJPEG = "mjpeg"
    JPEG_SNAPSHOTS = "jpeg_snapshots"
    DEVICE = "device"
    FILE = "file"


@dataclass(frozen=True)
class StreamInfo:
    """What a camera sends, and a picture of it."""

    read_as: ReadAs
    video_codec: str
    width: int
    height: int
    fps: float
    audio_codec: str | None
    snapshot_jpeg: bytes


@dataclass(frozen=True)
class Opening:
    """How streams are opened: the policy, the limits, what to black out, and what ends it all."""

    policy: ReachPolicy
    limits: StreamLimits
    mask: FrameMask
    stopped: threading.Event


def open_stream(source: Source, opening: Opening, slot: PushSlot | None = None) -> OpenStream:
    """Open a source; `slot` is where the frames of a `push:` source arrive.

    Raises StreamLost when it cannot be opened now, NotAllowed where the policy forbids it, UnsupportedMedia when it
    sends no picture that we take. No message holds a user name or password.
    """
    match source.scheme:
        case Scheme.PUSH:
            slot = slot or PushSlot(max_pixels=opening.limits.max_pixels)
            return PushStream(slot, limits=opening.limits, mask=opening.mask, stopped=opening.stopped)
        case Scheme.RTSP:
            return _open_rtsp(source, opening)
        case Scheme.HTTP | Scheme.HTTPS:
            return _open_http(source, opening)
        case Scheme.DEVICE:
            return _open_device(source, opening)
        case Scheme.FILE:
            path = resolve_file(source.path, opening.policy)
            return _wrap(_open_file(path, opening), Playback(paced=True, loops=bool(source.option)), opening)


def probe_stream(source: Source, policy: ReachPolicy, limits: StreamLimits) -> StreamInfo:
    """Open a source, take its first picture and hang up. Raises as `open_stream` does."""
    stopped = threading.Event()
    stream = open_stream(source, Opening(policy, limits, FrameMask(()), stopped))
    try:
        for arrival in stream.arrivals():
            if arrival.frames:
                return _describe(
                    _find_out(source, stream), stream, arrival.frames[0].jpeg(), arrival.frames[0].bgr().shape
                )
    finally:
        stopped.set()
        stream.close()
    raise StreamLost("The source ended before its first picture.")


def _find_out(source: Source, stream: OpenStream) -> ReadAs:
    if isinstance(stream, JpegStream):
        return ReadAs.JPEG_SNAPSHOTS if stream.is_polled else ReadAs.MJPEG
    if isinstance(stream, Stream) and source.scheme is Scheme.RTSP:
        return ReadAs.RTSP_UDP if stream.is_over_udp else ReadAs.RTSP_TCP
    return ReadAs.DEVICE if source.scheme is Scheme.DEVICE else ReadAs.FILE


def _describe(read_as: ReadAs, stream: OpenStream, jpeg: bytes, shape: tuple[int, ...]) -> StreamInfo:
    video, audio = stream.video, stream.audio
    fps = float(video.average_rate or video.guessed_rate or 0) if video else 0.0
    return StreamInfo(
        read_as=read_as,
        video_codec=video.codec_context.name if video else "mjpeg",
        width=shape[1],
        height=shape[0],
        fps=fps if 0 < fps <= 1000 else 0.0,
        audio_codec=audio.codec_context.name if audio else None,
        snapshot_jpeg=jpeg,
    )


def _open_rtsp(source: Source, opening: Opening) -> Stream:
    """Over TCP, which loses nothing and passes firewalls; over UDP where the camera knows no other way."""
    if source.option:
        return _open_rtsp_over(source.option, source, opening)
    try:
        return _open_rtsp_over("tcp", source, opening)
    except TransportRefused:
        log.info("camera.sends_over_udp", source=describe_source(source))
    try:
        return _open_rtsp_over("udp", source, opening)
    except TransportRefused:
        raise StreamLost("The camera sends RTSP neither over TCP nor over UDP (#udp).") from None
    except StreamLost as error:
        raise StreamLost(f"The camera sends RTSP over UDP alone (#udp), and that failed: {error}") from None


def _open_rtsp_over(transport: str, source: Source, opening: Opening) -> Stream:
    limits = opening.limits
    address = resolve_host(source.host, source.port, opening.policy)
    options = {
        "rtsp_transport": transport,
        "timeout": str(round(max(limits.open_timeout_s, limits.read_timeout_s) * 1e6)),
        "analyzeduration": _ANALYZE_US,
        "protocol_whitelist": "rtsp,rtp,tcp,udp",
    }
    with ExitStack() as undo:
        relay = undo.enter_context(RtspRelay(source, address, open_timeout_s=limits.open_timeout_s))
        try:
            container = _open_container(relay.url, opening, options=options)
        except StreamLost as error:
            raise relay.failure or error from None
        stream = _wrap(container, Playback(), opening, link=relay)
        undo.pop_all()
        return stream


def _open_http(source: Source, opening: Opening) -> JpegStream:
    limits = opening.limits
    with ExitStack() as undo:
        timeouts = {"open_timeout_s": limits.open_timeout_s, "read_timeout_s": limits.read_timeout_s}
        camera = undo.enter_context(HttpCamera(source, opening.policy, **timeouts))
        stream = JpegStream(camera, limits=limits, mask=opening.mask, stopped=opening.stopped)
        undo.pop_all()
        return stream


def _open_device(source: Source, opening: Opening) -> Stream:
    device = Path(f"/dev/video{source.path}")
    if not device.exists():
        raise StreamLost(f"This machine has no video device {source.path}.")
    return _wrap(_open_container(str(device), opening, format_name="v4l2"), Playback(stamps_arrive=True), opening)


def _open_file(path: Path, opening: Opening) -> av.container.InputContainer:
    # A playlist below the allowed folders must not lead out of them.
    return _open_container(str(path), opening, options={"format_whitelist": CONTAINERS, "protocol_whitelist": "file"})


def _open_container(
    file: str, opening: Opening, *, format_name: str | None = None, options: dict[str, str] | None = None
) -> av.container.InputContainer:
    timeout_s = (opening.limits.open_timeout_s, opening.limits.read_timeout_s)
    try:
        return av.open(file, "r", format=format_name, options=options or {}, timeout=timeout_s)
    except (av.FFmpegError, ValueError) as error:
        raise StreamLost(explain_error(error, opening.limits.open_timeout_s)) from None


def _wrap(
    container: av.container.InputContainer, playback: Playback, opening: Opening, link: RtspRelay | None = None
) -> Stream:
    try:
        return Stream(container, playback, limits=opening.limits, mask=opening.mask, stopped=opening.stopped, link=link)
    except UnsupportedMedia:
        container.close()
        raise
