"""How well falls are told by poses: `python -m benchmarks.falls ../shared/data --cache CACHE`; prints Markdown.

The 310 clips of the data suggested the score (docs/falls.md): their figures flatter. With `--unused list.csv` clips
that did not are measured, too: lines of `path,group,truth` with `fall` or `other`, each scored window by window as the
service cuts them, the highest counting. `--changed` measures copies of the two rooms' clips that were mirrored,
darkened and so on. `--fit` prints the calibration that goes into the bundle. Intervals are 95 % by bootstrap over
clips: of few rooms, so they are too narrow.
"""

import argparse
import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images, SamplingPlan, Window
from instantreact.domain.pose import Pose
from instantreact.inference.bundle import load_bundle
from instantreact.inference.poses import PoseEstimator, load_poses
from instantreact.inference.poses.falls import find_fall, score_fall
from instantreact.media.pictures import open_pictures
from instantreact.media.windows import SampleGrid
from instantreact.training.captioner.logistic import fit_logistic
from instantreact.training.metrics.recognition import auc

FALLS = "GMDCSA24"
DRAWS = 1000
MOST_S = 16.0
"""Of a clip that was not used no more is looked at."""
Change = Callable[[Images], Images]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Watched:
    """A clip, how it was looked at, and for how long."""

    name: str
    group: str
    truth: bool
    poses: Sequence[Pose]
    end_s: float


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the poses of each clip")
    parser.add_argument("--bundle", type=Path, default=Path("models/poses"))
    parser.add_argument("--captioner", type=Path, default=Path("models/captioner"), help="whose windows are scored")
    parser.add_argument("--unused", type=Path, help="a CSV of clips that did not suggest the score")
    parser.add_argument("--changed", action="store_true", help="measure changed copies")
    parser.add_argument("--fit", action="store_true", help="fit the calibration")
    asked = parser.parse_args()
    asked.cache.mkdir(parents=True, exist_ok=True)
    looker = Looker(load_poses(asked.bundle), asked.cache)
    cctv = asked.data / "cctv"
    rows = [json.loads(line) for line in (cctv / "captions.jsonl").read_text().splitlines()]
    paths = [cctv / "clips" / f"{row['clip']}.mp4" for row in rows]
    clips = [looker.watch(path, name_group(row), row["label"] == "fall") for path, row in zip(paths, rows, strict=True)]
    report_known(looker.estimator, clips, [row["scene"] for row in rows])
    if asked.fit:
        report_fit(looker.estimator, clips, [row["scene"] for row in rows])
    if asked.changed:
        rooms = [
            (path, row["label"] == "fall") for path, row in zip(paths, rows, strict=True) if row["source"] == FALLS
        ]
        report_changed(looker, rooms)
    if asked.unused:
        report_unused(looker, asked.unused, load_bundle(asked.captioner).sampling)
    report_speed(looker.estimator, paths[0])


def name_group(row: dict[str, str]) -> str:
    """What a clip of the data is, as far as falls go."""
    if row["label"] in ("fall", "fight"):
        return row["label"]
    return "same rooms" if row["source"] == FALLS else "other"


class Looker:
    """Finds the poses of clips, and keeps them."""

    def __init__(self, estimator: PoseEstimator, cache: Path) -> None:
        self.estimator = estimator
        self._cache = cache

    def watch(self, path: Path, group: str, truth: bool, change: tuple[str, Change] | None = None) -> Watched:
        """The poses of a clip, of a changed copy where that is asked for."""
        name = f"{path.stem}{f'-{change[0]}' if change else ''}"
        kept = self._cache / f"{name}.npz"
        if not kept.exists():
            self._keep(kept, path, change[1] if change else lambda image: image)
        found = np.load(kept)
        parts = zip(found["times_s"], found["scores"], found["points"], found["joints"], strict=True)
        poses = [Pose(float(time_s), float(score), points, joints) for time_s, score, points, joints in parts]
        return Watched(name, group, truth, poses, float(found["end_s"]))

    def _keep(self, kept: Path, path: Path, change: Change) -> None:
        found: list[Pose] = []
        end_s = 0.0
        for time_s, image in read_looks(path, self.estimator.bundle.fall.every_s):
            found += self.estimator.estimate(change(image), time_s)
            end_s = time_s
        np.savez(
            kept,
            times_s=np.array([pose.time_s for pose in found]),
            scores=np.array([pose.score for pose in found]),
            points=np.array([pose.points for pose in found]).reshape(-1, 17, 2),
            joints=np.array([pose.scores for pose in found]).reshape(-1, 17),
            end_s=end_s,
        )


def read_looks(path: Path, every_s: float, most_s: float = MOST_S) -> Iterator[tuple[float, Images]]:
    """The pictures of a clip that are looked at, RGB."""
    due_s = 0.0
    with open_pictures(path) as reader:
        for picture in reader.pictures():
            if picture.time_s > most_s:
                return
            if picture.time_s >= due_s - 1e-3:
                due_s += every_s
                yield picture.time_s, np.ascontiguousarray(picture.bgr()[..., ::-1])


def report_known(estimator: PoseEstimator, clips: Sequence[Watched], scenes: Sequence[str]) -> None:
    """Falls against each kind of the data's other clips, by how far they fall over the whole clip."""
    options = estimator.bundle.fall
    drops = {clip.name: find_fall(clip.poses, options) for clip in clips}
    falls = np.array([drops[clip.name] for clip in clips if clip.truth])
    print(f"| {len(falls)} falls against | clips | scenes | AUC | mean fall (falls: {falls.mean():.2f}) |")
    print("|---|---|---|---|---|")
    for group in ("same rooms", "other", "fight"):
        others = np.array([drops[clip.name] for clip in clips if clip.group == group])
        places = {scene for clip, scene in zip(clips, scenes, strict=True) if clip.group == group}
        print(f"| {group} | {len(others)} | {len(places)} | {interval(falls, others)} | {others.mean():.2f} |")


def report_fit(estimator: PoseEstimator, clips: Sequence[Watched], scenes: Sequence[str]) -> None:
    """Platt's calibration on all clips; and how it does for the falls of each room when fitted without that room."""
    options = estimator.bundle.fall
    drops = np.array([find_fall(clip.poses, options) for clip in clips])
    truth, places = np.array([clip.truth for clip in clips]), np.array(scenes)
    scored = np.zeros(len(clips))
    folds = {scene: fold % 2 for fold, scene in enumerate(sorted({*places[truth]}))}
    rest = sorted({*places} - set(folds))
    folds |= {scene: fold % 2 for fold, scene in enumerate(rest)}
    fold_of = np.array([folds[scene] for scene in places])
    for fold in (0, 1):
        slope, offset = fit_platt(drops[fold_of != fold], truth[fold_of != fold])
        scored[fold_of == fold] = 1 / (1 + np.exp(-(slope * drops[fold_of == fold] + offset)))
    slope, offset = fit_platt(drops, truth)
    print(f"\ncalibration on all: slope {slope:.3f}, offset {offset:.3f}; fitted on the other fold of scenes:")
    for least in (0.3, 0.5, 0.7):
        found, wrong = (scored[truth] >= least).mean(), scored[~truth] >= least
        print(f"- from {least}: {found:.2f} of the falls, {wrong.sum()} of {len(wrong)} other clips")
    brier = np.mean((scored - truth) ** 2)
    print(f"- mean score {scored.mean():.3f}, share of falls {truth.mean():.3f}, Brier score {brier:.4f}")


def fit_platt(drops: Values, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset by logistic regression on Platt's soft targets, so that no clip is certain."""
    yes, no = truth.sum(), (~truth).sum()
    targets = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))
    weights = fit_logistic(drops[:, None], targets, ridge=1e-6)
    return float(weights[0]), float(weights[-1])


def report_changed(looker: Looker, rooms: Sequence[tuple[Path, bool]]) -> None:
    """The two rooms' clips as other cameras would show them."""
    options = looker.estimator.bundle.fall
    print("\n| changed copies of the two rooms' clips | AUC | falls from 0.5 | others from 0.5 |")
    print("|---|---|---|---|")
    for change in CHANGES.items():
        clips = [looker.watch(path, "", truth, change) for path, truth in rooms]
        drops = [
            np.array([find_fall(each.poses, options) for each in clips if each.truth is truth])
            for truth in (True, False)
        ]
        told = [
            np.mean([score_fall(each.poses, options) >= 0.5 for each in clips if each.truth is truth])
            for truth in (True, False)
        ]
        print(f"| {change[0]} | {interval(*drops)} | {told[0]:.2f} | {told[1]:.2f} |")


def _dim(image: Images) -> Images:
    return np.asarray(image * 0.25, np.uint8)


def _compress(image: Images) -> Images:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 12])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def _shrink(image: Images) -> Images:
    height, width = image.shape[:2]
    small = np.full_like(image, image.mean(axis=(0, 1)).astype(np.uint8))
    small[height // 4 : height // 4 + height // 2, width // 4 : width // 4 + width // 2] = cv2.resize(
        image, (width // 2, height // 2)
    )
    return small


def _zoom(image: Images) -> Images:
    height, width = image.shape[:2]
    return np.ascontiguousarray(image[height // 8 : height - height // 16, width // 10 : width - width // 10])


def _tilt(image: Images) -> Images:
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 15, 1.0)
    return np.asarray(cv2.warpAffine(image, turn, (width, height)), np.uint8)


CHANGES: dict[str, Change] = {
    "mirrored": lambda image: np.ascontiguousarray(image[:, ::-1]),
    "a quarter as bright": _dim,
    "JPEG at quality 12": _compress,
    "half as large, in a grey frame": _shrink,
    "cropped to three quarters": _zoom,
    "camera tilted by 15 degrees": _tilt,
}


def report_unused(looker: Looker, listed: Path, plan: SamplingPlan) -> None:
    """Clips that did not suggest the score: the highest of the windows that the service would score."""
    with listed.open(newline="") as file:
        rows = list(csv.DictReader(file))
    clips = [looker.watch(Path(row["path"]), row["group"], row["truth"] == "fall") for row in rows]
    scores = {clip.name: score_clip(looker.estimator, clip, plan) for clip in clips}
    falls, others = ([max(scores[clip.name]) for clip in clips if clip.truth is truth] for truth in (True, False))
    area = interval(np.array(falls), np.array(others))
    print(f"\nunused: {len(falls)} falls, {len(others)} others; AUC of clips {area}")
    print("| group | clips | windows | from 0.3 | from 0.5 | from 0.7 | windows from 0.5 | median score |")
    print("|---|---|---|---|---|---|---|---|")
    for group in dict.fromkeys(clip.group for clip in clips):
        told = [scores[clip.name] for clip in clips if clip.group == group]
        best, windows = np.array([max(each) for each in told]), np.concatenate(told)
        shares = " | ".join(f"{int((best >= least).sum())}" for least in (0.3, 0.5, 0.7))
        told_windows = int((windows >= 0.5).sum())
        print(f"| {group} | {len(best)} | {len(windows)} | {shares} | {told_windows} | {np.median(best):.2f} |")


def score_clip(estimator: PoseEstimator, clip: Watched, plan: SamplingPlan) -> list[float]:
    """The score of each window that the service would cut."""
    windows = cut_windows(clip.end_s, plan)
    inside = [[pose for pose in clip.poses if each.start_s <= pose.time_s <= each.end_s] for each in windows]
    return [score_fall(poses, estimator.bundle.fall) for poses in inside]


def cut_windows(end_s: float, plan: SamplingPlan) -> list[Window]:
    """The windows that the service would cut of a clip that ends then."""
    grid = SampleGrid(plan)
    sealed = grid.count_sealed(grid.samples_before(end_s))
    return [*(grid.sealed_window(index) for index in range(sealed)), grid.last_window(end_s)]


def interval(falls: Values, others: Values) -> str:
    """AUC with its interval."""
    random = np.random.default_rng(0)

    def draw(values: Values) -> Values:
        return random.choice(values, len(values))

    def area(one: Values, other: Values) -> float:
        return auc(np.concatenate([one, other]), np.repeat([True, False], [len(one), len(other)]))

    drawn = [area(draw(falls), draw(others)) for _ in range(DRAWS)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{area(falls, others):.3f} ({low:.3f} to {high:.3f})"


def report_speed(estimator: PoseEstimator, path: Path) -> None:
    """Processor time of a look with what is done before and after, on one thread."""
    _, image = next(read_looks(path, 1.0))
    spent = []
    for _ in range(20):
        began = time.process_time()
        estimator.estimate(image, 0.0)
        spent.append(1000 * (time.process_time() - began))
    print(f"\n{np.median(spent):.1f} ms of processor time a look (median of 20; best {min(spent):.1f}), one thread")


if __name__ == "__main__":
    main()
