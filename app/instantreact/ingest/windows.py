"""From live pictures to windows: samples on the plan's grid, each made once, and only while something moves.

Pictures of the last seconds are kept as the decoder left them, which costs next to nothing. When something begins to
move they are sampled back to the moment before it. The stillness before that is no part of a window: a model that
averages over time would see less of what has just begun, and say so later.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images, SamplingPlan, Window
from instantreact.media.live_frame import LiveFrame
from instantreact.media.motion import Motion, add_up_zones
from instantreact.media.windows import SampleGrid

_ROUNDING_S = 1e-6
_UNNOTICED_S = 0.6  # the gate looks every 0.2 s and wants to see motion twice
_KEPT_BYTES = 32_000_000

FrameFeatures = NDArray[np.float32]


@dataclass(eq=False)
class Sample:
    """A moment of the grid: the picture (S, S, 3), those before it (G, S, S, 3), and its features once computed."""

    image: Images
    earlier: Images
    features: FrameFeatures | None = field(default=None)  # (D,)


@dataclass(frozen=True, eq=False)
class LiveWindow:
    """A window of a stream that is due to be described; shorter than the plan's where something has just begun to move.

    picture  where most moved, for people
    zones    share of the moving pixels inside each zone, 0..1
    """

    window: Window
    samples: tuple[Sample, ...]
    picture: LiveFrame
    zones: Mapping[str, float]


class LiveWindows:
    """Cuts one connection of one camera into windows. Times are seconds on the stream's clock."""

    def __init__(self, plan: SamplingPlan, *, kept_bytes: int = _KEPT_BYTES) -> None:
        self._plan = plan
        self._grid = SampleGrid(plan)
        self._kept_bytes = kept_bytes
        self._kept_s = plan.window_s + max(plan.gaps_s, default=0.0) + 1 / plan.rate_hz
        self._frames: deque[LiveFrame] = deque()
        self._samples: dict[int, Sample] = {}
        self._motions: deque[tuple[float, Motion]] = deque()
        self._glanced: deque[float] = deque()
        self._next_sample = 0
        self._next_window = 0

    def note_motion(self, time_s: float, motion: Motion) -> None:
        """Remember what the gate saw, for the zones and the picture of the windows it lies in."""
        self._motions.append((time_s, motion))

    def note_glance(self, time_s: float) -> None:
        """A detector looks at the picture of this time: people are shown such a one, so that its boxes fit."""
        self._glanced.append(time_s)

    def add(self, frame: LiveFrame, *, is_moving: bool) -> tuple[list[Sample], list[LiveWindow]]:
        """Take a picture; gives the samples that were made now, and the windows that became due.

        Samples are made while `is_moving`; a window is due once all of its samples are there.
        """
        self._frames.append(frame)
        passed = self._passed(frame)
        made: list[Sample] = []
        if is_moving:
            is_rare = len(self._frames) > 1 and passed - self._passed(self._frames[-2]) > self._grid.stride
            # Where pictures are rare, a whole window of the grid must lie between two.
            slack = self._grid.stride if is_rare else 0
            first = max(self._next_sample, passed - self._grid.count - slack, 0)
            made = self._sample_all(range(first, passed), -math.inf if is_rare else frame.time_s)
            self._next_sample = passed
        due = self._due(passed)
        self._forget(frame.time_s)
        return made, due

    def finish(self) -> LiveWindow | None:
        """The stream ended while something moved: the window that ends with it, if it was not due already."""
        last = self._next_sample - 1
        seen_until = self._grid.first_sample(self._next_window - 1) + self._grid.count - 1 if self._next_window else -1
        return self.moment() if self._samples and last > seen_until else None

    def moment(self) -> LiveWindow:
        """The window that ends now, whether anything moved or not. There must have been a picture."""
        passed = self._passed(self._frames[-1])
        first = max(0, passed - self._grid.count)
        samples = tuple(self._samples.get(index) or self._sample(index) for index in range(first, passed))
        rate_hz = self._plan.rate_hz
        return self._build(Window(self._next_window, first / rate_hz, passed / rate_hz), samples)

    def still_moment(self, since_s: float) -> LiveWindow:
        """The same where nothing has moved since: one sample stands for all."""
        frame = self._frames[-1]
        sample = self._make_sample(frame.time_s)
        return LiveWindow(Window(self._next_window, since_s, frame.time_s), (sample,), frame, {})

    def _sample_all(self, indexes: range, now_s: float) -> list[Sample]:
        """A sample of each moment; one stands for all from before the motion of `now_s` began: they show the same."""
        still_until_s = now_s - _UNNOTICED_S - max(self._plan.gaps_s, default=0.0)
        made: list[Sample] = []
        for index in indexes:
            if made and index / self._plan.rate_hz < still_until_s:
                self._samples[index] = made[0]
            else:
                made.append(self._sample(index))
        return made

    def _passed(self, frame: LiveFrame) -> int:
        """How many grid times lie at or before the picture."""
        return int((frame.time_s + _ROUNDING_S) * self._plan.rate_hz) + 1

    def _sample(self, index: int) -> Sample:
        sample = self._make_sample(index / self._plan.rate_hz)
        self._samples[index] = sample
        return sample

    def _make_sample(self, time_s: float) -> Sample:
        size = self._plan.image_size
        earlier = [self._nearest(time_s - gap_s).rgb(size) for gap_s in self._plan.gaps_s]
        stacked = np.stack(earlier) if earlier else np.empty((0, size, size, 3), np.uint8)
        return Sample(self._nearest(time_s).rgb(size), stacked)

    def _nearest(self, time_s: float) -> LiveFrame:
        return min(self._frames, key=lambda frame: abs(frame.time_s - time_s))

    def _due(self, passed: int) -> list[LiveWindow]:
        due = []
        while (first := self._grid.first_sample(self._next_window)) + self._grid.count <= passed:
            indexes = range(first, first + self._grid.count)
            if all(index in self._samples for index in indexes):
                samples = tuple(self._samples[index] for index in indexes)
                due.append(self._build(self._grid.sealed_window(self._next_window), samples))
            self._next_window = max(self._next_window + 1, (passed - 2 * self._grid.count) // self._grid.stride)
        return due

    def _build(self, window: Window, samples: tuple[Sample, ...]) -> LiveWindow:
        still = _count_still(samples)
        window, samples = replace(window, start_s=window.start_s + still / self._plan.rate_hz), samples[still:]
        inside = [(time_s, motion) for time_s, motion in self._motions if window.start_s <= time_s <= window.end_s]
        middle_s = (window.start_s + window.end_s) / 2
        moment_s = max(inside, key=lambda seen: seen[1].moving_px)[0] if inside else middle_s
        kept_since_s = max(window.start_s, self._frames[0].time_s)
        glanced = [time_s for time_s in self._glanced if kept_since_s <= time_s <= window.end_s]
        moment_s = min(glanced, key=lambda time_s: abs(time_s - moment_s), default=moment_s)
        return LiveWindow(window, samples, self._nearest(moment_s), add_up_zones([motion for _, motion in inside]))

    def _forget(self, now_s: float) -> None:
        """Let go of what no later window can ask for, and of the oldest pictures of a large camera."""
        kept_bytes = sum(frame.size_bytes for frame in self._frames)
        while len(self._frames) > 1 and (
            self._frames[0].time_s < now_s - self._kept_s or kept_bytes > self._kept_bytes
        ):
            kept_bytes -= self._frames.popleft().size_bytes
        oldest = self._grid.first_sample(self._next_window)
        self._samples = {index: sample for index, sample in self._samples.items() if index >= oldest}
        while self._glanced and self._glanced[0] < now_s - self._kept_s:
            self._glanced.popleft()
        while self._motions and self._motions[0][0] < now_s - self._kept_s:
            self._motions.popleft()


def _count_still(samples: tuple[Sample, ...]) -> int:
    """How many samples lie before the motion: up to the last that stands for several."""
    return max((index + 1 for index in range(1, len(samples)) if samples[index] is samples[index - 1]), default=0)
