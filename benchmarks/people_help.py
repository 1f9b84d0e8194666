"""Do people help to tell fights and falls? `python -m benchmarks.people_help ../shared/data --cache CACHE`.

A linear head on the mean and maximum of the shipped motion encoder's features (four samples a second, frozen), fitted
in five folds by scene, is the score that never saw a clip's scene; the mean of ten shuffles of the folds. People are
the shipped detector's boxes, four frames a second. They come in as a gate (the score counts only where there are two
people near each other) or as inputs beside the score, fitted on the other folds. Intervals are by bootstrap over
scenes, all variants on the same clips.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.observation import Box, Detection
from instantreact.inference.bundle import Bundle, GraphName, load_bundle
from instantreact.inference.detector import Detector, load_detector
from instantreact.inference.preprocess import motion_images, scale_pixels
from instantreact.inference.session import GraphSession, open_graph
from instantreact.media.frames import sample_frames
from instantreact.media.pictures import open_pictures
from instantreact.training.captioner.logistic import fit_logistic, predict_logistic
from instantreact.training.metrics.recognition import auc, recall_at_false_alarms

RATE_HZ = 4.0
FOLDS, SHUFFLES, DRAWS = 5, 10, 1000
FEW_SCENES = 8
"""With fewer, drawing scenes says nothing."""
FIGHTS, FALLS = "fight-detection-surv-dataset", "GMDCSA24"
RECALL = 0.7

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """One clip: what the encoder makes of it, and what the detector finds."""

    name: str
    scene: str
    truth: bool
    features: Values
    people: Values


def main() -> None:
    """Measure both; prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for what is measured of each clip")
    parser.add_argument("--captioner", type=Path, default=Path("models/captioner"))
    parser.add_argument("--detector", type=Path, default=Path("models/detector"))
    asked = parser.parse_args()
    asked.cache.mkdir(parents=True, exist_ok=True)
    measure = Measure(asked.data / "cctv" / "clips", asked.cache, load_bundle(asked.captioner), asked.detector)
    rows = [json.loads(line) for line in (asked.data / "cctv" / "captions.jsonl").read_text().splitlines()]
    for source, label in ((FIGHTS, "fight"), (FALLS, "fall")):
        clips = [
            Measured(row["clip"], row["scene"], row["label"] == label, *measure.clip(row["clip"]))
            for row in rows
            if row["source"] == source
        ]
        report(label, clips)


class Measure:
    """Features and people of clips, kept in a folder."""

    def __init__(self, clips: Path, cache: Path, captioner: Bundle, detector: Path) -> None:
        self._clips, self._cache = clips, cache
        self._captioner = captioner
        self._motion: GraphSession = open_graph(captioner, GraphName.MOTION)
        self._detector: Detector = load_detector(detector, threads=1)

    def clip(self, name: str) -> tuple[Values, Values]:
        """Mean and maximum of the features, and `describe_people`."""
        kept = self._cache / f"{name}.npz"
        if not kept.exists():
            path = self._clips / f"{name}.mp4"
            frames = list(self._detect(path))
            np.savez(kept, features=self._encode(path), people=describe_people(frames))
        found = np.load(kept)
        return found["features"], found["people"]

    def _encode(self, path: Path) -> Values:
        features = encode_clip(path, self._captioner, self._motion)
        return np.concatenate([features.mean(axis=0), features.max(axis=0)])

    def _detect(self, path: Path) -> Iterator[tuple[float, list[Detection]]]:
        due_s = 0.0
        with open_pictures(path) as reader:
            for picture in reader.pictures():
                if picture.time_s >= due_s - 1e-3:
                    due_s += 1 / RATE_HZ
                    frame = picture.bgr()[..., ::-1]
                    aspect = frame.shape[1] / frame.shape[0]
                    yield aspect, self._detector.detect([frame], [picture.time_s], min_score=0.3, labels={"person"})


def encode_clip(path: Path, captioner: Bundle, motion: GraphSession) -> Values:
    """What the motion encoder makes of each of a clip's samples, `RATE_HZ` a second."""
    options = captioner.preprocessing
    plan = replace(captioner.sampling, rate_hz=RATE_HZ, window_s=30.0, stride_s=30.0)
    rows = []
    for sample in sample_frames(path, plan):
        moving = motion_images(
            sample.images,
            sample.earlier,
            options.motion_gain,
            crop=options.motion_crop,
            steady=options.motion_steady,
        )
        rows.append(motion.run({"images": scale_pixels(moving, options)})["features"])
    return np.concatenate(rows).astype(np.float64)


def describe_people(frames: Sequence[tuple[float, Sequence[Detection]]]) -> Values:
    """How many people (mean, most), in which share of the frames two are near each other, and how near the nearest
    two come on average; the share of frames in which somebody is wider than high, and how much the highest head drops.
    """
    counts = np.array([len(people) for _, people in frames], float)
    gaps = np.array([nearest(people, aspect) for aspect, people in frames])
    tops = [min((each.box.top for each in people), default=np.nan) for _, people in frames]
    flat = [any(_width(each.box, aspect) > _height(each.box) for each in people) for aspect, people in frames]
    seen = np.array(tops)[~np.isnan(tops)]
    third = max(1, len(seen) // 3)
    drop = float(seen[-third:].mean() - seen[:third].mean()) if len(seen) else 0.0
    return np.array([counts.mean(), counts.max(), (gaps < 1).mean(), np.minimum(gaps, 5).mean(), np.mean(flat), drop])


def nearest(people: Sequence[Detection], aspect: float) -> float:
    """The gap between the nearest two people over their mean height; less than one is near, five is far or alone."""
    gaps = [5.0]
    for index, one in enumerate(people):
        for other in people[index + 1 :]:
            beside = max(one.box.left - other.box.right, other.box.left - one.box.right, 0.0) * aspect
            above = max(one.box.top - other.box.bottom, other.box.top - one.box.bottom, 0.0)
            gaps.append(float(np.hypot(beside, above)) / ((_height(one.box) + _height(other.box)) / 2))
    return min(gaps)


def _width(box: Box, aspect: float) -> float:
    return (box.right - box.left) * aspect


def _height(box: Box) -> float:
    return max(box.bottom - box.top, 1e-6)


def report(label: str, clips: Sequence[Measured]) -> None:
    """A table of variants with their differences from the score alone."""
    scores = [score(clips, seed) for seed in range(SHUFFLES)]
    mean = {name: np.mean([each[name] for each in scores], axis=0) for name in scores[0]}
    truth = np.array([clip.truth for clip in clips])
    scenes = np.array([clip.scene for clip in clips])
    count = len(set(scenes))
    print(f"\n{label}: {len(clips)} clips, {truth.sum()} of them {label}s, {count} scenes")
    print(
        f"| score | AUC | against the score alone | false alarms at {RECALL:.0%} recall | recall at 5 % false alarms |"
    )
    print("|---|---|---|---|---|")
    drawn = list(draw(truth, scenes if count >= FEW_SCENES else np.arange(len(clips))))
    for name, values in mean.items():
        gains = [auc(values[at], truth[at]) - auc(mean["score"][at], truth[at]) for at in drawn]
        low, high = np.quantile(gains, [0.025, 0.975])
        alarms = [false_alarms(values[at], truth[at]) for at in drawn]
        bounds = np.quantile(alarms, [0.025, 0.975])
        print(
            f"| {name} | {auc(values, truth):.3f} | {auc(values, truth) - auc(mean['score'], truth):+.3f} "
            f"({low:+.3f} to {high:+.3f}) | {false_alarms(values, truth):.3f} ({bounds[0]:.3f} to {bounds[1]:.3f}) | "
            f"{recall_at_false_alarms(values, truth):.3f} |"
        )


def draw(truth: NDArray[np.bool_], groups: NDArray[Any]) -> Iterator[NDArray[np.intp]]:
    """Clips of groups that are drawn with replacement, of both kinds."""
    if truth.all() or not truth.any():
        raise SystemExit("every clip is of one kind: there is nothing to tell apart")
    random = np.random.default_rng(0)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn = 0
    while drawn < DRAWS:
        at = np.concatenate([members[index] for index in random.integers(0, len(members), len(members))])
        if 0 < truth[at].sum() < len(at):
            drawn += 1
            yield at


def false_alarms(values: Values, truth: NDArray[np.bool_]) -> float:
    """The share of the others at or above the threshold that finds `RECALL` of what is looked for."""
    threshold = np.quantile(values[truth], 1 - RECALL, method="lower")
    return float((values[~truth] >= threshold).mean())


def score(clips: Sequence[Measured], seed: int) -> Mapping[str, Values]:
    """Every variant's scores, each clip's by what was fitted without its scene."""
    truth = np.array([clip.truth for clip in clips], float)
    people = np.stack([clip.people for clip in clips])
    fold_of = deal([clip.scene for clip in clips], seed)
    alone = predict_folds(np.stack([clip.features for clip in clips]), truth, fold_of, ridge=True)
    logit = np.log(alone / (1 - alone))[:, None]
    near = people[:, 2] > 0
    return {
        "score": alone,
        "gate: two people in some frame": np.where(people[:, 1] >= 2, alone, alone * 1e-3),
        "gate: two people near each other in some frame": np.where(near, alone, alone * 1e-3),
        "gate: near each other in half the frames": np.where(people[:, 2] >= 0.5, alone, alone * 1e-3),
        "gate: anybody at all": np.where(people[:, 1] >= 1, alone, alone * 1e-3),
        "people alone, as inputs": predict_folds(people, truth, fold_of),
        "score and people as inputs": predict_folds(np.hstack([logit, people]), truth, fold_of),
        "score and share of frames with two near": predict_folds(np.hstack([logit, people[:, 2:3]]), truth, fold_of),
        "score, flat boxes and drop": predict_folds(np.hstack([logit, people[:, 4:]]), truth, fold_of),
        "flat boxes alone, not fitted": people[:, 4],
        "drop of the highest head alone, not fitted": people[:, 5],
    }


def deal(scenes: Sequence[str], seed: int) -> NDArray[np.intp]:
    """The fold of each clip; a scene stays whole, the largest are dealt first, equals at random."""
    names, counts = np.unique(scenes, return_counts=True)
    random = np.random.default_rng(seed)
    sizes, fold = np.zeros(min(FOLDS, len(names))), {}
    for index in sorted(range(len(names)), key=lambda each: (-counts[each], random.random())):
        best = int(sizes.argmin())
        fold[names[index]] = best
        sizes[best] += counts[index]
    return np.array([fold[scene] for scene in scenes])


def predict_folds(values: Values, truth: Values, fold_of: NDArray[np.intp], *, ridge: bool = False) -> Values:
    """Probabilities by a logistic regression on the other folds; of many inputs by way of their inner products."""
    found = np.zeros(len(values))
    for fold in np.unique(fold_of):
        kept = fold_of != fold
        mean, scale = values[kept].mean(axis=0), values[kept].std(axis=0) + 1e-3
        inputs = (values - mean) / scale
        if ridge:  # weights lie in the span of the clips: fit in it, which is small
            basis = np.linalg.svd(inputs[kept], full_matrices=False)[2]
            inputs = inputs @ basis.T
        weights = fit_logistic(inputs[kept], truth[kept], ridge=0.2 if ridge else 0.01)
        found[~kept] = np.clip(predict_logistic(inputs[~kept], weights), 1e-6, 1 - 1e-6)
    return found


if __name__ == "__main__":
    main()
