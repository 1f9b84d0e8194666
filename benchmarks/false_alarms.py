"""False alarms of `fight` for each camera and hour where 80 % of the fights are found, by way of evidence over time.

    python -m benchmarks.false_alarms ../shared/data --cache CACHE [--footage FOLDER]

A score never saw its scene: a linear head on the mean and maximum of the shipped motion encoder's features (the recipe
of the shipped concept head), fitted without the scene's fold, and for long footage without any clip of its source.
Windows of 4 s, one each 2 s. Rows of clips are joined, so that no window sees a join. A fight is clips of one scene in
a row, at least 8 s where the scene has so many, with 12 s of ordinary footage before it and 8 s after it, of the same
scene where there is some, else of another of the same fold. Alarms within 10 s are one. A fight is found by an alarm
whose window shows some of it. Rates are of each ordinary minute once.

Everything is chosen on the scenes of train and val, in folds, the mean of three shuffles; the test scenes and the long
footage kept aside are told once, by one head of train and val.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.disturbed import SECONDS, encode_disturbed
from benchmarks.evidence import (
    HYSTERESIS,
    STRIDE_S,
    WAYS,
    WINDOW_S,
    Scores,
    Timeline,
    best_in_fights,
    bound_rate,
    raise_alarms,
    single,
    threshold_for,
)
from benchmarks.footage import FIGHTS, Encoding, Footage, Rows, encode_clips, encode_long, read_clips
from benchmarks.people_help import deal
from instantreact.inference.bundle import load_bundle
from instantreact.training.captioner.logistic import fit_logistic, predict_logistic
from instantreact.training.metrics.recognition import auc

RATE_HZ, SHUFFLES, DRAWS = 8, 3, 1000
FOUND = 0.8
BEFORE_S, AFTER_S, LEAST_FIGHT_S = 12.0, 8.0, 8.0


@dataclass(frozen=True)
class Mode:
    """Which rows a head learns from and judges: those as they are, or with what the whole picture does taken out."""

    name: str
    learns_steady: bool
    judges_steady: bool

    def seen(self, footage: Footage) -> Rows:
        return footage.steady if self.judges_steady else footage.plain


PLAIN, SHIPPED, STEADY = Mode("as it was", False, False), Mode("steady", False, True), Mode("learnt steady", True, True)


class Head:
    """The concept head by the shipped recipe, calibrated."""

    def __init__(self, clips: Sequence[Footage], mode: Mode) -> None:
        inputs = np.stack([_summarize(clip.steady if mode.learns_steady else clip.plain) for clip in clips])
        self._mean, self._scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-3
        inputs = (inputs - self._mean) / self._scale
        basis = np.linalg.svd(inputs, full_matrices=False)[2]
        shares = np.array([clip.share for clip in clips])
        fitted = fit_logistic(inputs @ basis.T, (shares >= 0.5).astype(float), ridge=0.2, steps=12)
        self._weights, self._offset = fitted[:-1] @ basis, fitted[-1]
        self.calibration = np.array([1.0, 0.0])

    def logit(self, rows: Rows) -> float:
        """What it makes of a window."""
        return float(((_summarize(rows) - self._mean) / self._scale) @ self._weights + self._offset)

    def judge(self, rows: Rows) -> Scores:
        """The calibrated scores of the windows of joined rows."""
        length, stride = round(WINDOW_S * RATE_HZ), round(STRIDE_S * RATE_HZ)
        starts = range(0, max(1, len(rows) - length + 1), stride)
        logits = np.array([[self.logit(rows[start : start + length])] for start in starts])
        return predict_logistic(logits, self.calibration)


def _summarize(rows: Rows) -> Scores:
    return np.concatenate([rows.mean(axis=0), rows.max(axis=0)]).astype(np.float64)


@dataclass(frozen=True, eq=False)
class World:
    """What is judged: clips of scenes that a head has not seen, long footage by source, and what was disturbed."""

    clips: Sequence[Footage]
    long: Mapping[str, Sequence[Footage]]
    disturbed: Mapping[str, Sequence[Footage]]


@dataclass(frozen=True, eq=False)
class Judged:
    """Timelines with fights, without, and disturbed ones; `weight` is how much of an ordinary one counts."""

    fights: list[Timeline]
    ordinary: list[tuple[Timeline, float]]
    disturbed: list[Timeline]

    @property
    def hours(self) -> float:
        return sum(timeline.seconds * weight for timeline, weight in self.ordinary) / 3600


class Heads:
    """The heads of one fold: without some scenes, and for each source once more without that."""

    def __init__(self, learnt: Sequence[Footage], mode: Mode, calibration: Scores) -> None:
        self._learnt, self._mode, self._calibration = learnt, mode, calibration
        self._known: dict[str, Head] = {}

    def without(self, source: str) -> Head:
        if source not in self._known:
            kept = [clip for clip in self._learnt if clip.source != source or source == FIGHTS]
            if len(kept) == len(self._learnt) and source:
                return self.without("")
            self._known[source] = Head(kept, self._mode)
            self._known[source].calibration = self._calibration
        return self._known[source]


def calibrate(clips: Sequence[Footage], fold_of: NDArray[np.intp], mode: Mode) -> tuple[Scores, Scores]:
    """Logits of clips by heads that did not see their scenes, and Platt's calibration of them to the captions."""
    folds = fold_of
    logits = np.zeros(len(clips))
    for fold in np.unique(folds):
        head = Head([clip for clip, at in zip(clips, folds, strict=True) if at != fold], mode)
        for index in np.flatnonzero(folds == fold):
            logits[index] = head.logit(mode.seen(clips[int(index)]))
    return logits, fit_logistic(logits[:, None], np.array([clip.share for clip in clips]))


def judge(world: World, heads: Heads, mode: Mode, *, weight: float, seed: int) -> Judged:
    """The timelines of a world by heads that saw none of it. `weight` is that of long footage."""
    head, random = heads.without(""), np.random.default_rng(seed)
    fights = [clip for clip in world.clips if clip.label == "fight"]
    normal = [clip for clip in world.clips if clip.label == "normal" and clip.source == FIGHTS]
    found = [_stage(episode, normal, head, mode, random) for episode in episodes(fights)]
    ordinary = []
    if normal:
        rows = np.concatenate([mode.seen(clip) for clip in sorted(normal, key=lambda each: (each.scene, each.name))])
        ordinary.append((Timeline(head.judge(rows), len(rows) / RATE_HZ), 1.0))
    for source, parts in world.long.items():
        rows = np.concatenate([mode.seen(part) for part in parts])
        ordinary.append((Timeline(heads.without(source).judge(rows), len(rows) / RATE_HZ), weight))
    disturbed = []
    for together in zip(*world.disturbed.values(), strict=True):
        rows = np.concatenate([mode.seen(each) for each in together])
        disturbed.append(Timeline(heads.without(together[0].source).judge(rows), len(rows) / RATE_HZ))
    return Judged(found, ordinary, disturbed)


def episodes(fights: Sequence[Footage]) -> list[list[Footage]]:
    """Fights as they last: clips of a scene in a row."""
    found: list[list[Footage]] = []
    for scene in sorted({clip.scene for clip in fights}):
        parts = sorted((clip for clip in fights if clip.scene == scene), key=lambda clip: clip.name)
        groups: list[list[Footage]] = [[]]
        for clip in parts:
            if sum(each.seconds for each in groups[-1]) >= LEAST_FIGHT_S:
                groups.append([])
            groups[-1].append(clip)
        if len(groups) > 1 and sum(each.seconds for each in groups[-1]) < LEAST_FIGHT_S / 2:
            rest = groups.pop()
            groups[-1] += rest
        found += groups
    return found


def _stage(
    episode: Sequence[Footage], normal: Sequence[Footage], head: Head, mode: Mode, random: np.random.Generator
) -> Timeline:
    """A fight with ordinary footage before and after it, at no fixed place on the grid of windows."""
    own = [clip for clip in normal if clip.scene == episode[0].scene]
    other = sorted({clip.scene for clip in normal})
    chosen = own or [clip for clip in normal if clip.scene == other[int(random.integers(len(other)))]]
    around = np.concatenate([mode.seen(clip) for clip in chosen])
    before = round(BEFORE_S * RATE_HZ) + int(random.integers(round(STRIDE_S * RATE_HZ)))
    acted = np.concatenate([mode.seen(clip) for clip in episode])
    rows = np.concatenate([np.resize(around, (before, around.shape[1])), acted])
    rows = np.concatenate([rows, np.resize(around, (round(AFTER_S * RATE_HZ), around.shape[1]))])
    start_s = before / RATE_HZ
    return Timeline(head.judge(rows), len(rows) / RATE_HZ, [(start_s, start_s + len(acted) / RATE_HZ)])


@dataclass(frozen=True)
class Row:
    """What a way comes to: false alarms of ordinary footage, and of disturbed footage, at its threshold."""

    threshold: float
    found: float
    alarms: float
    hours: float
    disturbed: Counter[str]

    @property
    def rate(self) -> float:
        return self.alarms / self.hours


def measure(
    runs: Sequence[Judged], name: str, changes: Sequence[str], shuffles: int, asked: float | None = None
) -> Row:
    """A way over several shuffles, at the threshold that finds enough or at one given; counts are means over them."""
    way, low = WAYS.get(name, single), HYSTERESIS.get(name)
    best = [each for run in runs for fight in run.fights for each in best_in_fights(fight, way(fight.scores))]
    threshold = threshold_for(best, FOUND) if asked is None else asked
    alarms, disturbed = 0.0, Counter[str]()
    for run in runs:
        for timeline, weight in run.ordinary:
            alarms += weight * len(raise_alarms(timeline, way(timeline.scores), threshold, low=low))
        for timeline in run.disturbed:
            for window in raise_alarms(timeline, way(timeline.scores), threshold, low=low):
                disturbed[changes[min(len(changes) - 1, int((timeline.end_of(window) - 0.01) / SECONDS))]] += 1
    found = float(np.mean(np.asarray(best) >= threshold))
    return Row(threshold, found, alarms / shuffles, sum(run.hours for run in runs) / shuffles, disturbed)


def split_world(world: World, *, is_test: bool) -> World:
    """The half that chooses, or the half that is told once."""
    long = {source: [each for each in parts if each.is_test == is_test] for source, parts in world.long.items()}
    return World(
        [clip for clip in world.clips if clip.is_test == is_test],
        {source: parts for source, parts in long.items() if parts},
        {name: [each for each in parts if each.is_test == is_test] for name, parts in world.disturbed.items()},
    )


def judge_folds(world: World, mode: Mode) -> list[Judged]:
    """Every scene by heads of the other folds, in several shuffles of the folds."""
    fights, others = ([clip for clip in world.clips if (clip.source == FIGHTS) == each] for each in (True, False))
    runs = []
    for seed in range(SHUFFLES):
        folds = deal([clip.scene for clip in fights], seed)
        _, calibration = calibrate(fights, folds, mode)
        for fold in np.unique(folds):
            unseen = {clip.scene for clip, at in zip(fights, folds, strict=True) if at == fold}
            heads = Heads([clip for clip in fights if clip.scene not in unseen] + others, mode, calibration)
            # A scene of another source is judged in the first fold only, without its source.
            shown = {
                name: [each for each in parts if each.scene in unseen or (each.source != FIGHTS and fold == 0)]
                for name, parts in world.disturbed.items()
            }
            part = World([clip for clip in fights if clip.scene in unseen], world.long, shown)
            runs.append(judge(part, heads, mode, weight=1 / len(np.unique(folds)), seed=seed))
    return runs


def judge_once(learnt: World, told: World, mode: Mode) -> list[Judged]:
    """What was kept aside, by one head of all that may choose."""
    fights = [clip for clip in learnt.clips if clip.source == FIGHTS]
    _, calibration = calibrate(fights, deal([clip.scene for clip in fights], 0), mode)
    heads = Heads(learnt.clips, mode, calibration)
    return [judge(told, heads, mode, weight=1.0, seed=seed) for seed in range(SHUFFLES)]


def tell(
    title: str, runs: Sequence[Judged], changes: Sequence[str], thresholds: Mapping[str, float]
) -> dict[str, float]:
    """A table of the ways; at the thresholds given, or at those that find enough, which are given back."""
    count = sum(len(run.fights) for run in runs) // SHUFFLES
    hours = sum(run.hours for run in runs) / SHUFFLES
    print(f"\n{title}: {count} fights, {hours * 60:.1f} ordinary minutes, {len(changes)} changes a scene\n")
    print("| evidence | threshold | found | false alarms | an hour | at most (95 %) | disturbed | as it is |")
    print("|---|---|---|---|---|---|---|---|")
    used = {}
    for name in (*WAYS, *HYSTERESIS):
        row = measure(runs, name, changes, SHUFFLES, thresholds.get(name))
        used[name] = row.threshold
        total = sum(row.disturbed.values()) / SHUFFLES
        print(
            f"| {name} | {row.threshold:.3f} | {row.found:.2f} | {row.alarms:.1f} | {row.rate:.0f} | "
            f"{bound_rate(row.alarms, row.hours):.0f} | {total:.1f} | {row.disturbed['as it is'] / SHUFFLES:.1f} |"
        )
    return used


def tell_changes(modes: Mapping[str, Sequence[Judged]], name: str, changes: Sequence[str], threshold: float) -> None:
    """Which change raised how many alarms, at the same threshold before and after."""
    print(f"\nDisturbed footage, {name}, at {threshold:.3f}\n")
    print("| change | " + " | ".join(modes) + " |\n|---|" + "---|" * len(modes))
    rows = {mode: measure(runs, name, changes, SHUFFLES, threshold).disturbed for mode, runs in modes.items()}
    for change in changes:
        print(f"| {change} | " + " | ".join(f"{rows[mode][change] / SHUFFLES:.1f}" for mode in modes) + " |")


def tell_harm(clips: Sequence[Footage]) -> None:
    """AUC of clips by heads of other folds, with the whole picture's changes in and out; bootstrap over scenes."""
    truth = np.array([clip.label == "fight" for clip in clips])
    scenes = np.array([clip.scene for clip in clips])
    scores = {}
    for mode in (PLAIN, SHIPPED, STEADY):
        found = [calibrate(clips, deal(list(scenes), seed), mode) for seed in range(SHUFFLES)]
        scores[mode.name] = np.mean([predict_logistic(x[:, None], fitted) for x, fitted in found], axis=0)
    random, members = np.random.default_rng(0), [np.flatnonzero(scenes == each) for each in np.unique(scenes)]
    drawn = [np.concatenate([members[i] for i in random.integers(0, len(members), len(members))]) for _ in range(DRAWS)]
    print(
        f"\nAUC on {len(clips)} fight clips, five folds by scene\n\n| motion images | AUC | difference |\n|---|---|---|"
    )
    for name, values in scores.items():
        gains = [auc(values[at], truth[at]) - auc(scores[PLAIN.name][at], truth[at]) for at in drawn if truth[at].any()]
        low, high = np.quantile(gains, [0.025, 0.975])
        gain = auc(values, truth) - auc(scores[PLAIN.name], truth)
        print(f"| {name} | {auc(values, truth):.4f} | {gain:+.4f} ({low:+.4f} to {high:+.4f}) |")


def read_world(options: argparse.Namespace) -> World:
    """All there is; clips of sources of which there is long footage are only learnt from."""
    bundle = load_bundle(options.captioner)
    encoding = Encoding(bundle, options.cache)
    clips = read_clips(options.data)
    long: dict[str, list[Footage]] = {}
    for each in encode_long(options.footage, bundle, encoding) if options.footage else ():
        if not each.name.endswith(("one-by-one-person-detection.gif", "bottle-detection.gif", "car-detection.gif")):
            long.setdefault(each.source, []).append(each)  # those three are cut from films that are there
    return World(encode_clips(clips, bundle, encoding), long, encode_disturbed(clips, bundle, encoding))


def main() -> None:
    """Measure; prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for features")
    parser.add_argument(
        "--footage", type=Path, help="long ordinary footage, a folder a source: see benchmarks/footage.py"
    )
    parser.add_argument("--captioner", type=Path, default=Path("models/captioner"))
    options = parser.parse_args()
    world = read_world(options)
    changes = list(world.disturbed)
    tell_harm([clip for clip in world.clips if clip.source == FIGHTS])
    choosing, told = split_world(world, is_test=False), split_world(world, is_test=True)
    before, after = judge_folds(choosing, PLAIN), judge_folds(choosing, SHIPPED)
    used = tell("Train and val, motion images as they were", before, changes, {})
    tell("Train and val, steady, at the same thresholds", after, changes, used)
    used = tell("Train and val, steady, at their own thresholds", after, changes, {})
    first = measure(before, "one window", changes, SHUFFLES).threshold
    tell_changes({"as it was": before, "steady": after}, "one window", changes, first)
    tell_changes({"as it was": before, "steady": after}, "3 of 5", changes, first)
    kept = judge_once(choosing, told, SHIPPED)
    tell("Kept aside, steady, at the thresholds of train and val", kept, changes, used)
    tell("Kept aside, steady, at their own thresholds", kept, changes, {})


if __name__ == "__main__":
    main()
