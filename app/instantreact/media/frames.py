"""From a clip to windows: its pictures are decoded in order and those that are kept are converted, each once."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

from instantreact.domain.media import FrameSample, GlancePlan, SamplingPlan
from instantreact.errors import UnreadableMedia
from instantreact.media.clock import GAP_S
from instantreact.media.decoded import DecodedWindow
from instantreact.media.pictures import PictureReader, open_pictures
from instantreact.media.sampling import SampledWindow, WindowSampler


def decode_windows(
    path: Path, plan: SamplingPlan, glances: GlancePlan | None = None
) -> Generator[DecodedWindow, None, None]:
    """The windows of a clip, each with its snapshot, in a memory that does not grow with its length.

    A window lies within one stretch of footage; none shows a gap. What can be decoded of a broken clip is given, and
    what is missing is told with the last window. Raises UnreadableMedia where not one picture can be decoded, and
    UnsupportedMedia.
    """
    with open_pictures(path) as reader:
        waiting: DecodedWindow | None = None
        for window in _sample(reader, plan, snapshots=True, glances=glances):
            if waiting is not None:
                yield waiting
            waiting = DecodedWindow(
                window.sample, window.snapshot_jpeg, pictured_s=window.pictured_s, glances=window.glances
            )
        if waiting is None:
            raise UnreadableMedia("Not one frame of the clip can be decoded.")
        warning = " ".join([*reader.timeline.losses, *reader.doubts.tell()])
        yield replace(waiting, warning=warning or None, is_last=True)


def sample_frames(path: Path, plan: SamplingPlan) -> Generator[FrameSample, None, None]:
    """The frame samples of a clip, window by window, without snapshots; otherwise as `decode_windows`."""
    is_empty = True
    with open_pictures(path) as reader:
        for window in _sample(reader, plan, snapshots=False):
            is_empty = False
            yield window.sample
    if is_empty:
        raise UnreadableMedia("Not one frame of the clip can be decoded.")


def _sample(
    reader: PictureReader, plan: SamplingPlan, *, snapshots: bool, glances: GlancePlan | None = None
) -> Iterator[SampledWindow]:
    """The windows, stretch by stretch: each stretch has a grid of its own, from its first picture on."""
    sampler: WindowSampler | None = None
    index, last_s = 0, 0.0
    for picture in reader.pictures():
        if sampler is not None and picture.time_s - last_s > GAP_S:
            index = yield from _finish(sampler, reader.timeline.end_of(last_s))
            sampler = None
        if sampler is None:
            aspect = reader.aspect if picture.turn_deg % 180 == 0 else 1 / reader.aspect
            sampler = WindowSampler(
                plan,
                starts_s=picture.time_s,
                first_index=index,
                aspect=aspect,
                snapshots=snapshots,
                glances=glances,
            )
        if sampler.wants(picture.time_s, picture.interval_s):
            image = picture.bgr()
            if not reader.doubts.is_empty(image):
                sampler.add(picture.time_s, picture.interval_s, image)
                yield from sampler.sealed()
        last_s = picture.time_s
    if sampler is not None:
        yield from _finish(sampler, reader.timeline.end_of(last_s))


def _finish(sampler: WindowSampler, end_s: float) -> Generator[SampledWindow, None, int]:
    """What is left of a stretch that ends at `end_s`; returns the index of the window after it."""
    if sampler.has_frames:
        sampler.end(end_s)
        yield from sampler.sealed()
        yield sampler.last(end_s)
    return sampler.next_index
