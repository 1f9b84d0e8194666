"""Prints how many people a detector finds: `python -m benchmarks.people ../shared/data --bundle models/detector`.

Truth are frames in which people were counted by eye: the data's own, and 20 more of clips that are not among them
(`people_more.jsonl`: one annotator, before any detector saw them; hard ones
were looked at again, enlarged and brightened).
Found is the sum of the smaller of found and counted over the sum of counted; too many is what is found beyond that.
A box in a wrong place can make up for somebody who is missed: read both figures together. Frames with more than eight
people are left out, and how many were counted is the mean of the looks.

With `--tracks` also how many things the product's tracker knows of at the frame, from looks four times a second in the
two seconds before it, as at a live camera, and from every other of these.
"""

import argparse
import json
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from instantreact.domain.media import Images, Window
from instantreact.domain.observation import Detection
from instantreact.inference.detector import Detector, load_detector
from instantreact.inference.detector.nms import suppress
from instantreact.inference.detector.preprocess import Boxes
from instantreact.media.pictures import open_pictures
from instantreact.rules.tracking.things import ThingTracker

MOST_PEOPLE = 8
OVERLAP = 0.4
SCORES = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
FOLLOWED_S, LOOK_S = 2.0, 0.25
MORE = Path(__file__).parent / "people_more.jsonl"
SIZES = ((416, 416), (320, 576), (352, 640), (448, 800), (640, 640))
"""Height and width of other inputs that are measured beside a bundle's."""

Look = Callable[[Images], tuple[Boxes, Boxes]]
"""From a frame to boxes and the scores of `person`."""

Looks = list[tuple[float, float, list[Detection]]]
"""Time, aspect and people."""


@dataclass(frozen=True, eq=False)
class Counted:
    """A frame, RGB, how many people are in it, and where it is."""

    image: Images
    people: float
    clip: Path
    index: int


def main() -> None:
    """Measure the bundle, and with `--candidates` other inputs and tiles; prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--bundle", type=Path, default=Path("models/detector"))
    parser.add_argument("--tracks", action="store_true", help="measure two seconds with tracks, too")
    parser.add_argument("--candidates", type=Path, help="YOLOX weights to measure in other sizes, too")
    asked = parser.parse_args()
    sets = [read_frames(path, asked.data / "cctv") for path in (asked.data / "cctv" / "people.jsonl", MORE)]
    print(f"{' and '.join(str(len(each)) for each in sets)} frames with at most {MOST_PEOPLE} people; found / too many")
    print("| candidate | ms a frame | " + " | ".join(f"{score:g}" for score in SCORES) + " |")
    print("|---" * (2 + len(SCORES)) + "|")
    for name, look in list_candidates(asked.bundle, asked.candidates):
        report(name, look, sets)
    if asked.tracks:
        report_tracks(asked.bundle, sets)


def read_frames(path: Path, cctv: Path) -> list[Counted]:
    """The frames of a list in which at most eight people were counted."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    frames = []
    for row in rows:
        people = statistics.mean(row["counts"])
        if people <= MOST_PEOPLE:
            clip = cctv / "clips" / f"{row['clip']}.mp4"
            frames.append(Counted(read_frame(clip, row["frame"]), people, clip, row["frame"]))
    return frames


def read_frame(path: Path, index: int) -> Images:
    """One frame of a clip, RGB."""
    with open_pictures(path) as reader:
        for number, picture in enumerate(reader.pictures()):
            if number == index:
                return np.ascontiguousarray(picture.bgr()[..., ::-1])
    raise SystemExit(f"{path} has no frame {index}")


def list_candidates(bundle: Path, weights: Path | None) -> Iterator[tuple[str, Look]]:
    """The bundle, and of `weights` other inputs and the bundle's in tiles."""
    detector = load_detector(bundle)
    size = f"{detector.bundle.input.width} x {detector.bundle.input.height}"
    yield f"{detector.bundle.name} {size}", whole(detector)
    if weights is None:
        return
    from instantreact.training.importing.yolox import import_yolox

    yield f"{size}, whole and 2 x 2 tiles", tiled(detector)
    for height, width in SIZES:
        with TemporaryDirectory() as folder:
            import_yolox(weights, Path(folder), height=height, width=width, power=0.57, overlap=OVERLAP)
            yield f"{width} x {height}", whole(load_detector(Path(folder)))


def whole(detector: Detector) -> Look:
    """The frame as it is."""
    person = detector.labels.index("person")

    def look(frame: Images) -> tuple[Boxes, Boxes]:
        boxes, scores = detector.score(frame)
        likely = scores[:, person] >= SCORES[0]
        return boxes[likely], scores[likely, person]

    return look


def tiled(detector: Detector, overlap: float = 0.2) -> Look:
    """The frame, and its four quarters with an overlap, together."""
    look_once = whole(detector)

    def look(frame: Images) -> tuple[Boxes, Boxes]:
        height, width = frame.shape[:2]
        high, wide = (round(side * (1 + overlap) / 2) for side in (height, width))
        found = [look_once(frame)]
        for top in (0, height - high):
            for left in (0, width - wide):
                boxes, scores = look_once(frame[top : top + high, left : left + wide])
                size, corner = np.array([wide, high] * 2), np.array([left, top] * 2)
                found.append((((boxes * size + corner) / ([width, height] * 2)).astype(np.float32), scores))
        return np.concatenate([boxes for boxes, _ in found]), np.concatenate([scores for _, scores in found])

    return look


def report(name: str, look: Look, sets: Sequence[Sequence[Counted]]) -> None:
    """One line of the table."""
    times_ms: list[float] = []
    columns: list[list[str]] = [[] for _ in SCORES]
    for frames in sets:
        seen = []
        for frame in frames:
            begun_s = time.perf_counter()
            seen.append(look(frame.image))
            times_ms.append((time.perf_counter() - begun_s) * 1000)
        for column, score in zip(columns, SCORES, strict=True):
            found, extra = compare([count(boxes, scores, score) for boxes, scores in seen], frames)
            column.append(f"{found:.0%} / {extra:.0%}")
    cells = " | ".join("; ".join(column) for column in columns)
    print(f"| {name} | {statistics.median(times_ms):.1f} | {cells} |", flush=True)


def report_tracks(bundle: Path, sets: Sequence[Sequence[Counted]]) -> None:
    """What is known at each frame of who was there within two seconds; looking at all pictures, and at every other."""
    detector = load_detector(bundle)
    seen = [[look_before(detector, frame) for frame in frames] for frames in sets]
    for step in (1, 2):
        cells = " | ".join(
            "; ".join(_count_tracks(*each, score, step) for each in zip(seen, sets, strict=True)) for score in SCORES
        )
        print(
            f"| {detector.bundle.name}, {FOLLOWED_S:g} s with tracks, every {step * LOOK_S:g} s | | {cells} |",
            flush=True,
        )


def _count_tracks(seen: Sequence[Looks], frames: Sequence[Counted], score: float, step: int) -> str:
    found, extra = compare([count_things(looks[::-step][::-1], score) for looks in seen], frames)
    return f"{found:.0%} / {extra:.0%}"


def look_before(detector: Detector, frame: Counted) -> Looks:
    """Time, aspect and people of looks four times a second, the last of them at the frame."""
    pictures: deque[tuple[float, Images]] = deque()
    with open_pictures(frame.clip) as reader:
        for number, picture in enumerate(reader.pictures()):
            pictures.append((picture.time_s, picture.bgr()[..., ::-1]))
            while pictures[0][0] < picture.time_s - FOLLOWED_S - 1e-3:
                pictures.popleft()
            if number == frame.index:
                break
    end_s, looks = pictures[-1][0], []
    for time_s, image in pictures:
        due = round((end_s - time_s) / LOOK_S) * LOOK_S
        if min(pictures, key=lambda each: abs(end_s - due - each[0]))[0] == time_s:
            people = detector.detect([image], [time_s], min_score=0.1, labels={"person"})
            looks.append((time_s, image.shape[1] / image.shape[0], people))
    return looks


def count_things(looks: Looks, score: float) -> int:
    """How many people the tracker knows of at the last look."""
    tracker = ThingTracker(["person"], min_score=score)
    for time_s, aspect, people in looks:
        tracker.see(time_s, people, aspect)
    presence = tracker.presence_within(Window(0, looks[0][0], looks[-1][0]))
    return len(presence.things) if presence else 0


def count(boxes: Boxes, scores: Boxes, min_score: float) -> int:
    """How many boxes stay."""
    likely = scores >= min_score
    return len(suppress(boxes[likely], scores[likely], OVERLAP))


def compare(counts: Sequence[int], frames: Sequence[Counted]) -> tuple[float, float]:
    """The shares found and too many."""
    total = sum(frame.people for frame in frames)
    found = sum(min(number, frame.people) for number, frame in zip(counts, frames, strict=True))
    return found / total, (sum(counts) - found) / total


if __name__ == "__main__":
    main()
