"""All cameras at one model: batches, no backlog, no deaths."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import av
import numpy as np

from instantreact.domain.media import Images, Window
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.windows import FrameFeatures, LiveWindow, Sample
from instantreact.media.live_frame import LiveFrame
from instantreact.media.mask import FrameMask


class Model:
    """Adds up pixels; may be held up."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.may_run = threading.Event()
        self.may_run.set()
        self.has_begun = threading.Event()

    def encode(self, images: Images, earlier: Images) -> FrameFeatures:
        self.has_begun.set()
        self.may_run.wait(10)
        self.batches.append(len(images))
        return np.stack([images.sum((1, 2, 3)), earlier.sum((1, 2, 3, 4))], axis=1).astype(np.float32)

    def describe(self, features: FrameFeatures) -> float:
        if features[0, 0] < 0:
            raise RuntimeError("a bad window")
        return float(features.sum())


class Delivered:
    """What came out, waited for."""

    def __init__(self) -> None:
        self.got: list[tuple[int, float]] = []
        self._changed = threading.Condition()

    def __call__(self, window: LiveWindow, description: float) -> None:
        with self._changed:
            self.got.append((window.window.index, description))
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[tuple[int, float]]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.got) >= count, 10)
            return list(self.got)


def make_sample(level: int) -> Sample:
    return Sample(np.full((4, 4, 3), level, np.uint8), np.zeros((2, 4, 4, 3), np.uint8))


def make_window(index: int, samples: list[Sample]) -> LiveWindow:
    picture = LiveFrame(0.0, av.VideoFrame(16, 16, "yuv420p"), FrameMask(()))
    return LiveWindow(Window(index, float(index), index + 2.0), tuple(samples), picture, {})


@contextmanager
def running(model: Model) -> Iterator[FeatureBatcher[float]]:
    batcher = FeatureBatcher(model.encode, model.describe)
    try:
        yield batcher
    finally:
        model.may_run.set()
        batcher.close()


def test_feature_batcher_computes_each_sample_once_for_all_windows() -> None:
    model, delivered = Model(), Delivered()
    samples = [make_sample(level) for level in range(6)]
    with running(model) as batcher:
        slot = batcher.open_slot()
        slot.offer([], [make_window(0, samples[:4])], delivered)
        delivered.wait_for(1)
        slot.offer([], [make_window(1, samples[2:])], delivered)
        got = delivered.wait_for(2)
    assert sum(model.batches) == 6
    assert got == [(0, 48.0 * (0 + 1 + 2 + 3)), (1, 48.0 * (2 + 3 + 4 + 5))]


def test_feature_batcher_takes_the_samples_of_all_cameras_in_one_batch() -> None:
    model = Model()
    with running(model) as batcher:
        model.may_run.clear()
        one, other = batcher.open_slot(), batcher.open_slot()
        one.offer([make_sample(1)], [], Delivered())
        assert model.has_begun.wait(10)
        samples = [make_sample(2), make_sample(3), make_sample(4)]
        one.offer(samples[:2], [], Delivered())
        other.offer(samples[2:], [], Delivered())
        model.may_run.set()
        while any(sample.features is None for sample in samples):
            assert model.has_begun.wait(10)
    assert model.batches == [1, 3]


def test_feature_batcher_serves_a_due_window_before_what_lies_ahead_and_cameras_in_turn() -> None:
    model, delivered = Model(), Delivered()
    with running(model) as batcher:
        model.may_run.clear()
        one, other = batcher.open_slot(), batcher.open_slot()
        one.offer([], [make_window(0, [make_sample(1)])], delivered)
        assert model.has_begun.wait(10)
        one.offer([make_sample(9)] * 3, [make_window(1, [make_sample(1)])], delivered)
        other.offer([], [make_window(5, [make_sample(1)])], delivered)
        model.may_run.set()
        assert [index for index, _ in delivered.wait_for(3)] == [0, 5, 1]
    assert model.batches[:3] == [1, 1, 1]


def test_feature_batcher_keeps_the_newest_window_only_when_the_model_is_slow() -> None:
    model, delivered = Model(), Delivered()
    with running(model) as batcher:
        model.may_run.clear()
        slot = batcher.open_slot()
        slot.offer([], [make_window(0, [make_sample(1)])], delivered)
        assert model.has_begun.wait(10)
        for index in range(1, 6):
            slot.offer([], [make_window(index, [make_sample(1)])], delivered)
        model.may_run.set()
        got = delivered.wait_for(2)
    assert [index for index, _ in got] == [0, 5]
    assert (slot.dropped, slot.analyzed) == (4, 2)


def test_feature_batcher_computes_ahead_what_windows_will_need() -> None:
    model, delivered = Model(), Delivered()
    samples = [make_sample(level) for level in range(4)]
    with running(model) as batcher:
        slot = batcher.open_slot()
        slot.offer(samples, [], delivered)
        while any(sample.features is None for sample in samples):
            assert model.has_begun.wait(10)
        computed = sum(model.batches)
        slot.offer([], [make_window(0, samples)], delivered)
        delivered.wait_for(1)
    assert sum(model.batches) == computed == 4


def test_feature_batcher_survives_a_model_that_fails() -> None:
    model, delivered = Model(), Delivered()
    bad = make_sample(0)
    bad.features = np.array([-1.0, 0.0], np.float32)
    with running(model) as batcher:
        slot = batcher.open_slot()
        slot.offer([], [make_window(0, [bad])], delivered)
        while slot.waiting is not None:
            pass
        slot.offer([], [make_window(1, [make_sample(1)])], delivered)
        assert delivered.wait_for(1) == [(1, 48.0)]


def test_feature_batcher_forgets_a_camera_that_is_gone() -> None:
    model, delivered = Model(), Delivered()
    with running(model) as batcher:
        gone, stays = batcher.open_slot(), batcher.open_slot()
        batcher.close_slot(gone)
        gone.offer([], [make_window(0, [make_sample(1)])], delivered)
        stays.offer([], [make_window(1, [make_sample(1)])], delivered)
        assert delivered.wait_for(1) == [(1, 48.0)]


def test_feature_batcher_describes_what_was_asked_for_however_busy_it_is() -> None:
    model, delivered = Model(), Delivered()
    with running(model) as batcher:
        model.may_run.clear()
        slot = batcher.open_slot()
        slot.offer([make_sample(1)], [], delivered)
        assert model.has_begun.wait(10)
        for index in range(3):
            batcher.ask(make_window(index, [make_sample(index)]), delivered)
        model.may_run.set()
        assert [index for index, _ in delivered.wait_for(3)] == [0, 1, 2]
    assert slot.dropped == 0
