"""What a captioner must beat: captions that need no model, and scores that need no picture."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.mention import tokenize
from instantreact.media.limits import DecodeLimits
from instantreact.media.probe import probe_clip
from instantreact.training.captioner.clips import CaptionedClip
from instantreact.training.captioner.logistic import Vectors, fit_logistic, predict_logistic
from instantreact.training.metrics.captions import CaptionScores, mean_scores, score_captions


def majority_caption(train: Sequence[CaptionedClip]) -> str:
    """The training caption whose words are most like those of all others: the best thing to say without looking."""
    captions = [caption for clip in train for caption in clip.captions]
    return captions[_most_central(captions)]


def nearest_captions(
    features: Mapping[str, NDArray[np.float16]], train: Sequence[CaptionedClip], test: Sequence[CaptionedClip]
) -> list[str]:
    """For each test clip the most central caption of the training clip that looks most like it.

    Clips are compared by the cosine of their frame features (T, D), averaged over time and standardised.
    """
    known = np.stack([features[clip.name].mean(axis=0, dtype=np.float32) for clip in train])  # (N, D)
    asked = np.stack([features[clip.name].mean(axis=0, dtype=np.float32) for clip in test])
    mean, scale = known.mean(axis=0), known.std(axis=0) + 1e-6
    for vectors in (known, asked):  # in place: with a grid of cells they are gigabytes
        vectors -= mean
        vectors /= scale
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    nearest = (asked @ known.T).argmax(axis=1)
    chosen = [train[index].captions for index in nearest]
    return [captions[_most_central(captions)] for captions in chosen]


def annotator_lines(clips: Sequence[CaptionedClip], captions: Sequence[str]) -> dict[str, CaptionScores]:
    """One annotator scored against the other, and `captions` against the same references, for both ways.

    Each of an annotator's captions is a candidate in turn; the mean over them is given. Empty unless every clip has
    captions by the same two annotators, equally many each.
    """
    names = sorted({name for clip in clips for name in clip.annotators})
    if (
        len(names) != 2
        or len({(clip.annotators.count(names[0]), clip.annotators.count(names[1])) for clip in clips}) != 1
    ):
        return {}
    lines = {}
    for one, other in (names, names[::-1]):
        references = [_captions_by(clip, other) for clip in clips]
        candidates = zip(*(_captions_by(clip, one) for clip in clips), strict=True)
        lines[f"annotator {one} against {other}"] = mean_scores(
            [score_captions(each, references) for each in candidates]
        )
        lines[f"model against {other}"] = score_captions(captions, references)
    return lines


def metadata_scores(
    train: Sequence[CaptionedClip], test: Sequence[CaptionedClip], *, label: str
) -> NDArray[np.float64]:
    """The probability (N,) that each test clip carries `label`, from its size, frame rate and bit rate alone."""
    known, asked = (np.stack([_metadata(clip) for clip in clips]) for clips in (train, test))
    mean, scale = known.mean(axis=0), known.std(axis=0) + 1e-6
    truth = np.array([float(clip.label == label) for clip in train])
    weights = fit_logistic((known - mean) / scale, truth)
    return predict_logistic((asked - mean) / scale, weights)


def _metadata(clip: CaptionedClip) -> Vectors:
    limits = DecodeLimits()
    found = probe_clip(clip.path, max_pixels=limits.max_pixels, max_duration_s=limits.max_duration_s)
    bits_per_s = clip.path.stat().st_size * 8 / found.duration_s
    return np.array([found.width, found.height, found.fps, np.log(max(1.0, bits_per_s))])


def _captions_by(clip: CaptionedClip, annotator: str) -> list[str]:
    return [caption for caption, name in zip(clip.captions, clip.annotators, strict=True) if name == annotator]


def _most_central(captions: Sequence[str]) -> int:
    """Which caption's words are, by the cosine of their counts, most like those of all."""
    counts = [Counter(tokenize(caption)) for caption in captions]
    units = [{word: count / math.hypot(*own.values()) for word, count in own.items()} for own in counts]
    total: dict[str, float] = defaultdict(float)
    for unit in units:
        for word, value in unit.items():
            total[word] += value
    likeness = [sum(value * total[word] for word, value in unit.items()) for unit in units]
    return int(np.argmax(np.round(likeness, 9)))  # of equally good ones the first
