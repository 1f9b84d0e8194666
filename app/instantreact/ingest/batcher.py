"""One thread computes the features of all cameras and describes their windows: one model, one queue that cannot grow.

Samples of all cameras go through the encoder together as they come; a window, once due, goes first and alone, so that
it waits for one other window of each camera at most. Each camera has a slot for its newest due window: one that still
waits when the next is due is dropped and counted. A slow model falls behind in windows, not in time.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from instantreact.domain.media import Images
from instantreact.ingest.looking import LiveGlance
from instantreact.ingest.windows import FrameFeatures, LiveWindow, Sample
from instantreact.logs import get_logger

D = TypeVar("D")
Encode = Callable[[Images, Images], FrameFeatures]
"""(N, S, S, 3) and (N, G, S, S, 3) to (N, D): `Captioner.encode_frames`."""
_EAGER_SAMPLES = 8

Deliver = Callable[[LiveWindow, D], None]

log = get_logger(__name__)


class Slot(Generic[D]):
    """One camera's place at the model.

    analyzed  windows described
    dropped   windows that had to make way
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self.analyzed = 0
        self.dropped = 0
        self.waiting: tuple[LiveWindow, Deliver[D]] | None = None
        self.samples: deque[Sample] = deque(maxlen=64)
        self.glances: deque[LiveGlance] = deque(maxlen=32)

    def offer(
        self,
        samples: list[Sample],
        windows: list[LiveWindow],
        deliver: Deliver[D],
        glances: Sequence[LiveGlance] = (),
    ) -> None:
        """Ask for features of samples ahead of time, and for windows to be described; only the newest one waits.

        `deliver` is called in the model's thread with the window and its description, and must not block. Glances are
        looked at in their order, those before a window first.
        """
        if not samples and not windows and not glances:
            return
        with self._changed:
            self.glances.extend(glances)
            self.samples.extend(samples)
            for window in windows:
                self.dropped += self.waiting is not None
                self.waiting = (window, deliver)
            self._changed.notify()


@dataclass(frozen=True, eq=False)
class _Work(Generic[D]):
    window: LiveWindow
    deliver: Deliver[D]
    slot: Slot[D] | None


class FeatureBatcher(Generic[D]):
    """Runs `encode` and `describe` for all cameras of this process in a thread of its own."""

    def __init__(self, encode: Encode, describe: Callable[[FrameFeatures], D]) -> None:
        self._encode = encode
        self._describe = describe
        self._changed = threading.Condition()
        self._slots: list[Slot[D]] = []
        self._asked: deque[tuple[LiveWindow, Deliver[D]]] = deque()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="instantreact-model", daemon=True)
        self._thread.start()

    def open_slot(self) -> Slot[D]:
        """A place for a camera."""
        slot: Slot[D] = Slot(self._changed)
        with self._changed:
            self._slots.append(slot)
        return slot

    def close_slot(self, slot: Slot[D]) -> None:
        """Forget a camera and what waits for it."""
        with self._changed:
            self._slots.remove(slot)

    def ask(self, window: LiveWindow, deliver: Deliver[D]) -> None:
        """Have a window described that may not be dropped; for what is rare."""
        with self._changed:
            self._asked.append((window, deliver))
            self._changed.notify()

    def close(self) -> None:
        """Finish the batch that runs, drop what waits."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work)
                if self._is_closing:
                    return
                work = self._take_work()
                samples = list(work.window.samples) if work else self._take_ahead()
                glances = self._take_glances(work)
            self._work(work, samples, glances)

    def _has_work(self) -> bool:
        return (
            self._is_closing
            or bool(self._asked)
            or any(slot.waiting or slot.samples or slot.glances for slot in self._slots)
        )

    def _take_work(self) -> _Work[D] | None:
        """What was asked for first, then the cameras' windows in turn."""
        if self._asked:
            return _Work(*self._asked.popleft(), None)
        for slot in self._slots:
            if slot.waiting:
                work = _Work(*slot.waiting, slot)
                slot.waiting = None
                self._slots.remove(slot)
                self._slots.append(slot)
                return work
        return None

    def _take_ahead(self) -> list[Sample]:
        """A few samples, the newest of each camera first: the oldest may belong to windows that were dropped."""
        taken: list[Sample] = []
        while len(taken) < _EAGER_SAMPLES and any(slot.samples for slot in self._slots):
            taken += [slot.samples.pop() for slot in self._slots if slot.samples]
        return taken

    def _take_glances(self, work: _Work[D] | None) -> list[LiveGlance]:
        """Those of a window's camera, or the oldest of each."""
        if work is None:
            return [slot.glances.popleft() for slot in self._slots if slot.glances]
        glances = list(work.slot.glances) if work.slot else []
        if work.slot:
            work.slot.glances.clear()
        return glances

    def _work(self, work: _Work[D] | None, samples: list[Sample], glances: Sequence[LiveGlance]) -> None:
        try:
            for glance in glances:
                glance.look()
            self._compute([sample for sample in samples if sample.features is None])
            if work:
                features = np.stack([_features_of(sample) for sample in work.window.samples])
                work.deliver(work.window, self._describe(features))
                if work.slot:
                    work.slot.analyzed += 1
        except Exception:  # the thread serves all cameras: one bad batch must not end it
            log.exception("ingest.model_failed", samples=len(samples))

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
