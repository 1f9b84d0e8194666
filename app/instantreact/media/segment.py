"""Evidence: the last seconds of a stream kept as coded packets, and clips cut from them without coding anew.

Where a camera is masked, or sends what an MP4 player does not show, the picture is coded anew; the clip says so.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import av

from instantreact.errors import StreamLost
from instantreact.media.live_frame import CodedPacket, TrackKind
from instantreact.media.mask import FrameMask
from instantreact.media.tracks import pixel_aspect
from instantreact.media.transcode import code_pictures_anew, code_sound_anew

Track = TypeVar("Track", av.VideoStream, av.AudioStream)
_PLAYABLE_VIDEO = frozenset({"h264", "hevc"})
_PLAYABLE_AUDIO = frozenset({"aac", "mp3"})


@dataclass(frozen=True, eq=False)
class EvidenceClip:
    """An MP4 file and the part of the stream that it shows; `coded_anew` says why, where its picture was."""

    mp4: bytes
    start_s: float
    end_s: float
    coded_anew: str | None


@dataclass(frozen=True, eq=False)
class Tracks:
    """The open stream's tracks that packets belong to. Alive as long as the stream is: cut before it is closed."""

    video: av.VideoStream | None
    audio: av.AudioStream | None


class PacketRing:
    """The newest packets of a stream, from a keyframe on, of at most `max_s` seconds and `max_bytes` bytes."""

    def __init__(self, *, max_s: float, max_bytes: int) -> None:
        self._max_s = max_s
        self._max_bytes = max_bytes
        self._packets: deque[CodedPacket] = deque()
        self.size_bytes = 0

    def add(self, packet: CodedPacket) -> None:
        """Take the next packet; what is before the first keyframe cannot be shown and is not kept."""
        if not self._packets and not _starts_picture(packet):
            return
        self._packets.append(packet)
        self.size_bytes += len(packet.data)
        while self._is_too_long() and self._drop_oldest():
            continue

    def cut(self, start_s: float, end_s: float) -> tuple[CodedPacket, ...]:
        """The packets from the last keyframe at or before `start_s`, or the oldest kept, to `end_s`; maybe none."""
        first_s = max((p.time_s for p in self._packets if _starts_picture(p) and p.time_s <= start_s), default=None)
        if first_s is None:
            first_s = min((p.time_s for p in self._packets if _starts_picture(p)), default=0.0)
        chosen = [packet for packet in self._packets if first_s <= packet.time_s <= end_s]
        while chosen and not _starts_picture(chosen[0]):
            chosen.pop(0)
        return tuple(chosen)

    def _is_too_long(self) -> bool:
        return (
            self.size_bytes > self._max_bytes or self._packets[-1].time_s - self._packets[0].time_s > self._max_s
        ) and len(self._packets) > 1

    def _drop_oldest(self) -> bool:
        """Drop the oldest group of pictures; the newest one goes only when it alone has too many bytes."""
        later = (index for index, packet in enumerate(self._packets) if index and _starts_picture(packet))
        count = next(later, None)
        if count is None and self.size_bytes <= self._max_bytes:
            return False
        for _ in range(len(self._packets) if count is None else count):
            self.size_bytes -= len(self._packets.popleft().data)
        return bool(self._packets)


def write_clip(packets: Sequence[CodedPacket], tracks: Tracks, mask: FrameMask) -> EvidenceClip:
    """The packets as an MP4 file. Raises StreamLost where there is no picture among them that can be shown."""
    pictures = [packet for packet in packets if packet.kind is TrackKind.VIDEO]
    sound = [packet for packet in packets if packet.kind is TrackKind.AUDIO]
    if not pictures:
        raise StreamLost("Nothing of that moment is kept.")
    reason, zero_s, target = _reason_to_code_anew(tracks, mask), pictures[0].time_s, io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        if tracks.video is None or reason:
            shown = code_pictures_anew(container, pictures, tracks.video, mask)
        else:
            shown = _copy_pictures(container, pictures, tracks.video, zero_s)
        heard: Iterator[av.Packet[av.AudioStream]] = iter(())
        if tracks.audio is not None and sound:
            copies = tracks.audio.codec_context.name in _PLAYABLE_AUDIO
            heard = (_copy if copies else code_sound_anew)(container, sound, tracks.audio, zero_s)
        for track in (shown, heard):
            for packet in track:
                container.mux(packet)
    return EvidenceClip(target.getvalue(), zero_s, max(picture.time_s for picture in pictures), reason)


def _copy_pictures(
    container: av.container.OutputContainer, packets: Sequence[CodedPacket], template: av.VideoStream, zero_s: float
) -> Iterator[av.Packet[av.VideoStream]]:
    """As `_copy`, to be shown in the proportions that the container of the stream asks for."""
    track = container.add_stream_from_template(template, opaque=True)
    track.codec_context.sample_aspect_ratio = pixel_aspect(template)
    return _restamp(packets, track, zero_s)


def _copy(
    container: av.container.OutputContainer, packets: Sequence[CodedPacket], template: Track, zero_s: float
) -> Iterator[av.Packet[Track]]:
    """Add a track like the template to the file, and give its packets, their times counted from `zero_s`."""
    return _restamp(packets, container.add_stream_from_template(template, opaque=True), zero_s)


def _restamp(packets: Sequence[CodedPacket], track: Track, zero_s: float) -> Iterator[av.Packet[Track]]:
    shown = [round((packet.time_s - zero_s) / packet.time_base) for packet in packets]
    last_dts: int | None = None
    for packet, pts, decoded in zip(packets, shown, decoding_times(packets, shown), strict=True):
        dts = decoded if last_dts is None else max(decoded, last_dts + 1)
        last_dts = dts
        copied = cast("av.Packet[Track]", av.Packet(packet.data))
        copied.stream, copied.time_base = track, packet.time_base
        copied.dts, copied.pts = dts, max(pts, dts)
        copied.is_keyframe = packet.is_keyframe
        yield copied


def decoding_times(packets: Sequence[CodedPacket], shown: Sequence[int]) -> list[int]:
    """When to decode each packet that is shown at `shown`: in order, and never later than it is shown.

    As the camera says; where it does not, the times of showing in order, earlier by the longest wait of any packet.
    """
    said = [pts + packet.dts - packet.pts for packet, pts in zip(packets, shown, strict=True) if packet.dts is not None]
    if len(said) == len(packets):
        return said
    in_order = sorted(shown)
    wait = max(due - pts for due, pts in zip(in_order, shown, strict=True))
    return [due - wait for due in in_order]


def _reason_to_code_anew(tracks: Tracks, mask: FrameMask) -> str | None:
    if mask:
        return "The camera has privacy masks."
    codec = tracks.video.codec_context.name if tracks.video else "mjpeg"
    return None if codec in _PLAYABLE_VIDEO else f"Players do not show {codec} in an MP4 file."


def _starts_picture(packet: CodedPacket) -> bool:
    return packet.kind is TrackKind.VIDEO and packet.is_keyframe
