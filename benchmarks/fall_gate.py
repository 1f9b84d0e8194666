"""What the gate before people's poses costs and saves: `python -m benchmarks.fall_gate ../shared/data --cache CACHE`.

Prints Markdown. Each window that the service would cut is scored with every picture looked at, and with the gate; the
detector looks as at uploads, or once a second as at cameras. `--unused` as for `benchmarks.falls`, whose cache of poses
this shares.
"""

import argparse
import csv
import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.falls import Looker, Watched, name_group, read_looks
from instantreact.domain.media import Glance, SamplingPlan, Window
from instantreact.inference.bundle import load_bundle
from instantreact.inference.detector.deployed import DeployedDetector, DetectorLoader
from instantreact.inference.poses import load_poses
from instantreact.inference.poses.falls import FallOptions, score_fall
from instantreact.inference.poses.gate import BEFORE_S, PeopleSeen, may_fall
from instantreact.media.sampling import fit_frame
from instantreact.media.windows import SampleGrid
from instantreact.pipeline.describe import GLANCE_EVERY_S

CADENCES_S = (GLANCE_EVERY_S, 1.0)
LEAST = (0.3, 0.5, 0.7)


@dataclass(frozen=True)
class Judged:
    """A window: its score with every picture looked at, and with the gate; whether that opened; looks that it has."""

    group: str
    clip: str
    whole: float
    gated: float
    is_open: bool
    has_people: bool


def main() -> None:
    """Measure both sets at both cadences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the poses and boxes of each clip")
    parser.add_argument("--unused", type=Path, help="a CSV of clips that did not suggest the score")
    asked = parser.parse_args()
    asked.cache.mkdir(parents=True, exist_ok=True)
    looker = Looker(load_poses(Path("models/poses")), asked.cache)
    detector = DetectorLoader(Path("models/detector")).get()
    plan = load_bundle(Path("models/captioner")).sampling
    known = [(path, name_group(row), row["label"] == "fall") for path, row in list_known(asked.data / "cctv")]
    sets = {"known": known, "unused": list_unused(asked.unused) if asked.unused else []}
    for name, clips in sets.items():
        watched = [(looker.watch(*clip), find_people(detector, clip[0], asked.cache)) for clip in clips]
        for every_s in CADENCES_S if watched else ():
            judged = [one for clip in watched for one in judge(*clip, plan, looker.estimator.bundle.fall, every_s)]
            report(f"{name}, the detector every {every_s:g} s", judged)


def list_known(cctv: Path) -> list[tuple[Path, dict[str, str]]]:
    """The clips of the data."""
    rows = [json.loads(line) for line in (cctv / "captions.jsonl").read_text().splitlines()]
    return [(cctv / "clips" / f"{row['clip']}.mp4", row) for row in rows]


def list_unused(listed: Path) -> list[tuple[Path, str, bool]]:
    """Clips that did not suggest the score."""
    with listed.open(newline="") as file:
        return [(Path(row["path"]), row["group"], row["truth"] == "fall") for row in csv.DictReader(file)]


def find_people(detector: DeployedDetector, path: Path, cache: Path) -> list[PeopleSeen]:
    """The people that the detector sees in a clip, as the service gives it its pictures; kept."""
    kept = cache / f"{path.stem}-people.pickle"
    if not kept.exists():
        looks = []
        for time_s, image in read_looks(path, GLANCE_EVERY_S):
            glance = Glance(time_s, fit_frame(np.ascontiguousarray(image[..., ::-1]), detector.plan(GLANCE_EVERY_S)))
            people = [each for each in detector.look(glance) if each.label == "person" and each.score >= 0.2]
            looks.append(PeopleSeen(time_s, glance.aspect, tuple(people)))
        kept.write_bytes(pickle.dumps(looks))
    return list(pickle.loads(kept.read_bytes()))


def judge(
    clip: Watched, people: Sequence[PeopleSeen], plan: SamplingPlan, options: FallOptions, every_s: float
) -> Iterator[Judged]:
    """Each window of a clip, by `pipeline/seen_poses`' rule."""
    looks = list(_thin_out(people, every_s))
    for window in cut_windows(clip, plan):
        near = [each for each in looks if window.start_s - BEFORE_S <= each.time_s <= window.end_s]
        somebody_s = max((each.time_s for each in looks if each.people and each.time_s <= window.end_s), default=-9.0)
        has_people = window.start_s - somebody_s <= 4.0
        is_open = has_people and (not any(each.people for each in near) or may_fall(near))
        poses = [pose for pose in clip.poses if window.start_s <= pose.time_s <= window.end_s]
        whole, none = score_fall(poses, options), score_fall((), options)
        yield Judged(clip.group, clip.name, whole, whole if is_open else none, is_open, has_people)


def cut_windows(clip: Watched, plan: SamplingPlan) -> list[Window]:
    """The windows that the service would cut."""
    grid = SampleGrid(plan)
    sealed = grid.count_sealed(grid.samples_before(clip.end_s))
    return [*(grid.sealed_window(index) for index in range(sealed)), grid.last_window(clip.end_s)]


def _thin_out(looks: Sequence[PeopleSeen], every_s: float) -> Iterator[PeopleSeen]:
    due_s = 0.0
    for look in looks:
        if look.time_s >= due_s - 0.02:
            due_s = look.time_s + every_s
            yield look


def report(title: str, judged: Sequence[Judged]) -> None:
    """For each group how many clips are told, and how many windows are looked at."""
    print(f"\n{title}\n\n| group | clips | {' | '.join(f'from {least:g}: all, gated' for least in LEAST)} | windows |")
    print("|---|---|---|---|---|---|")
    for group in [*dict.fromkeys(each.group for each in judged), "all"]:
        mine = [each for each in judged if group in (each.group, "all")]
        clips = sorted({each.clip for each in mine})
        told = [f"{_count(mine, 'whole', least)}, {_count(mine, 'gated', least)}" for least in LEAST]
        people, opened = sum(each.has_people for each in mine), sum(each.is_open for each in mine)
        print(f"| {group} | {len(clips)} | {' | '.join(told)} | {opened} of {people} with people, {len(mine)} in all |")
    lost = sorted({each.clip for each in judged if each.whole >= LEAST[0] and each.gated < LEAST[0]})
    print(f"\nwindows of these clips had {LEAST[0]:g} and more and were not looked at: {', '.join(lost) or 'none'}")


def _count(judged: Sequence[Judged], score: str, least: float) -> int:
    """How many clips have so much in a window."""
    return len({each.clip for each in judged if getattr(each, score) >= least})


if __name__ == "__main__":
    main()
