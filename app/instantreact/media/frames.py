"""The frames of a clip: OpenCV grabs every frame in order and converts only those that are kept.

Seeking is ten times slower on short clips. Rotation metadata is applied by OpenCV, so what people see is upright.
"""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from instantreact.domain.media import FrameSample, Images, SamplingPlan
from instantreact.errors import UnreadableMedia
from instantreact.media.sampling import SampledWindow, WindowSampler

_DEFAULT_FPS = 25.0
_MAX_FPS = 1000.0
MAX_HOLD_S = 60.0
"""How long a frame may stand still; a clock that jumps further is not believed."""

_TRUNCATED_S = 0.25  # containers round their lengths; less missing than this goes untold


@dataclass(frozen=True, eq=False)
class DecodedWindow:
    """One window of a clip.

    snapshot_jpeg   its middle sample as JPEG, at most 1280 pixels across
    truncated_at_s  on the last window of a clip that breaks off: where the readable part ends
    """

    sample: FrameSample
    snapshot_jpeg: bytes
    truncated_at_s: float | None = None


class FrameReader:
    """A clip's frames in order, with their times counted from the first one."""

    def __init__(self, path: Path) -> None:
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if not self._capture.isOpened():
            raise UnreadableMedia("The clip cannot be opened: it is damaged, or its codec is not supported.")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps <= _MAX_FPS else _DEFAULT_FPS
        declared_frames = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.declared_s = declared_frames / self.fps if declared_frames > 0 else None
        self.rotation_deg = int(self._capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
        self._start_s: float | None = None
        self.time_s = -math.inf
        self.interval_s = 1 / self.fps

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._capture.release()

    def grab(self) -> bool:
        """Move to the next frame and set `time_s`; False where nothing more can be decoded."""
        if not self._capture.grab():
            return False
        stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if self._start_s is None:
            self._start_s, self.time_s = stamp_s, 0.0
            return True
        time_s = stamp_s - self._start_s
        if not 0 < time_s - self.time_s <= MAX_HOLD_S:
            time_s = self.time_s + 1 / self.fps
        # After a long hold the next frame is as near as usual, so a hold does not count as the interval.
        self.interval_s = min(time_s - self.time_s, 1 / self.fps)
        self.time_s = time_s
        return True

    def retrieve(self) -> Images | None:
        """The frame (H, W, 3) just grabbed, blue first and upright; None where it cannot be converted."""
        converted, frame = self._capture.retrieve()
        return np.asarray(frame, dtype=np.uint8) if converted else None

    @property
    def end_s(self) -> float:
        """Where the last frame that was grabbed ends."""
        return self.time_s + 1 / self.fps

    @property
    def truncated_at_s(self) -> float | None:
        """Where the footage breaks off, if it ends before the container says; ask after the last frame."""
        if self.declared_s is None or self.declared_s - self.end_s < max(_TRUNCATED_S, 2 / self.fps):
            return None
        return self.end_s


def decode_windows(path: Path, plan: SamplingPlan) -> Generator[DecodedWindow, None, None]:
    """The windows of a clip, each with its snapshot, in a memory that does not grow with its length.

    What can be decoded of a broken clip is given, and the break is told with the last window.
    Raises UnreadableMedia where not one frame can be decoded.
    """
    sampler = WindowSampler(plan)
    with FrameReader(path) as reader:
        for window in _sealed_windows(reader, sampler):
            yield DecodedWindow(window.sample, window.snapshot_jpeg)
        last = sampler.last(reader.end_s)
        yield DecodedWindow(last.sample, last.snapshot_jpeg, reader.truncated_at_s)


def sample_frames(path: Path, plan: SamplingPlan) -> Generator[FrameSample, None, None]:
    """The frame samples of a clip, window by window, without snapshots; otherwise as `decode_windows`."""
    sampler = WindowSampler(plan, snapshots=False)
    with FrameReader(path) as reader:
        for window in _sealed_windows(reader, sampler):
            yield window.sample
        yield sampler.last(reader.end_s).sample


def _sealed_windows(reader: FrameReader, sampler: WindowSampler) -> Iterator[SampledWindow]:
    """All windows but the last, which needs the clip's end."""
    while reader.grab():
        if sampler.wants(reader.time_s, reader.interval_s):
            frame = reader.retrieve()
            if frame is None:
                break
            sampler.add(reader.time_s, reader.interval_s, frame)
            yield from sampler.sealed()
    if not sampler.has_frames:
        raise UnreadableMedia("Not one frame of the clip can be decoded.")
    sampler.end(reader.end_s)
    yield from sampler.sealed()
