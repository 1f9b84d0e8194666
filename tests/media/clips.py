"""Clips drawn for tests: every frame tells its own number, so that a test can see which frames were taken.

Frame k is grey of `grey_of(k)`, with a red square in the top left corner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

TICKS_PER_S = 12_800
SOUND_HZ = 48_000
_GREYS = 40


@dataclass(frozen=True)
class Drawing:
    """What to draw. `times_s` gives each frame's time and overrides fps and duration; `codec=None` draws no video.

    options        of the encoder
    pixel_aspect   how much wider than high a pixel says it is
    sound_holes_s  from and to where nothing was recorded
    timecode       of a track of its own, as professional cameras write it
    """

    width: int = 320
    height: int = 240
    fps: float = 25.0
    duration_s: float = 2.0
    times_s: Sequence[float] | None = None
    codec: str | None = "libx264"
    pixel_format: str = "yuv420p"
    rotation_deg: int = 0
    sound_hz: float | None = None
    sound_starts_s: float = 0.0
    sound_duration_s: float | None = None
    sound_holes_s: Sequence[tuple[float, float]] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    pixel_aspect: Fraction | None = None
    timecode: str | None = None


def make_clip(path: Path, drawing: Drawing | None = None) -> Path:
    """Draw a clip into `path`, whose suffix chooses the container."""
    drawing = drawing or Drawing()
    options = {"movflags": "faststart"} if path.suffix in {".mp4", ".mov"} else {}
    with av.open(str(path), "w", options=options) as container:
        video = _add_video(container, drawing, drawing.codec) if drawing.codec else None
        sound = container.add_stream("aac", rate=SOUND_HZ, layout="mono") if drawing.sound_hz else None
        if video is not None:
            _draw(container, video, drawing)
        if sound is not None:
            _play(container, sound, drawing)
    return path


def grey_of(index: int) -> int:
    """The brightness of frame `index`; after 40 frames it starts over."""
    return 30 + 5 * (index % _GREYS)


def index_of(image: NDArray[np.uint8]) -> int:
    """Which of the first 40 frames a scaled image (S, S, 3) shows, told by the middle of its lower right quarter."""
    size = len(image)
    spot = image[size // 2 + size // 8 : -size // 8, size // 2 + size // 8 : -size // 8]
    return round((float(spot.mean()) - 30) / 5)


def frame_times_s(drawing: Drawing) -> Sequence[float]:
    """When each frame of the drawing is shown."""
    if drawing.times_s is not None:
        return drawing.times_s
    return [index / drawing.fps for index in range(max(1, round(drawing.duration_s * drawing.fps)))]


def _add_video(container: OutputContainer, drawing: Drawing, codec: str) -> VideoStream:
    rate = Fraction(drawing.fps).limit_denominator(1001)
    options = ({"preset": "ultrafast", "g": "25"} if codec == "libx264" else {}) | dict(drawing.options)
    video = cast("VideoStream", container.add_stream(codec, rate=rate, options=options))
    video.width, video.height, video.pix_fmt = drawing.width, drawing.height, drawing.pixel_format
    if drawing.times_s is not None:
        video.codec_context.time_base = Fraction(1, TICKS_PER_S)
    if drawing.pixel_aspect is not None:
        video.codec_context.sample_aspect_ratio = drawing.pixel_aspect
    if drawing.timecode is not None:
        video.metadata["timecode"] = drawing.timecode
    if drawing.rotation_deg:
        video.set_display_rotation(drawing.rotation_deg)
    return video


def _draw(container: OutputContainer, video: VideoStream, drawing: Drawing) -> None:
    for index, time_s in enumerate(frame_times_s(drawing)):
        image = np.full((drawing.height, drawing.width, 3), grey_of(index), dtype=np.uint8)
        image[: drawing.height // 4, : drawing.width // 4] = (255, 0, 0)
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        if drawing.times_s is None:
            frame.pts, frame.time_base = index, 1 / video.codec_context.framerate
        else:
            frame.pts, frame.time_base = round(time_s * TICKS_PER_S), Fraction(1, TICKS_PER_S)
        container.mux(video.encode(frame))
    container.mux(video.encode(None))


def _play(container: OutputContainer, sound: AudioStream, drawing: Drawing) -> None:
    seconds = np.arange(round((drawing.sound_duration_s or drawing.duration_s) * SOUND_HZ)) / SOUND_HZ
    samples = (np.sin(2 * np.pi * (drawing.sound_hz or 0) * seconds) * 12_000).astype(np.int16)
    for start in range(0, len(samples), 1024):
        if any(begin <= start / SOUND_HZ < end for begin, end in drawing.sound_holes_s):
            continue
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.time_base = SOUND_HZ, Fraction(1, SOUND_HZ)
        frame.pts = round(drawing.sound_starts_s * SOUND_HZ) + start
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))
