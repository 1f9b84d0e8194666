"""Clips, windows and what is taken from them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
"""Pixels, RGB, channel last."""


class ClipState(StrEnum):
    """Where the analysis of a clip stands."""

    STORED = "stored"
    ANALYZING = "analyzing"
    ANALYZED = "analyzed"
    FAILED = "failed"


class Listening(StrEnum):
    """How far the listening to a clip's sound has come; `done` may still hold windows whose hearing is unknown."""

    PENDING = "pending"
    OFF = "off"
    DONE = "done"


@dataclass(frozen=True)
class ClipInfo:
    """What probing a media file found."""

    container: str
    video_codec: str
    duration_s: float
    width: int
    height: int
    fps: float
    has_audio: bool
    rotation_deg: int = 0


@dataclass(frozen=True)
class Window:
    """A few seconds of a clip or stream: the unit that is captioned."""

    index: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class SamplingPlan:
    """How frames are drawn from footage; a bundle states it.

    Samples lie on one grid of `rate_hz` from the start of the footage, so that overlapping windows share them.
    `gaps_s` are how far back the frames lie that motion images compare with.
    """

    window_s: float
    stride_s: float
    rate_hz: float
    gaps_s: tuple[float, ...]
    image_size: int

    @property
    def samples_per_window(self) -> int:
        """The most samples that a window holds."""
        return max(1, round(self.window_s * self.rate_hz))


@dataclass(frozen=True)
class GlancePlan:
    """How often a detector looks at footage, in seconds, and the largest picture that it can use, in pixels."""

    every_s: float
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Glance:
    """A picture as a detector sees it, (H, W, 3), red first; it may be smaller than the frame, in its proportions."""

    time_s: float
    image: Images

    @property
    def aspect(self) -> float:
        """How much wider than high it is."""
        height, width = self.image.shape[:2]
        return float(width / height)


@dataclass(frozen=True, eq=False)
class FrameSample:
    """The frames of one window, scaled to the plan's `image_size` S, aspect ratio not kept.

    images   (N, S, S, 3)     the sampled frames
    earlier  (N, G, S, S, 3)  for each, the frame `gaps_s[g]` before it, or the first frame there is
    times_s  (N,)             seconds from the start of the footage
    """

    window: Window
    images: Images
    earlier: Images
    times_s: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AudioTrack:
    """Mono 16 kHz sound.

    samples  (L,) int16
    start_s  where its first sample lies in the footage
    """

    samples: NDArray[np.int16]
    start_s: float
    rate_hz: int = 16_000

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz
