"""What a stream hands out: pictures that are masked already, packets as they were coded, sound."""

import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import count

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import AudioTrack, Glance, GlancePlan, Images
from instantreact.media.mask import FrameMask
from instantreact.media.sampling import find_glance_size, fit_frame, scale_frame
from instantreact.media.snapshot import MAX_WIDTH, SQUARE, encode_snapshot

_numbers = count(1)


class TrackKind(StrEnum):
    """Picture or sound."""

    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, eq=False)
class CodedPacket:
    """A packet as the camera coded it, placed on the stream's clock. Not masked.

    dts  None where the stream does not say when to decode it: RTSP does not, where pictures come out of order
    """

    kind: TrackKind
    data: bytes
    time_s: float
    pts: int
    dts: int | None
    time_base: Fraction
    is_keyframe: bool


class LiveFrame:
    """One picture, `time_s` seconds after the stream's first. Nothing that is masked leaves it.

    `aspect` is how much wider than high its pixels are meant to be shown; `number` is no other's in this process.
    """

    def __init__(self, time_s: float, picture: av.VideoFrame, mask: FrameMask, aspect: Fraction = SQUARE) -> None:
        self.time_s = time_s
        self.number = next(_numbers)
        self.motion = 0.0
        """The share of the picture that moved at the last look, as far as it was large enough to count."""
        self._taken_s = time.monotonic()
        self._picture = picture
        self._mask = mask
        self._aspect = aspect
        self._small: Images | None = None
        self._lock = threading.Lock()  # PyAV's scaler belongs to the picture: two threads would share it

    @property
    def size_bytes(self) -> int:
        """About how much memory the picture holds."""
        return self._picture.width * self._picture.height * 3 // 2

    @property
    def age_s(self) -> float:
        """How long it has been here."""
        return time.monotonic() - self._taken_s

    def bgr(self) -> Images:
        """The whole picture (H, W, 3), blue first as in `media.frames`."""
        with self._lock:
            converted = self._picture.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
        return self._mask.black_out(converted)

    def rgb(self, size: int) -> Images:
        """The picture as the model sees it, (size, size, 3), scaled as the frames of clips are; scaled once."""
        if self._small is None or len(self._small) != size:
            self._small = scale_frame(self.bgr(), size)
        return self._small

    def glance(self, plan: GlancePlan) -> Glance:
        """The picture as a detector sees it."""
        if self._mask:
            return Glance(self.time_s, fit_frame(self.bgr(), plan, self._aspect))
        size = find_glance_size(self._picture.width, self._picture.height, plan, self._aspect)
        with self._lock:
            small = self._picture.reformat(*size, "rgb24", interpolation="BILINEAR")
        return Glance(self.time_s, small.to_ndarray().astype(np.uint8, copy=False))

    def grey(self, width: int, height: int) -> NDArray[np.uint8]:
        """The picture as the motion gate sees it, (height, width)."""
        if self._mask:
            scaled = cv2.resize(self.bgr(), (width, height), interpolation=cv2.INTER_AREA)
            return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        with self._lock:
            return self._picture.reformat(width, height, "gray").to_ndarray().astype(np.uint8, copy=False)

    def jpeg(self, max_width: int = MAX_WIDTH) -> bytes:
        """The picture for people, in its true proportions and at most so many pixels across."""
        return encode_snapshot(self.bgr(), self._aspect, max_width=max_width)


@dataclass(frozen=True, eq=False)
class Arrival:
    """One packet that came in, and what could be decoded with it. Pictures too late to be live are left out."""

    packet: CodedPacket
    frames: tuple[LiveFrame, ...] = ()
    sound: tuple[AudioTrack, ...] = ()
