"""From a clip's decoded windows to observations, with no database in sight: `analyze` on the command line is this."""

from collections.abc import Container, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

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
    with closing(decoded):
        for window in _decode(decoded, stopwatch, following):
            if window.sample.window.index not in known:
                yield _describe(window, captioner, shared, stopwatch, following)


def _decode(
    decoded: Iterator[DecodedWindow], stopwatch: Stopwatch, following: Following | None
) -> Iterator[DecodedWindow]:
    while True:
        with stopwatch.measure("decode"):
            window = next(decoded, None)
        if window is None:
            return
        if following is not None:
            with stopwatch.measure("detect"):
                following.look(window.glances)
        yield window


def _describe(
    window: DecodedWindow,
    captioner: Captioner,
    shared: _SharedFeatures,
    stopwatch: Stopwatch,
    following: Following | None,
) -> SeenWindow:
    with stopwatch.measure("features"):
        features = shared.of(window.sample)
    with stopwatch.measure("caption"):
        description = captioner.describe(features)
    observation = Observation(
        window=window.sample.window,
        caption=description.caption,
        hypotheses=description.hypotheses,
        concepts=description.concepts,
        pictured_s=window.pictured_s,
    )
    if following is not None:
        with stopwatch.measure("detect"):
            observation = following.tell(observation)
    return SeenWindow(observation, window.snapshot_jpeg, window.warning, window.is_last)
