"""From pixels to what the encoders expect. Training and serving share this, so they cannot drift apart."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images
from instantreact.inference.steady import Brightness, hold_steady

Pixels = NDArray[np.float32]
"""Encoder input, (N, 3, S, S)."""

MOTION_CHANNELS = 3
"""A motion image holds the differences over this many gaps, one a channel, so that an RGB network can read it."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class Preprocessing:
    """How pixels 0..255 become encoder input: (value - mean) / scale, per channel.

    motion_gain  factor on the absolute difference of two frames before it is clipped to 255
    motion_crop  a motion image shows the square where most moves; its side as a share of the picture's, 1 for all of it
    motion_steady  whether what happens to the whole picture (light, knocks, cuts) is taken out of motion images first
    """

    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    motion_gain: float
    motion_crop: float = 1.0
    motion_steady: bool = False


def scale_pixels(images: Images, preprocessing: Preprocessing) -> Pixels:
    """Images (N, S, S, 3) as encoder input (N, 3, S, S)."""
    scale = np.asarray(preprocessing.scale, np.float32)
    offset = np.asarray(preprocessing.mean, np.float32) / scale
    pixels = images.astype(np.float32) / scale - offset
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def motion_images(images: Images, earlier: Images, gain: float, *, crop: float = 1.0, steady: bool = False) -> Images:
    """Motion images (N, S, S, 3) of frames (N, S, S, 3) and the frames three gaps before them (N, 3, S, S, 3).

    Channel g is the absolute difference in brightness from the frame `gaps_s[g]` earlier, times `gain`, at most 255.
    With a `crop` below 1 each shows the square of that share of the side where most moves, enlarged to the whole:
    people are small in a room, and there they fill the picture. What is `steady` shows no light, no knocks and no cuts.
    """
    now = images @ _LUMA  # (N, S, S)
    frames = np.stack([now, *(earlier[:, gap] @ _LUMA for gap in range(MOTION_CHANNELS))], axis=1)  # (N, 1 + G, S, S)
    if steady:
        frames = np.stack([hold_steady(each) for each in frames])
    if crop < 1:
        frames = np.stack([_zoom_in(each, crop) for each in frames])
    moved = np.abs(frames[:, :1] - frames[:, 1:]).transpose(0, 2, 3, 1)
    amplified: Brightness = np.minimum(moved * np.float32(gain), 255)
    return amplified.astype(np.uint8)


def _zoom_in(frames: Brightness, crop: float) -> Brightness:
    """The frame and those before it (1 + G, S, S), cut to the square where most moves and enlarged to (S, S)."""
    size = frames.shape[-1]
    side = max(1, round(crop * size))
    top, left = _find_busiest(np.abs(frames[0] - frames[1:]).mean(axis=0), side)
    return _enlarge(_enlarge(frames[:, top : top + side, left : left + side], size).swapaxes(1, 2), size).swapaxes(1, 2)


def _find_busiest(moved: Brightness, side: int) -> tuple[int, int]:
    """Top and left of the square of `side` pixels with the largest sum in (S, S); the first of equals."""
    sums = np.pad(moved.astype(np.float64), (1, 0)).cumsum(axis=0).cumsum(axis=1)
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(top), int(left)


def _enlarge(frames: Brightness, size: int) -> Brightness:
    """Frames (N, R, C) with `size` rows instead of R."""
    above, below, share = _interpolation(frames.shape[1], size)
    # Not a product with a matrix: small as it is, BLAS would wake its threads for it, which then spin for many times
    # as long as it takes (measured on two cores: 75 ms of processor time for a motion image, 1.3 ms without).
    enlarged: Brightness = frames[:, above] * (1 - share) + frames[:, below] * share
    return enlarged


@lru_cache(maxsize=8)
def _interpolation(side: int, size: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Brightness]:
    """Enlarging `side` lines to `size` by linear interpolation between centres: the two that each new one lies between,
    (size,) each, and the share of the second, (size, 1).
    """
    centres = np.clip((np.arange(size) + 0.5) * side / size - 0.5, 0, side - 1)
    above = np.floor(centres).astype(np.intp)
    return above, np.minimum(above + 1, side - 1), (centres - above).astype(np.float32)[:, None]
