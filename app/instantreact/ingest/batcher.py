"""One thread computes the features of all cameras and describes their windows: one model, one queue that cannot grow.

Each camera has a slot for its newest due window. A window that is still waiting when the next one is due is dropped and
counted: a slow model falls behind in windows, never in time.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from instantreact.domain.media import Images
from instantreact.ingest.windows import FrameFeatures, LiveWindow, Sample
from instantreact.logs import get_logger

D = TypeVar("D")
Encode = Callable[[Images, Images], FrameFeatures]
"""(N, S, S, 3) and (N, G, S, S, 3) to (N, D): `Captioner.encode_frames`."""
_EAGER_SAMPLES = 8

log = get_logger(__name__)


class Slot(Generic[D]):
    """One camera's place at the model.

    deliver   called in the model's thread with each window and its description
    analyzed  windows described
    dropped   windows that had to make way
    """

    def __init__(self, changed: threading.Condition, deliver: Callable[[LiveWindow, D], None]) -> None:
        self._changed = changed
        self.deliver = deliver
        self.analyzed = 0
        self.dropped = 0
        self.window: LiveWindow | None = None
        self.samples: deque[Sample] = deque(maxlen=64)

    def offer(self, samples: list[Sample], windows: list[LiveWindow]) -> None:
        """Ask for features of samples ahead of time, and for windows to be described; only the newest one waits."""
        if not samples and not windows:
            return
        with self._changed:
            self.samples.extend(samples)
            for window in windows:
                self.dropped += self.window is not None
                self.window = window
            self._changed.notify()


class FeatureBatcher(Generic[D]):
    """Runs `encode` and `describe` for all cameras of this process in a thread of its own."""

    def __init__(self, encode: Encode, describe: Callable[[FrameFeatures], D]) -> None:
        self._encode = encode
        self._describe = describe
        self._changed = threading.Condition()
        self._slots: list[Slot[D]] = []
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="instantreact-model", daemon=True)
        self._thread.start()

    def open_slot(self, deliver: Callable[[LiveWindow, D], None]) -> Slot[D]:
        """A place for a camera; `deliver` must not block."""
        slot: Slot[D] = Slot(self._changed, deliver)
        with self._changed:
            self._slots.append(slot)
        return slot

    def close_slot(self, slot: Slot[D]) -> None:
        """Forget a camera and what waits for it."""
        with self._changed:
            self._slots.remove(slot)

    def close(self) -> None:
        """Finish the batch that runs, drop what waits."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing or any(s.window or s.samples for s in self._slots))
                if self._is_closing:
                    return
                windows = [(slot, slot.window) for slot in self._slots if slot.window]
                ahead = self._take_ahead()
                for slot, _ in windows:
                    slot.window = None
            self._work(windows, ahead)

    def _take_ahead(self) -> list[Sample]:
        """A few samples of each camera, the newest first: the oldest may belong to windows that were dropped."""
        taken: list[Sample] = []
        for slot in self._slots:
            taken += [slot.samples.pop() for _ in range(min(len(slot.samples), _EAGER_SAMPLES))]
        return taken

    def _work(self, windows: list[tuple[Slot[D], LiveWindow]], ahead: list[Sample]) -> None:
        wanted = {id(sample): sample for _, window in windows for sample in window.samples}
        wanted |= {id(sample): sample for sample in ahead}
        missing = [sample for sample in wanted.values() if sample.features is None]
        try:
            self._compute(missing)
            for slot, window in windows:
                features = np.stack([_features_of(sample) for sample in window.samples])
                slot.deliver(window, self._describe(features))
                slot.analyzed += 1
        except Exception:  # the thread serves all cameras: one bad batch must not end it
            log.exception("ingest.model_failed", windows=len(windows), samples=len(missing))

    def _compute(self, samples: list[Sample]) -> None:
        if samples:
            images = np.stack([sample.image for sample in samples])
            earlier = np.stack([sample.earlier for sample in samples])
            for sample, features in zip(samples, self._encode(images, earlier), strict=True):
                sample.features = features


def _features_of(sample: Sample) -> FrameFeatures:
    if sample.features is None:
        raise ValueError("a window was described before its features were computed")
    return sample.features
