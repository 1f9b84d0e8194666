"""How well the candidates are told: `python -m benchmarks.concepts ../shared/data --cache CACHE`; prints Markdown.

`benchmarks.candidates` says what is measured, and how it is judged. With `--unused list.csv` footage that chose nothing
is measured, too: lines of `path,group,truth` where truth names the concept that is seen, or none; windows are those of
the service. Intervals are 95 % by bootstrap over scenes.
"""

import argparse
import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.candidates import EYE, VARIANTS, WORDS, Score, Seen, Values, deal_halves, lie_pose
from benchmarks.falls import Looker, cut_windows, fit_platt, read_looks
from instantreact.domain.media import SamplingPlan, Window
from instantreact.domain.observation import Box, Detection
from instantreact.inference.bundle import load_bundle
from instantreact.inference.detector import Detector, load_detector
from instantreact.inference.poses import load_poses
from instantreact.inference.poses.falls import FallOptions
from instantreact.training.metrics.recognition import auc

DRAWS = 1000
LEAST_BOX = 0.05

Marked = tuple[str, bool, float]
"""Of a clip: its scene, whether it shows the concept, and what it scores."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip as it was looked at."""

    name: str
    scene: str
    seen: Seen
    times_s: Values
    truth: Mapping[str, bool | None]


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the poses and boxes of each clip")
    parser.add_argument("--poses", type=Path, default=Path("models/poses"))
    parser.add_argument("--detector", type=Path, default=Path("models/detector"))
    parser.add_argument("--captioner", type=Path, default=Path("models/captioner"), help="whose windows are scored")
    parser.add_argument("--unused", type=Path, help="a CSV of clips that chose nothing")
    asked = parser.parse_args()
    asked.cache.mkdir(parents=True, exist_ok=True)
    looker = Looker(load_poses(asked.poses), asked.cache)
    detector = load_detector(asked.detector, threads=1)
    rows = [json.loads(line) for line in (asked.data / "cctv" / "captions.jsonl").read_text().splitlines()]

    def look(path: Path, scene: str, truth: Mapping[str, bool | None]) -> Clip:
        return watch(looker, detector, asked.cache, path, scene, truth)

    folder = asked.data / "cctv" / "clips"
    clips = [look(folder / f"{row['clip']}.mp4", row["scene"], read_truth(row)) for row in rows]
    options = looker.estimator.bundle.fall
    chosen = {concept: report(concept, clips, options) for concept in VARIANTS}
    chosen["lying"] = report_third(clips, options)
    if asked.unused:
        with asked.unused.open(newline="") as file:
            listed = [look(Path(row["path"]), row["group"], {row["truth"]: True}) for row in csv.DictReader(file)]
        for concept, (score, calibrate) in chosen.items():
            scored = [
                (
                    clip,
                    [calibrate(score(part, options)) for part in cut(clip.seen, load_bundle(asked.captioner).sampling)],
                )
                for clip in listed
            ]
            report_unused(concept, scored)


def report_unused(concept: str, scored: Sequence[tuple[Clip, Sequence[float]]]) -> None:
    """Footage that chose nothing, by group: the highest window of each clip, and all windows."""
    print(f"\n| {concept} | clips | windows | clips from 0.3 | from 0.5 | from 0.7 | windows from 0.5 |")
    print("|---|---|---|---|---|---|---|")
    for group in dict.fromkeys(clip.scene for clip, _ in scored):
        told = [scores for clip, scores in scored if clip.scene == group]
        best, windows = np.array([max(each) for each in told]), np.concatenate(told)
        shares = " | ".join(f"{int((best >= least).sum())}" for least in (0.3, 0.5, 0.7))
        print(f"| {group} | {len(best)} | {len(windows)} | {shares} | {int((windows >= 0.5).sum())} |")
    shown = [(clip.name, concept in clip.truth, max(scores)) for clip, scores in scored]
    if len({truth for _, truth, _ in shown}) > 1:
        print(f"\nAUC of clips {interval(shown)}, clips drawn")


def read_truth(row: Mapping[str, object]) -> dict[str, bool | None]:
    """Which concepts a clip shows; None for those that nobody can say of it."""
    truth: dict[str, bool | None] = {}
    for concept, words in WORDS.items():
        said = re.compile(rf"\b({'|'.join(words)})\b")
        pairs = zip(row["captions"], row["annotators"], strict=True)  # type: ignore[call-overload]
        by = {annotator for caption, annotator in pairs if said.search(caption)}
        told = None if len(by) == 1 else bool(by)
        truth[concept] = EYE[concept].get(str(row["clip"]), told)
    return truth


def watch(
    looker: Looker, detector: Detector, cache: Path, path: Path, scene: str, truth: Mapping[str, bool | None]
) -> Clip:
    """A clip's poses and boxes."""
    kept = cache / f"{path.stem}-boxes.npz"
    if not kept.exists():
        _keep_boxes(kept, detector, path, looker.estimator.bundle.fall.every_s)
    found = np.load(kept)
    boxes = [
        Detection(detector.labels[int(row[1])], float(row[2]), Box(*map(float, row[3:])), float(row[0]))
        for row in found["rows"]
    ]
    poses = looker.watch(path, "", truth=False).poses
    times_s = found["times"]
    return Clip(path.stem, scene, Seen(boxes, poses, float(times_s[-1]), float(found["aspect"])), times_s, truth)


def _keep_boxes(kept: Path, detector: Detector, path: Path, every_s: float) -> None:
    rows: list[tuple[float, ...]] = []
    times_s: list[float] = []
    aspect = 1.0
    for time_s, image in read_looks(path, every_s):
        times_s.append(time_s)
        aspect = image.shape[1] / image.shape[0]
        for each in detector.detect([image], [time_s], min_score=LEAST_BOX):
            box = each.box
            label = detector.labels.index(each.label)
            rows.append((time_s, label, each.score, box.left, box.top, box.right, box.bottom))
    np.savez(kept, rows=np.array(rows).reshape(-1, 7), times=np.array(times_s), aspect=aspect)


def cut(seen: Seen, plan: SamplingPlan) -> list[Seen]:
    """A clip window by window, as the service cuts it."""
    return [_within(seen, window) for window in cut_windows(seen.end_s, plan)]


def _within(seen: Seen, window: Window) -> Seen:
    boxes = [each for each in seen.boxes if window.start_s <= each.time_s <= window.end_s]
    poses = [each for each in seen.poses if window.start_s <= each.time_s <= window.end_s]
    return Seen(boxes, poses, window.end_s, seen.aspect)


def report(concept: str, clips: Sequence[Clip], options: FallOptions) -> tuple[Score, Callable[[float], float]]:
    """Choose on one half of the scenes, tell of the other; what was chosen, with its calibration."""
    judged = [(clip, truth) for clip in clips if (truth := clip.truth[concept]) is not None]
    halves = deal_halves([clip.scene for clip, _ in judged], [clip.scene for clip, truth in judged if truth])
    scored = {
        name: [(clip.scene, truth, score(clip.seen, options)) for clip, truth in judged]
        for name, score in VARIANTS[concept].items()
    }
    first, second = (
        {name: [each for each in marked if halves[each[0]] == half] for name, marked in scored.items()}
        for half in (0, 1)
    )
    best = max(first, key=lambda name: area(first[name]))
    print(f"\n| {concept} | first half: {count(first[best])} | second half: {count(second[best])} |")
    print("|---|---|---|")
    for name in scored:
        mark = "**" if name == best else ""
        print(f"| {mark}{name}{mark} | {interval(first[name])} | {mark}{interval(second[name])}{mark} |")
    slope, offset = fit_platt(
        np.array([score for _, _, score in first[best]]), np.array([truth for _, truth, _ in first[best]])
    )
    whole = fit_platt(
        np.array([score for _, _, score in scored[best]]), np.array([truth for _, truth, _ in scored[best]])
    )
    print(f"\nslope {slope:.3f}, offset {offset:.3f} of the first half; {whole[0]:.3f}, {whole[1]:.3f} of all")

    def calibrate(score: float) -> float:
        return float(1 / (1 + np.exp(-(slope * score + offset))))

    for least in (0.3, 0.5, 0.7):
        told = [(truth, calibrate(score) >= least) for _, truth, score in second[best]]
        found, wrong = sum(truth and is_told for truth, is_told in told), sum(each == (False, True) for each in told)
        shown = sum(truth for truth, _ in told)
        print(f"- second half from {least}: {found} of {shown}, and {wrong} of {len(told) - shown} others")
    return VARIANTS[concept][best], calibrate


def report_third(clips: Sequence[Clip], options: FallOptions) -> tuple[Score, Callable[[float], float]]:
    """Lying by poses, calibrated on all clips."""
    judged = [(truth, lie_pose(clip.seen, options)) for clip in clips if (truth := clip.truth["lying"]) is not None]
    shown = np.array([truth for truth, _ in judged])
    slope, offset = fit_platt(np.array([score for _, score in judged]), shown)

    def calibrate(score: float) -> float:
        return float(1 / (1 + np.exp(-(slope * score + offset))))

    print(f"\nthird try, lying by poses: slope {slope:.3f}, offset {offset:.3f}")
    for least in (0.3, 0.5, 0.7):
        told = np.array([calibrate(score) >= least for _, score in judged])
        wrong = f"{(told & ~shown).sum()} of {(~shown).sum()} others"
        print(f"- from {least}: {(told & shown).sum()} of {shown.sum()}, {wrong}")
    return lie_pose, calibrate


def area(marked: Sequence[Marked]) -> float:
    """Under the curve."""
    return auc(np.array([score for _, _, score in marked]), np.array([truth for _, truth, _ in marked]))


def interval(marked: Sequence[Marked]) -> str:
    """The area with its interval, scenes drawn."""
    random = np.random.default_rng(0)
    by_scene: dict[str, list[Marked]] = {}
    for each in marked:
        by_scene.setdefault(each[0], []).append(each)
    scenes = sorted(by_scene)
    drawn: list[float] = []
    while len(drawn) < DRAWS:
        some = [each for at in random.integers(len(scenes), size=len(scenes)) for each in by_scene[scenes[at]]]
        if len({truth for _, truth, _ in some}) > 1:
            drawn.append(area(some))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{area(marked):.3f} ({low:.3f} to {high:.3f})"


def count(marked: Sequence[Marked]) -> str:
    """How many clips of how many scenes show it, and how many do not."""
    shown = [scene for scene, truth, _ in marked if truth]
    return f"{len(shown)} of {len(set(shown))} scenes, {len(marked) - len(shown)} others"


if __name__ == "__main__":
    main()
