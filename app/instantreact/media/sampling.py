"""From frames with times, in order, to windows of samples: each frame is converted and scaled once, few are held."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

import cv2
import numpy as np

from instantreact.domain.media import FrameSample, Glance, GlancePlan, Images, SamplingPlan, Window
from instantreact.media.snapshot import SQUARE, encode_snapshot
from instantreact.media.windows import SampleGrid

_GRID = -1  # sorts before the gaps' indexes


@dataclass(frozen=True, eq=False)
class SampledWindow:
    """What is taken from one window: the frames for the model, a JPEG for people, and pictures for a detector.

    pictured_s  when the JPEG was seen
    glances     those that no window before has
    """

    sample: FrameSample
    snapshot_jpeg: bytes
    pictured_s: float = 0.0
    glances: tuple[Glance, ...] = ()


@dataclass(eq=False)
class _Kept:
    """A frame as the model sees it and, as long as it is the last one, as it was."""

    time_s: float
    image: Images
    frame: Images | None
    jpeg: bytes | None = None


def scale_frame(frame_bgr: Images, size: int) -> Images:
    """The frame (H, W, 3), blue first, as (size, size, 3), red first; the aspect ratio is not kept.

    Each pixel is the mean of four interpolated ones: within 0.3 of 255 of OpenCV's exact area mean on average, which
    takes twice as long for 480x360 and twenty times as long for 1280x720.
    """
    if min(frame_bgr.shape[:2]) > size:
        frame_bgr = np.asarray(cv2.resize(frame_bgr, (2 * size, 2 * size), interpolation=cv2.INTER_LINEAR), np.uint8)
        scaled = cv2.resize(frame_bgr, (size, size), interpolation=cv2.INTER_AREA)
    else:
        scaled = cv2.resize(frame_bgr, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def fit_frame(frame_bgr: Images, plan: GlancePlan, aspect: Fraction = SQUARE) -> Images:
    """The frame (H, W, 3), blue first, in the proportions in which it is shown, within the plan's size, red first.

    It is scaled as the detector scales what is larger; nothing is made larger.
    """
    height, width = frame_bgr.shape[:2]
    size = find_glance_size(width, height, plan, aspect)
    if size != (width, height):
        frame_bgr = np.asarray(cv2.resize(frame_bgr, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def find_glance_size(width: int, height: int, plan: GlancePlan, aspect: Fraction = SQUARE) -> tuple[int, int]:
    """Width and height of a glance at a frame of `width` x `height`."""
    shown = width * aspect
    shrink = min(SQUARE, plan.width / shown, Fraction(plan.height, height))
    return max(1, round(shown * shrink)), max(1, round(height * shrink))


class WindowSampler:
    """Takes footage frame by frame and gives windows as soon as they are sealed.

    A moment that the plan asks for is answered by the nearest of the frames kept, so where none came for a while the
    one beside is repeated. Holds the samples of about two windows, however long the footage.

    starts_s     where the footage begins: the grid counts from there
    first_index  of its windows
    aspect       how much wider than high a pixel is meant to be shown, for the snapshots
    glances      which pictures a detector gets, on the grid of the samples, so that the snapshots are among them
    """

    def __init__(
        self,
        plan: SamplingPlan,
        *,
        starts_s: float = 0.0,
        first_index: int = 0,
        aspect: Fraction = SQUARE,
        snapshots: bool = True,
        glances: GlancePlan | None = None,
    ) -> None:
        self._plan = plan
        self._starts_s = starts_s
        self._first_index = first_index
        self._aspect = aspect
        self._grid = SampleGrid(plan)
        self._snapshots = snapshots
        self._moments = _wanted_moments(plan)
        self._next_us, self._next_line = next(self._moments)
        self._kept: dict[int, _Kept] = {}
        self._glance_plan = glances
        self._glance_step = find_glance_step(plan, glances) if glances else 1
        self._glances: list[tuple[int, Glance]] = []
        self._jpegs: dict[int, tuple[bytes, float]] = {}
        self._last: _Kept | None = None
        self._last_frame: Images | None = None
        self._samples = 0
        self._emitted = 0

    @property
    def has_frames(self) -> bool:
        return self._last is not None

    @property
    def next_index(self) -> int:
        """The index of the window after those that were given."""
        return self._first_index + self._emitted

    def wants(self, time_s: float, interval_s: float) -> bool:
        """Whether the frame at `time_s`, the next about `interval_s` later, is the nearest to a moment asked for."""
        return self._next_us <= round((time_s - self._starts_s + interval_s / 2) * 1e6)

    def add(self, time_s: float, interval_s: float, frame_bgr: Images) -> None:
        """Take a wanted frame (H, W, 3), blue first; times must not go back."""
        new = _Kept(time_s - self._starts_s, scale_frame(frame_bgr, self._plan.image_size), frame_bgr)
        while self.wants(time_s, interval_s):
            self._answer(_nearer(self._next_us / 1e6, self._last, new))
        if self._last is not None:
            self._last.frame = None
        self._last = new

    def sealed(self) -> Iterator[SampledWindow]:
        """The windows that became certain with the frames so far."""
        while self._emitted < self._grid.count_sealed(self._samples):
            window = self._grid.sealed_window(self._emitted)
            first = self._grid.first_sample(self._emitted)
            self._emitted += 1
            yield self._build(window, first, self._grid.count)
            self._forget()

    def end(self, end_s: float) -> None:
        """The footage ends at `end_s`: its last moments are answered by the last frame that was kept."""
        if self._last is None:
            raise ValueError("footage without a frame has no windows")
        while self._samples < self._grid.samples_before(end_s - self._starts_s):
            self._answer(self._last)

    def last(self, end_s: float) -> SampledWindow:
        """The window that ends with the footage; ask once, after `end` and after the sealed ones."""
        taken = min(self._samples, self._grid.count)
        self._emitted += 1
        return self._build(self._grid.last_window(end_s - self._starts_s), self._samples - taken, taken)

    def _answer(self, kept: _Kept) -> None:
        if self._is_snapshot() and kept.frame is not None:
            kept.jpeg = kept.jpeg or encode_snapshot(kept.frame, self._aspect)
            self._jpegs[self._samples] = kept.jpeg, kept.time_s
        self._take_glance(kept)
        self._kept[self._next_us] = kept
        self._samples += self._next_line == _GRID
        self._next_us, self._next_line = next(self._moments)

    def _take_glance(self, kept: _Kept) -> None:
        if self._glance_plan is None or kept.frame is None or self._next_line != _GRID:
            return
        time_s, is_due = self._starts_s + kept.time_s, (self._samples - self._grid.count // 2) % self._glance_step == 0
        if is_due and (not self._glances or self._glances[-1][1].time_s < time_s):
            image = fit_frame(kept.frame, self._glance_plan, self._aspect)
            self._glances.append((self._samples, Glance(time_s, image)))

    def _take_glances_before(self, sample: int) -> tuple[Glance, ...]:
        taken = tuple(glance for index, glance in self._glances if index < sample)
        self._glances = [each for each in self._glances if each[0] >= sample]
        return taken

    def _is_snapshot(self) -> bool:
        """Whether the next sample is the middle of a window, sealed or last, or the footage's first."""
        if not self._snapshots or self._next_line != _GRID:
            return False
        return self._samples == 0 or (self._samples - self._grid.count // 2) % self._grid.stride == 0

    def _build(self, window: Window, first: int, taken: int) -> SampledWindow:
        size, gaps_s = self._plan.image_size, self._plan.gaps_s
        kept = [self._kept[_moment_us(self._plan, index)] for index in range(first, first + taken)]
        earlier = np.empty((taken, len(gaps_s), size, size, 3), dtype=np.uint8)
        for row, index in enumerate(range(first, first + taken)):
            for column, gap_s in enumerate(gaps_s):
                earlier[row, column] = self._kept[_moment_us(self._plan, index, gap_s)].image
        images = np.stack([each.image for each in kept])
        times_s = self._starts_s + np.array([each.time_s for each in kept], dtype=np.float64)
        window = Window(
            self._first_index + window.index, self._starts_s + window.start_s, self._starts_s + window.end_s
        )
        jpeg, pictured_s = self._snapshot_near(first + taken // 2)
        glances = self._take_glances_before(first + taken)
        return SampledWindow(FrameSample(window, images, earlier, times_s), jpeg, self._starts_s + pictured_s, glances)

    def _snapshot_near(self, sample: int) -> tuple[bytes, float]:
        if not self._snapshots:
            return b"", 0.0
        return self._jpegs[min(self._jpegs, key=lambda taken: abs(taken - sample))]

    def _forget(self) -> None:
        """Drop what no later window can ask for; the last one may start up to a stride before its turn."""
        oldest = max(0, self._grid.first_sample(self._emitted - 1))
        oldest_us = _moment_us(self._plan, oldest, max(self._plan.gaps_s, default=0.0))
        self._kept = {moment: kept for moment, kept in self._kept.items() if moment >= oldest_us}
        self._jpegs = {sample: jpeg for sample, jpeg in self._jpegs.items() if sample >= oldest}


def find_glance_step(plan: SamplingPlan, glances: GlancePlan) -> int:
    """Every how many samples a detector looks: at least as often as it is asked to, and at every window's middle."""
    stride, wanted = SampleGrid(plan).stride, max(1, round(glances.every_s * plan.rate_hz))
    return max(step for step in range(1, wanted + 1) if stride % step == 0)


def _moment_us(plan: SamplingPlan, index: int, gap_s: float = 0.0) -> int:
    return max(0, round((index / plan.rate_hz - gap_s) * 1e6))


def _wanted_moments(plan: SamplingPlan) -> Iterator[tuple[int, int]]:
    """(microseconds, gap's index or _GRID) for every sample and every frame it is compared with, ascending, endless."""

    def line(gap_s: float, name: int) -> Iterator[tuple[int, int]]:
        return ((_moment_us(plan, index, gap_s), name) for index in count())

    return heapq.merge(line(0.0, _GRID), *(line(gap_s, name) for name, gap_s in enumerate(plan.gaps_s)))


def _nearer(time_s: float, before: _Kept | None, after: _Kept) -> _Kept:
    if before is None or abs(after.time_s - time_s) <= abs(time_s - before.time_s):
        return after
    return before
