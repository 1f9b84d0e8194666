"""Drawn footage for tests of streams: a box that moves over a still room."""

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np

from instantreact.domain.media import Images

WIDTH, HEIGHT, FPS = 320, 240, 15


def draw_room() -> Images:
    """The still room, (240, 320, 3) RGB."""
    coarse = np.random.default_rng(3).integers(60, 190, (12, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def draw_box(left: int) -> Images:
    """The room with the box, dark and as large as a person."""
    image = draw_room()
    image[90:200, left : left + 45] = 15
    return image


def write_clip(path: Path, *, seconds: float = 4.0, moving: bool = True, sound: bool = False) -> Path:
    """Write H.264 with a keyframe each second, and a tone in AAC if wanted."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(FPS)}
        audio = container.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for index in range(round(seconds * FPS)):
            image = draw_box(10 + index * 4 % 250) if moving else draw_room()
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode(None))
        if audio:
            times_s = np.arange(round(seconds * 16_000)) / 16_000
            tone = (8000 * np.sin(2 * np.pi * 440 * times_s)).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(tone[None, :], format="s16", layout="mono")
            frame.sample_rate = 16_000
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path


CLOCKS_APART: dict[str, Callable[[float], float]] = {
    "ahead": lambda time_s: time_s + 100,
    "behind": lambda time_s: time_s - 100,
    "jumps": lambda time_s: time_s + (100 if time_s > 1.0 else 0),
}
"""The sound's clock, by the picture's."""


def part_clocks(clip: Path, target: Path, sound_clock: Callable[[float], float]) -> Path:
    """The clip as Matroska, its sound stamped by a clock of its own, its packets in the order they were sent."""
    in_order = {"max_interleave_delta": "1", "cluster_time_limit": "1"}
    with (
        av.open(str(clip)) as read,
        av.open(str(target), "w", format="matroska", container_options=in_order) as written,
    ):
        tracks = {track.index: written.add_stream_from_template(track, opaque=True) for track in read.streams}
        for packet in read.demux():
            if packet.dts is None or packet.pts is None:
                continue
            now_s = float(packet.dts * packet.time_base)
            stamp_s = 200 + (sound_clock(now_s) if packet.stream.type == "audio" else now_s)
            shift = round((stamp_s - now_s) / packet.time_base)
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            packet.stream = tracks[packet.stream.index]
            written.mux(packet)
    return target
