"""Draws the demo clip: two figures walk into a shop and start to fight. A drawing, not footage."""

import math
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images

WIDTH, HEIGHT, FPS = 640, 360, 25
DURATION_S = 6.0
_FIGHT_STARTS_S = 2.2
_FLOOR = 300


@dataclass(frozen=True)
class _Figure:
    """Where a drawn person stands and how its limbs are held, angles in radians."""

    x: float
    lean: float
    arms: tuple[float, float]
    legs: tuple[float, float]
    shirt: tuple[int, int, int]


def draw_clip(path: Path, *, speech: Path | None = None) -> None:
    """Write the drawn clip as H.264 in MP4, with the mono 16-bit WAV file `speech` as its sound if given."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.options = {"crf": "23", "preset": "veryfast"}
        sound = _read_wav(speech) if speech else None
        audio = container.add_stream("aac", rate=sound[1], layout="mono") if sound else None
        for image in draw_frames():
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode(None))
        if sound and audio:
            frame = av.AudioFrame.from_ndarray(sound[0][None, :], format="s16", layout="mono")
            frame.sample_rate = sound[1]
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))


def draw_frames() -> Iterator[Images]:
    """The frames in order, each (360, 640, 3) RGB."""
    grains = np.random.default_rng(7).normal(0.0, 4.0, (8, HEIGHT, WIDTH, 1))
    scene = _draw_shop()
    for index in range(round(DURATION_S * FPS)):
        time_s = index / FPS
        image = scene.copy()
        for figure in _figures_at(time_s):
            _draw_figure(image, figure)
        yield np.clip(image + grains[index % len(grains)], 0, 255).astype(np.uint8)


def _draw_shop() -> Images:
    image = np.full((HEIGHT, WIDTH, 3), (176, 172, 160), np.uint8)
    image[_FLOOR - 30 :] = (120, 108, 96)
    for shelf in range(4):
        left = 20 + shelf * 155
        cv2.rectangle(image, (left, 60), (left + 130, 190), (96, 74, 58), -1)
        for row in range(3):
            for item in range(6):
                color = ((item * 53 + 60) % 200, (row * 71 + 40) % 180, (item * row * 31 + 90) % 220)
                corner = (left + 6 + item * 20, 70 + row * 40)
                cv2.rectangle(image, corner, (corner[0] + 14, corner[1] + 28), color, -1)
    cv2.rectangle(image, (430, 220), (640, 310), (82, 60, 44), -1)
    cv2.rectangle(image, (500, 190), (550, 220), (40, 40, 44), -1)
    return image


def _figures_at(time_s: float) -> tuple[_Figure, _Figure]:
    approach = min(1.0, time_s / _FIGHT_STARTS_S)
    left, right = 60 + 190 * approach, 420 - 90 * approach
    stride = 0.5 * math.sin(9.0 * time_s)
    if approach < 1.0:
        walking = (0.3 * stride, -0.3 * stride)
        return (
            _Figure(left, 0.05, walking, (stride, -stride), (150, 40, 40)),
            _Figure(right, -0.05, walking, (-stride, stride), (40, 60, 140)),
        )
    swing, sway = math.sin(17.0 * time_s), 14.0 * math.sin(6.0 * time_s)
    return (
        _Figure(left + sway, 0.25, (1.5 + 0.6 * swing, 1.2 - 0.7 * swing), (0.4, -0.3), (150, 40, 40)),
        _Figure(right + sway, -0.3, (-1.4 + 0.7 * swing, -1.1 - 0.5 * swing), (0.3, -0.4), (40, 60, 140)),
    )


def _draw_figure(image: Images, figure: _Figure) -> None:
    hip = np.array([figure.x, _FLOOR - 70.0])
    neck = hip + 62.0 * np.array([math.sin(figure.lean), -math.cos(figure.lean)])
    for angle in figure.legs:
        _draw_limb(image, hip, angle, 72.0, (50, 50, 60), 15)
    _draw_line(image, hip, neck, figure.shirt, 34)
    for angle in figure.arms:
        hand = _draw_limb(image, _beside(neck, 0.0, 10.0), angle, 56.0, figure.shirt, 12)
        cv2.circle(image, _pixel(hand), 7, (214, 170, 140), -1, cv2.LINE_AA)
    cv2.circle(image, _pixel(_beside(neck, 6.0 * math.sin(figure.lean), -20.0)), 17, (214, 170, 140), -1, cv2.LINE_AA)


def _draw_limb(
    image: Images, start: NDArray[np.float64], angle: float, length: float, color: tuple[int, int, int], width: int
) -> NDArray[np.float64]:
    end = start + length * np.array([math.sin(angle), math.cos(angle)])
    _draw_line(image, start, end, color, width)
    return end


def _draw_line(
    image: Images, start: NDArray[np.float64], end: NDArray[np.float64], color: tuple[int, int, int], width: int
) -> None:
    cv2.line(image, _pixel(start), _pixel(end), color, width, cv2.LINE_AA)


def _beside(point: NDArray[np.float64], right: float, down: float) -> NDArray[np.float64]:
    return np.add(point, (right, down))


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _read_wav(path: Path) -> tuple[NDArray[np.int16], int]:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate()
