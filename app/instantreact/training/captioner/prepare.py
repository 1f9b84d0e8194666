"""Samples the frames of a data set's clips and caches their features, in parallel; interrupted, it goes on.

The features are computed by the very graphs that a bundle ships, through the very preprocessing that serves.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images, SamplingPlan
from instantreact.errors import InvalidInput, MediaError, UnreadableMedia
from instantreact.inference.bundle import Bundle, GraphName
from instantreact.inference.preprocess import Preprocessing, motion_images, scale_pixels
from instantreact.inference.session import GraphSession, open_graph
from instantreact.media.frames import sample_frames
from instantreact.media.sampling import scale_frame
from instantreact.training.captioner.clips import CaptionedClip
from instantreact.training.captioner.config import Views
from instantreact.training.captioner.kept import Features, digest, digest_content, keep, name_cache
from instantreact.training.captioner.views import PLAIN, View, draw_views

_ROUNDING = 1e-6  # of a sample
_PICTURES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class FeatureExtractor:
    """Turns a clip into features: the encoders, and how frames are drawn and prepared for them."""

    appearance: GraphSession
    motion: GraphSession | None
    sampling: SamplingPlan
    preprocessing: Preprocessing

    def extract(self, path: Path) -> list[Features]:
        """The features (T, D) of the whole clip as it is, exactly as serving computes them.

        Raises MediaError when it cannot be read.
        """
        return self._extract_at(path, [PLAIN], self.sampling.image_size)

    def extract_changed(self, path: Path, views: Sequence[View]) -> list[Features]:
        """The features (T, D) of the whole clip in each of the views. Raises MediaError when it cannot be read."""
        # Large enough that the smallest crop needs no enlarging.
        size = round(self.sampling.image_size / min(view.size for view in views))
        return self._extract_at(path, views, size)

    def _extract_at(self, path: Path, views: Sequence[View], size: int) -> list[Features]:
        parts: list[list[Features]] = [[] for _ in views]
        for images, earlier in sample_clip(path, replace(self.sampling, image_size=size)):
            for part, view in zip(parts, views, strict=True):
                part.append(self._encode(images, earlier, view))
        return [np.concatenate(part) for part in parts]

    def _encode(self, images: Images, earlier: Images, view: View) -> Features:
        size = self.sampling.image_size
        seen = view.apply(images, size)
        rows = [_run(self.appearance, seen, self.preprocessing)]
        if self.motion is not None:
            before = np.stack([view.apply(earlier[:, gap], size) for gap in range(earlier.shape[1])], axis=1)
            options = self.preprocessing
            moving = motion_images(
                seen, before, options.motion_gain, crop=options.motion_crop, steady=options.motion_steady
            )
            rows.append(_run(self.motion, moving, self.preprocessing))
        return np.concatenate(rows, axis=1).astype(np.float16)


@dataclass(frozen=True)
class Prepared:
    """What `prepare_clips` did: features by clip name, and for the clips that cannot be read, why."""

    views: dict[str, tuple[Features, ...]]
    skipped: dict[str, str]

    def readable(self, clips: Sequence[CaptionedClip]) -> list[CaptionedClip]:
        """Those of the clips that have features. Raises InvalidInput when there are clips, and none has."""
        found = [clip for clip in clips if clip.name in self.views]
        if clips and not found:
            first, splits = clips[0].name, " and ".join(sorted({clip.split.value for clip in clips}))
            reason = self.skipped.get(first, "it was not prepared")
            raise InvalidInput(f"Not one of the {len(clips)} clips in {splits} can be read; {first}: {reason}")
        return found


def prepare_clips(
    clips: Sequence[CaptionedClip],
    extractor: FeatureExtractor,
    options: Views,
    cache: Path,
    *,
    workers: int = 1,
    after_clip: Callable[[str], None] = lambda name: None,
) -> Prepared:
    """The features of every clip in its plain and changed views; what is in `cache` is not computed again.

    Data sets may share `cache`: a clip is known by its name and content. A clip that cannot be read is skipped and told
    of.
    """
    cache.mkdir(parents=True, exist_ok=True)

    def prepare(clip: CaptionedClip) -> tuple[Features, ...] | str:
        try:
            found: tuple[Features, ...] | str = _load_or_extract(clip, extractor, options, cache)
        except MediaError as error:
            found = str(error)
        after_clip(clip.name)
        return found

    with ThreadPoolExecutor(workers) as pool:
        results = dict(zip((clip.name for clip in clips), pool.map(prepare, clips), strict=True))
    return Prepared(
        views={name: found for name, found in results.items() if isinstance(found, tuple)},
        skipped={name: found for name, found in results.items() if isinstance(found, str)},
    )


def prepare_for_bundle(
    bundle: Bundle,
    clips: Sequence[CaptionedClip],
    cache: Path,
    *,
    workers: int = 1,
    after_clip: Callable[[str], None] = lambda name: None,
) -> Prepared:
    """The features of every clip as a bundle's own encoders compute them, without changed views."""
    moving = GraphName.MOTION in bundle.graphs
    extractor = FeatureExtractor(
        appearance=open_graph(bundle, GraphName.APPEARANCE),
        motion=open_graph(bundle, GraphName.MOTION) if moving else None,
        sampling=bundle.sampling,
        preprocessing=bundle.preprocessing,
    )
    folder = cache / name_cache(bundle.sampling, bundle.preprocessing, bundle.graphs)
    return prepare_clips(clips, extractor, Views(count=0), folder, workers=workers, after_clip=after_clip)


def sample_clip(path: Path, sampling: SamplingPlan) -> Iterator[tuple[Images, Images]]:
    """The samples of a whole clip in order, each once: images (N, S, S, 3) and earlier (N, G, S, S, 3) at a time.

    A picture is a clip of one frame that stands still. Raises MediaError when it cannot be read.
    """
    if path.suffix.lower() in _PICTURES:
        image = _read_picture(path, sampling.image_size)
        yield image[None], np.repeat(image[None, None], len(sampling.gaps_s), axis=1)
        return
    begins_s, ends_s, done = 0.0, -math.inf, 0
    # Windows that overlap by half leave no sample out, even where the last one is stretched.
    for sample in sample_frames(path, replace(sampling, stride_s=sampling.window_s / 2)):
        if sample.window.start_s > ends_s:  # after a gap samples are counted anew
            begins_s, done = sample.window.start_s, 0
        ends_s = sample.window.end_s
        end = math.ceil((ends_s - begins_s) * sampling.rate_hz - _ROUNDING)
        known = max(0, done - (end - len(sample.images)))
        yield sample.images[known:], sample.earlier[known:]
        done = end


def _read_picture(path: Path, size: int) -> Images:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise UnreadableMedia(f"The picture {path} cannot be read.")
    return scale_frame(np.asarray(picture, np.uint8), size)


def _load_or_extract(
    clip: CaptionedClip, extractor: FeatureExtractor, options: Views, cache: Path
) -> tuple[Features, ...]:
    # The plain view is kept by itself: recipes with other views need it too, and so does a bundle's evaluation.
    kept = f"{clip.name}.{digest_content(clip.path)}"
    _, *changed = draw_views(options, clip.name)
    found = keep(cache / f"{kept}.npz", lambda: extractor.extract(clip.path))
    if changed:
        path = cache / f"{kept}.{digest(repr(options))}.npz"
        found += keep(path, lambda: extractor.extract_changed(clip.path, changed))
    return found


def _run(encoder: GraphSession, images: Images, preprocessing: Preprocessing) -> NDArray[np.float32]:
    # One picture at a time is fastest, see `Captioner`.
    rows = [encoder.run({"images": scale_pixels(image[None], preprocessing)})["features"] for image in images]
    return np.concatenate(rows)
