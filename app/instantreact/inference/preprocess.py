"""From pixels to what the encoders expect. Training and serving share this, so they cannot drift apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images

Pixels = NDArray[np.float32]
"""Encoder input, (N, 3, S, S)."""

MOTION_CHANNELS = 3
"""A motion image holds the differences over this many gaps, one a channel, so that an RGB network can read it."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class Preprocessing:
    """How pixels 0..255 become encoder input: (value - mean) / scale, per channel.

    motion_gain  factor on the absolute difference of two frames before it is clipped to 255
    """

    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    motion_gain: float


def scale_pixels(images: Images, preprocessing: Preprocessing) -> Pixels:
    """Images (N, S, S, 3) as encoder input (N, 3, S, S)."""
    scale = np.asarray(preprocessing.scale, np.float32)
    offset = np.asarray(preprocessing.mean, np.float32) / scale
    pixels = images.astype(np.float32) / scale - offset
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def motion_images(images: Images, earlier: Images, gain: float) -> Images:
    """Motion images (N, S, S, 3) of frames (N, S, S, 3) and the frames three gaps before them (N, 3, S, S, 3).

    Channel g is the absolute difference in brightness from the frame `gaps_s[g]` earlier, times `gain`, at most 255.
    """
    now = images @ _LUMA  # (N, S, S)
    channels = [np.abs(now - earlier[:, gap] @ _LUMA) for gap in range(MOTION_CHANNELS)]
    amplified = np.minimum(np.stack(channels, axis=-1) * np.float32(gain), 255)
    return amplified.astype(np.uint8)
