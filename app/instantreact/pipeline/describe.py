"""From a clip's decoded windows to observations, with no database in sight: `analyze` on the command line is this."""

from collections.abc import Container, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Self

import numpy as np

from instantreact.domain.media import FrameSample, Images
from instantreact.domain.observation import Observation
from instantreact.inference.captioner import Captioner, FrameFeatures
from instantreact.media.decoded import DecodedWindow
from instantreact.pipeline.following import Following
from instantreact.pipeline.stopwatch import Stopwatch

GLANCE_EVERY_S = 0.25
"""How often a detector looks at a clip: often enough to know who is who."""


@dataclass(frozen=True, eq=False)
class SeenWindow:
    """What was seen in one window; `snapshot_jpeg` shows it, `warning` tells what of the clip could not be used.

    `is_last` says that the clip ends with it.
    """

    observation: Observation
    snapshot_jpeg: bytes
    warning: str | None
    is_last: bool = False


class _SharedFeatures:
    """Features of the samples of the current window, each computed once though windows overlap."""

    def __init__(self, captioner: Captioner) -> None:
        self._captioner = captioner
        self._known: dict[tuple[float, int], FrameFeatures] = {}

    def of(self, sample: FrameSample) -> FrameFeatures:
        """The features (N, D) of all frames of `sample`."""
        keys = [_key_of(sample, index) for index in range(len(sample.times_s))]
        fresh = [index for index, key in enumerate(keys) if key not in self._known]
        if fresh:
            images: Images = sample.images[fresh]
            rows = self._captioner.encode_frames(images, sample.earlier[fresh])
            self._known |= {keys[index]: row for index, row in zip(fresh, rows, strict=True)}
        self._known = {key: self._known[key] for key in keys}
        return np.stack([self._known[key] for key in keys])


def _key_of(sample: FrameSample, index: int) -> tuple[float, int]:
    """Tells samples apart: at a low frame rate two may show the same frame beside different earlier ones."""
    return float(sample.times_s[index]), hash(sample.earlier[index].tobytes())


def describe_windows(
    decoded: Generator[DecodedWindow, None, None],
    captioner: Captioner,
    stopwatch: Stopwatch,
    *,
    known: Container[int] = (),
    following: Following | None = None,
) -> Generator[SeenWindow, None, None]:
    """Describe the windows of one clip in order; those whose index is in `known` are passed over.

    `following` sees the things of all windows, since who is in a later one may have come in an earlier one.

    Blocks: call it in a worker thread. Raises what decoding raises; closing it closes `decoded`.
    """
    shared = _SharedFeatures(captioner)
    with closing(decoded), _Looking(following, stopwatch, beside=captioner.threads > 1) as looking:
        for window in _decode(decoded, stopwatch):
            is_known = window.sample.window.index in known
            looking.start(window, is_judged=not is_known)
            described = None if is_known else _describe(window, captioner, shared, stopwatch)
            looking.wait()
            if described is not None:
                told = following.tell(described) if following else described
                yield SeenWindow(told, window.snapshot_jpeg, window.warning, window.is_last)


def _decode(decoded: Iterator[DecodedWindow], stopwatch: Stopwatch) -> Iterator[DecodedWindow]:
    while True:
        with stopwatch.measure("decode"):
            window = next(decoded, None)
        if window is None:
            return
        yield window


class _Looking:
    """Looks at a window's glances, in a thread `beside` the captioner's where that is wanted."""

    def __init__(self, following: Following | None, stopwatch: Stopwatch, *, beside: bool) -> None:
        self._following = following
        self._stopwatch = stopwatch
        self._thread = ThreadPoolExecutor(1, "instantreact-looks") if beside and following else None
        self._looks: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)

    def start(self, window: DecodedWindow, *, is_judged: bool) -> None:
        """Begin with the next window; one that is not judged is seen all the same."""
        if self._thread is not None:
            self._looks = self._thread.submit(self._look, window, is_judged=is_judged)
        else:
            self._look(window, is_judged=is_judged)

    def wait(self) -> None:
        """Until it is done. Raises what looking raised."""
        if self._looks is not None:
            self._looks.result()

    def _look(self, window: DecodedWindow, *, is_judged: bool) -> None:
        if self._following is None:
            return
        with self._stopwatch.measure("detect"):
            self._following.look(window.glances)
            if is_judged:
                self._following.judge(window.sample.window)


def _describe(
    window: DecodedWindow, captioner: Captioner, shared: _SharedFeatures, stopwatch: Stopwatch
) -> Observation:
    with stopwatch.measure("features"):
        features = shared.of(window.sample)
    with stopwatch.measure("caption"):
        description = captioner.describe(features)
    return Observation(
        window=window.sample.window,
        caption=description.caption,
        hypotheses=description.hypotheses,
        concepts=description.concepts,
        pictured_s=window.pictured_s,
    )
