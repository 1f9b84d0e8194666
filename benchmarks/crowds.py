"""How well five people and more are counted: `python -m benchmarks.crowds ../shared/data`; prints Markdown.

What is measured is the template's own condition, as rules match it, but for `for_s`: clips are too short to see anybody
stay. The truth is the people who were counted by eye in one frame of 60 clips, the mean of two annotators. With
`--long FOLDER` footage that lasts is looked at with the condition as it is, and its windows are told. Intervals are
95 % by bootstrap over scenes.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.concepts import Marked, count, interval
from benchmarks.falls import read_looks
from instantreact.api.schemas.rule_templates import list_templates
from instantreact.domain.media import Window
from instantreact.domain.observation import Caption, Detection, Observation
from instantreact.domain.rule import ObjectCondition
from instantreact.inference.detector import Detector, load_detector
from instantreact.rules.presence import match_presence
from instantreact.rules.tracking.things import ThingTracker

EVERY_S, WINDOW_S, STRIDE_S = 0.25, 4.0, 2.0
LEAST_BOX = 0.1
Looks = Sequence[tuple[float, Sequence[Detection], float]]
"""At each look its time, who was found, and how much wider than high the picture is."""


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--detector", type=Path, default=Path("models/detector"))
    parser.add_argument("--long", type=Path, help="a folder of footage that lasts")
    asked = parser.parse_args()
    detector = load_detector(asked.detector, threads=1)
    condition = find_condition()
    report_counted(asked.data / "cctv", detector, replace(condition, for_s=0.0))
    for path in sorted(asked.long.rglob("*.*")) if asked.long else ():
        report_long(path, list(look(path, detector)), condition)


def find_condition() -> ObjectCondition:
    """What the template asks for."""
    crowd = next(each for each in list_templates() if each.id == "crowd")
    (condition,) = crowd.rule.to_changes()["criteria"].conditions
    assert isinstance(condition, ObjectCondition)
    return condition


def look(path: Path, detector: Detector, most_s: float = 120.0) -> Iterator[tuple[float, Sequence[Detection], float]]:
    """Who is found, four times a second."""
    for time_s, image in read_looks(path, EVERY_S, most_s):
        found = detector.detect([image], [time_s], min_score=LEAST_BOX, labels=("person",))
        yield time_s, found, image.shape[1] / image.shape[0]


def judge(looks: Looks, condition: ObjectCondition) -> list[tuple[float, int]]:
    """The score of the condition in each window, and how many were counted."""
    tracker = ThingTracker(("person",), min_score=condition.min_score)
    told: list[tuple[float, int]] = []
    due_s = min(WINDOW_S, looks[-1][0])
    for time_s, found, aspect in looks:
        tracker.see(time_s, found, aspect)
        if time_s >= due_s - 1e-6:
            window = Window(len(told), max(0.0, time_s - WINDOW_S), time_s)
            seen = Observation(window, Caption("", 0.0), (), presence=tracker.presence_within(window))
            evidence = match_presence(condition, seen)
            told.append((evidence.score, evidence.count or 0) if evidence else (0.0, 0))
            due_s += STRIDE_S
    return told


def report_counted(cctv: Path, detector: Detector, condition: ObjectCondition) -> None:
    """Against the people counted in a frame."""
    counted = [json.loads(line) for line in (cctv / "people.jsonl").read_text().splitlines()]
    scenes = {row["clip"]: row["scene"] for row in map(json.loads, (cctv / "captions.jsonl").read_text().splitlines())}
    marked: list[Marked] = []
    away: list[float] = []
    for row in counted:
        people = float(np.mean(row["counts"]))
        told = judge(list(look(cctv / "clips" / f"{row['clip']}.mp4", detector)), condition)
        marked.append((scenes[row["clip"]], people >= condition.min_count, max(score for score, _ in told)))
        away.append(max(number for _, number in told) - people)
    found = [truth for _, truth, score in marked if score >= condition.min_score]
    print(f"| {condition.min_count} people: {count(marked)} | AUC | found | others told | median error of the count |")
    print("|---|---|---|---|---|")
    area, wrong = interval(marked), len(found) - sum(found)
    print(f"| from {condition.min_score} | {area} | {sum(found)} | {wrong} | {np.median(np.abs(away)):.1f} |")


def report_long(path: Path, looks: Looks, condition: ObjectCondition) -> None:
    """In how many windows the condition holds."""
    there, stay = judge(looks, replace(condition, for_s=0.0)), judge(looks, condition)
    holds = [sum(score >= condition.min_score for score, _ in told) for told in (there, stay)]
    most = max(number for _, number in there)
    told = f"{holds[0]} of {len(there)} windows, in {holds[1]} they have stayed"
    print(f"- {path.name}, {looks[-1][0]:.0f} s: {most} at most, {told}")


if __name__ == "__main__":
    main()
