"""Do "false alarm" taps teach a camera? `python -m benchmarks.taps ../shared/data --cache CACHE`.

The 240 public clips of fights and of ordinary life, each scene as if it were a camera. A linear head on the shipped
motion encoder's features (four samples a second, mean and maximum), fitted without the fold of a clip's scene, is its
score: the mean of ten shuffles of the folds, as a logit. The threshold finds 80 % of the fights.

Of a scene's normal clips the first half, in the order of their names, comes one after the other; whoever sits there
taps "false alarm" at what alarms, at most so many times. Judged are the other half and all fights: false alarms at
equal recall (the threshold chosen anew for the changed scores of all scenes together), and false alarms and fights
found at the old threshold, which is what users feel. Intervals of 95 % by drawing scenes, all ways on the same draws.
The same with the halves dealt at random, twenty times, says whether the order matters.

The danger, by the same: fights that are no longer found where one fight was dismissed by mistake, and where somebody
dismisses whatever alarms (then what was not tapped is judged).
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.people_help import FIGHTS, RATE_HZ, SHUFFLES, deal, encode_clip, predict_folds
from instantreact.domain.lesson import Lesson
from instantreact.inference.bundle import GraphName, load_bundle
from instantreact.inference.session import open_graph
from instantreact.rules.calibrate import learn_shift

RECALL, DRAWS, ORDERS = 0.8, 1000, 20
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CAP = 1.0
"""A logit: 0.73 reads as 0.50, 0.90 as 0.77. None of the ways takes away more."""
STEP = 0.5
"""Of one tap, for the ways that count taps."""
DOUBT = 4
"""So many normal clips say half of what the camera's own would."""
QUANTILE = 0.9
RIDGE = 1.0
MANY = 99

Values = NDArray[np.float64]
Places = Sequence[int]


@dataclass(frozen=True, eq=False)
class Clips:
    """What is known of each clip: `inputs` are its features, standardised and of length one."""

    names: Sequence[str]
    scenes: Sequence[str]
    is_fight: NDArray[np.bool_]
    logits: Values
    inputs: Values


@dataclass
class Camera:
    """What a scene's camera has learned: which clips were dismissed, which were normal and raised nothing."""

    clips: Clips
    others: Values
    """The logits of other scenes' normal clips."""
    asked: float
    """The threshold, a logit."""
    dismissed: list[int] = field(default_factory=list)
    quiet: list[int] = field(default_factory=list)


Way = Callable[[Camera, int], float]
"""How much a clip's logit falls."""


def nothing(_camera: Camera, _clip: int) -> float:
    """As it is today."""
    return 0.0


def steps(camera: Camera, _clip: int) -> float:
    """Every tap takes away as much."""
    return min(CAP, STEP * len(camera.dismissed))


def shipped(camera: Camera, _clip: int) -> float:
    """What the product does, without the fading; written after the others were seen, from what it is to promise."""
    logits = camera.clips.logits[camera.dismissed]
    taps = zip(1 / (1 + np.exp(-logits)), range(len(logits)), strict=True)
    needed = float(1 / (1 + np.exp(-camera.asked)))
    lessons = [Lesson("", float(score), needed, True, _BEGAN + timedelta(seconds=at)) for score, at in taps]
    return learn_shift(lessons, now=_BEGAN + timedelta(minutes=1))


def excess(camera: Camera, _clip: int) -> float:
    """What the dismissed were above the threshold on average and a little more, trusted as there are more of them."""
    if not camera.dismissed:
        return 0.0
    above = float(np.mean(camera.clips.logits[camera.dismissed])) - camera.asked + 0.1
    return min(CAP, above * len(camera.dismissed) / (len(camera.dismissed) + 1))


def quantile(camera: Camera, _clip: int, *, floor: float = 0.0) -> float:
    """By how much the high scores of its normal clips exceed those of other cameras."""
    seen = camera.clips.logits[camera.dismissed + camera.quiet]
    if not len(seen):
        return 0.0
    above = float(np.quantile(seen, QUANTILE) - np.quantile(camera.others, QUANTILE))
    return float(np.clip(above * len(seen) / (len(seen) + DOUBT), floor, CAP))


def whitened(camera: Camera, _clip: int, *, floor: float = 0.0) -> float:
    """The camera's mean embedding taken from a clip's: for a linear head that is the mean of its normal logits."""
    seen = camera.clips.logits[camera.dismissed + camera.quiet]
    if not len(seen):
        return 0.0
    above = float(seen.mean() - camera.others.mean())
    return float(np.clip(above * len(seen) / (len(seen) + DOUBT), floor, CAP))


def nearest(camera: Camera, clip: int) -> float:
    """The nearer a clip is to a dismissed one (cosine from 0.5 on), the more."""
    if not camera.dismissed:
        return 0.0
    near = camera.clips.inputs[camera.dismissed] @ camera.clips.inputs[clip]
    return CAP * float(np.clip((near.max() - 0.5) / 0.5, 0.0, 1.0))


def ridge(camera: Camera, clip: int) -> float:
    """A small head on top: ridge regression of how far the camera's normal clips are above the others' mean."""
    seen = camera.dismissed + camera.quiet
    if not seen:
        return 0.0
    known = camera.clips.inputs[seen]
    above = np.maximum(camera.clips.logits[seen] - camera.others.mean(), 0.0)
    weights = np.linalg.solve(known @ known.T + RIDGE * np.eye(len(seen)), above)
    return float(np.clip(known @ camera.clips.inputs[clip] @ weights, 0.0, CAP))


WAYS: Mapping[str, Way] = {
    "nothing": nothing,
    "as shipped": shipped,
    "a step a tap": steps,
    "how far the dismissed exceed the threshold": excess,
    "quantile of its normal scores, lowers only": quantile,
    "quantile of its normal scores, both ways": lambda camera, clip: quantile(camera, clip, floor=-CAP),
    "background taken away, lowers only": whitened,
    "background taken away, both ways": lambda camera, clip: whitened(camera, clip, floor=-CAP),
    "nearest dismissed": nearest,
    "ridge on top": ridge,
}


def learn(way: Way, camera: Camera, coming: Places, most: int) -> None:
    """Clips come in; what alarms is dismissed, at most so many, what does not is normal to the camera."""
    for clip in coming:
        if camera.clips.logits[clip] - way(camera, clip) < camera.asked:
            camera.quiet.append(clip)
        elif len(camera.dismissed) < most:
            camera.dismissed.append(clip)


def replay(way: Way, clips: Clips, asked: float, most: int, *, mistake: str = "", order: int | None = None) -> Values:
    """The logit of each clip by what its camera has learned by then; NaN for a clip that is not judged."""
    found = np.full(len(clips.names), np.nan)
    for scene in sorted(set(clips.scenes)):
        here = [at for at, each in enumerate(clips.scenes) if each == scene]
        others = [at for at, each in enumerate(clips.scenes) if each != scene and not clips.is_fight[at]]
        coming, judged = divide(clips, here, asked, mistake, order)
        camera = Camera(clips, clips.logits[others], asked)
        learn(way, camera, coming, most)
        for at in judged:
            found[at] = clips.logits[at] - way(camera, at)
    return found


def divide(clips: Clips, here: Places, asked: float, mistake: str, order: int | None) -> tuple[Places, Places]:
    """Which clips of a scene come, and which are judged."""
    random = np.random.default_rng([order or 0, sum(map(ord, clips.scenes[here[0]]))])
    shuffle = (lambda some: [some[at] for at in random.permutation(len(some))]) if order is not None else list
    normal = shuffle([at for at in here if not clips.is_fight[at]])
    fights = shuffle([at for at in here if clips.is_fight[at]])
    half = (len(normal) + 1) // 2
    if mistake == "one":  # the first that alarms
        wrong = [at for at in fights if clips.logits[at] >= asked][:1]
        return [*wrong, *normal[:half]], [at for at in (*normal[half:], *fights) if at not in wrong]
    if mistake == "everything":
        many = (len(fights) + 1) // 2
        return [*fights[:many], *normal[:half]], [*normal[half:], *fights[many:]]
    return normal[:half], [*normal[half:], *fights]


def false_alarms(values: Values, truth: NDArray[np.bool_], recall: float = RECALL) -> float:
    """Their share at the threshold that finds so many of the fights."""
    least = np.quantile(values[truth], 1 - recall, method="lower")
    return float((values[~truth] >= least).mean())


def draw_scenes(clips: Clips) -> Iterator[NDArray[np.intp]]:
    """The clips of scenes that are drawn with replacement."""
    random, scenes = np.random.default_rng(0), np.array(clips.scenes)
    members = [np.flatnonzero(scenes == each) for each in np.unique(scenes)]
    for _ in range(DRAWS):
        yield np.concatenate([members[at] for at in random.integers(0, len(members), len(members))])


def span(values: Sequence[float]) -> str:
    """What 95 % of the draws lie between."""
    low, high = np.nanquantile(values, [0.025, 0.975])
    return f"{low:+.3f} to {high:+.3f}"


def report_help(clips: Clips, asked: float, most: int, orders: Sequence[int | None], recall: float) -> None:
    """A table of ways: false alarms at equal recall, and what is felt at the old threshold."""
    draws = list(draw_scenes(clips))

    def at_equal_recall(values: Values, truth: NDArray[np.bool_]) -> float:
        return false_alarms(values, truth, recall)

    base = [replay(nothing, clips, asked, most, order=order) for order in orders]
    print(
        "| way | false alarms at equal recall | difference | at the old threshold: false alarms | difference | recall |"
    )
    print("|---|---|---|---|---|---|")
    for name, way in WAYS.items():
        found = [replay(way, clips, asked, most, order=order) for order in orders]
        equal = mean_over(found, clips, at_equal_recall, None)
        gains = [
            mean_over(found, clips, at_equal_recall, at) - mean_over(base, clips, at_equal_recall, at) for at in draws
        ]

        def felt(values: Values, truth: NDArray[np.bool_]) -> float:
            return float((values[~truth] >= asked).mean())

        def kept(values: Values, truth: NDArray[np.bool_]) -> float:
            return float((values[truth] >= asked).mean())

        spared = [mean_over(found, clips, felt, at) - mean_over(base, clips, felt, at) for at in draws]
        lost = [mean_over(found, clips, kept, at) - mean_over(base, clips, kept, at) for at in draws]
        print(
            f"| {name} | {equal:.3f} | {equal - mean_over(base, clips, at_equal_recall, None):+.3f} ({span(gains)}) | "
            f"{mean_over(found, clips, felt, None):.3f} | ({span(spared)}) | "
            f"{mean_over(found, clips, kept, None):.3f} ({span(lost)}) |"
        )


def mean_over(
    found: Sequence[Values],
    clips: Clips,
    measure: Callable[[Values, NDArray[np.bool_]], float],
    at: NDArray[np.intp] | None,
) -> float:
    """A measure of what was judged, mean over orders; of these clips, or of all."""
    chosen = np.arange(len(clips.names)) if at is None else at
    figures = []
    for values in found:
        judged = chosen[~np.isnan(values[chosen])]
        truth = clips.is_fight[judged]
        if 0 < truth.sum() < len(judged):
            figures.append(measure(values[judged], truth))
    return float(np.mean(figures)) if figures else float("nan")


def report_danger(clips: Clips, asked: float) -> None:
    """How many fights that were found are no longer, by what was tapped."""
    print("| way | taps a camera at most | taps | false alarms spared | fights lost |")
    print("|---|---|---|---|---|")
    for name, way in WAYS.items():
        for mistake in ("", "one", "everything") if name != "nothing" else ():
            for most in (1, 2, 3, 5, MANY) if not mistake else (MANY,):
                values = replay(way, clips, asked, most, mistake=mistake)
                judged = ~np.isnan(values)
                before = judged & (clips.logits >= asked)
                gone = before & (values < asked)
                new = judged & ~before & (values >= asked)
                truth = clips.is_fight
                what = {"": "", "one": ", a fight among them", "everything": ", half of all fights among them"}[mistake]
                taps = count_taps(way, clips, asked, most, mistake)
                print(
                    f"| {name} | {'all' if most == MANY else most}{what} | {taps} "
                    f"| {(gone & ~truth).sum()} of {(before & ~truth).sum()} (new {(new & ~truth).sum()}) "
                    f"| {(gone & truth).sum()} of {(before & truth).sum()} (new {(new & truth).sum()}) |"
                )


def count_taps(way: Way, clips: Clips, asked: float, most: int, mistake: str) -> int:
    """How often somebody tapped at all cameras together."""
    taps = 0
    for scene in sorted(set(clips.scenes)):
        here = [at for at, each in enumerate(clips.scenes) if each == scene]
        others = [at for at, each in enumerate(clips.scenes) if each != scene and not clips.is_fight[at]]
        camera = Camera(clips, clips.logits[others], asked)
        learn(way, camera, divide(clips, here, asked, mistake, None)[0], most)
        taps += len(camera.dismissed)
    return taps


def load(data: Path, cache: Path, captioner: Path) -> Clips:
    """Clips with their features, of which each is encoded once, and the scores of heads that never saw the scene."""
    rows = [json.loads(line) for line in (data / "cctv" / "captions.jsonl").read_text().splitlines()]
    rows = sorted((row for row in rows if row["source"] == FIGHTS), key=lambda row: str(row["clip"]))
    bundle = load_bundle(captioner)
    motion = open_graph(bundle, GraphName.MOTION)
    features = []
    for row in rows:
        kept = cache / f"{row['clip']}.npy"
        if not kept.exists():
            np.save(kept, encode_clip(data / "cctv" / "clips" / f"{row['clip']}.mp4", bundle, motion))
        frames = np.load(kept).astype(np.float64)
        features.append(np.concatenate([frames.mean(axis=0), frames.max(axis=0)]))
    values, scenes = np.stack(features), [str(row["scene"]) for row in rows]
    truth = np.array([row["label"] == "fight" for row in rows])
    scores = [predict_folds(values, truth.astype(float), deal(scenes, seed), ridge=True) for seed in range(SHUFFLES)]
    logits = np.mean([np.log(each / (1 - each)) for each in scores], axis=0)
    scaled = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-3)
    inputs = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return Clips([str(row["clip"]) for row in rows], scenes, truth, logits, inputs)


def main() -> None:
    """Measure all ways; prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for what the encoder makes of each clip")
    parser.add_argument("--captioner", type=Path, default=Path("models/captioner"))
    parser.add_argument("--recall", type=float, default=RECALL, help="of fights, at the threshold")
    asked = parser.parse_args()
    asked.cache.mkdir(parents=True, exist_ok=True)
    clips = load(asked.data, asked.cache, asked.captioner)
    threshold = float(np.quantile(clips.logits[clips.is_fight], 1 - asked.recall, method="lower"))
    alarming = clips.logits >= threshold
    normal = ~clips.is_fight
    print(
        f"{len(clips.names)} clips of {len(set(clips.scenes))} scenes, {RATE_HZ:g} samples a second; the threshold "
        f"is a logit of {threshold:.2f}: {(alarming & normal).sum()} of {normal.sum()} normal clips alarm.\n"
    )
    for orders, what in (((None,), "in their order"), (range(ORDERS), f"dealt at random {ORDERS} times")):
        print(f"\nNormal clips {what}, all alarms among the first half dismissed:\n")
        report_help(clips, threshold, MANY, orders, asked.recall)
    print("\nIn their order:\n")
    report_danger(clips, threshold)


if __name__ == "__main__":
    main()
