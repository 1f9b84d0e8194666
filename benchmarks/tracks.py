"""Is one person one track? Ours beside the ByteTrack of PyPI's `trackers`, on the same boxes four times a second.

    python -m benchmarks.tracks ../shared/data boxes.json
    OTHER/bin/python benchmarks/tracks.py --trackers boxes.json

The clips are the falls' data set: one person each, who lies, sits and walks. `trackers` pulls opencv-python over the
headless one: give it an environment of its own (`pip install trackers`), which needs nothing of ours.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOOKS_HZ = 4.0
MIN_SCORE = 0.3
Looks = list[tuple[float, float, list[list[float]]]]
"""Time, aspect, and boxes: left, top, right, bottom in shares of the frame, and the score."""


def main() -> None:
    """Print how many tracks there are, and how long the longest of each clip is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("boxes", type=Path, help="where the boxes are kept")
    parser.add_argument("--trackers", action="store_true", help="follow kept boxes by PyPI's `trackers`")
    asked = parser.parse_args()
    if not asked.trackers and asked.data is not None and not asked.boxes.is_file():
        asked.boxes.write_text(json.dumps(dict(find_boxes(asked.data / "cctv" / "clips"))))
    clips: dict[str, Looks] = json.loads(asked.boxes.read_text())
    count = sum(len(looks) for looks in clips.values())
    seen = sum(any(box[4] >= MIN_SCORE for box in boxes) for looks in clips.values() for _, _, boxes in looks)
    print(f"{len(clips)} clips of one person, {count} looks, somebody in {seen}")
    if not asked.trackers:
        report("ours", [follow(looks) for looks in clips.values()])
        return
    report("trackers, as it comes", [follow_by_trackers(looks) for looks in clips.values()])
    same = {"track_activation_threshold": MIN_SCORE + 0.1, "high_conf_det_threshold": MIN_SCORE}
    slow = {"frame_rate": LOOKS_HZ, "lost_track_buffer": 300}
    report(
        "trackers, our thresholds and times", [follow_by_trackers(looks, **same, **slow) for looks in clips.values()]
    )


def find_boxes(clips: Path) -> Iterator[tuple[str, Looks]]:
    """What the shipped detector finds in each clip."""
    from instantreact.cli.detecting import DetectOptions, see
    from instantreact.config import Settings
    from instantreact.inference.detector import load_detector

    detector = load_detector(Path("models/detector"))
    for path in sorted(clips.glob("gm*.mp4")):
        looks: Looks = []
        for frame in see(path, detector, DetectOptions(0.1, None, ("person",), 1 / LOOKS_HZ), Settings(_env_file=None)):
            height, width = frame.image_bgr.shape[:2]
            boxes = [[*vars(each.box).values(), each.score] for each in frame.detections]
            looks.append((frame.time_s, width / height, boxes))
        yield path.stem, looks


def follow(looks: Looks) -> Counter[int]:
    """At how many looks each of our tracks is seen with a score that is told."""
    from instantreact.domain.media import Window
    from instantreact.domain.observation import Box, Detection
    from instantreact.rules.tracking.things import ThingTracker

    tracker, seen = ThingTracker(["person"], min_score=MIN_SCORE), Counter[int]()
    for time_s, aspect, boxes in looks:
        tracker.see(time_s, [Detection("person", score, Box(*sides), time_s) for *sides, score in boxes], aspect)
        if presence := tracker.presence_within(Window(0, time_s, time_s)):
            seen.update(thing.number for thing in presence.things)
    return seen


def follow_by_trackers(looks: Looks, **options: float) -> Counter[int]:
    """The same by `trackers`."""
    import numpy as np
    import supervision
    import trackers

    tracker, seen = trackers.ByteTrackTracker(**options), Counter[int]()
    for _, aspect, boxes in looks:
        values = np.array(boxes, float).reshape(-1, 5)
        corners = values[:, :4] * 1000 * np.array([aspect, 1, aspect, 1])
        found: Any = supervision.Detections(corners, confidence=values[:, 4], class_id=np.zeros(len(values), int))
        followed = tracker.update(found)
        numbers = () if followed.tracker_id is None else zip(followed.tracker_id, followed.confidence, strict=True)
        seen.update(int(number) for number, score in numbers if number >= 0 and score >= MIN_SCORE)
    return seen


def report(name: str, clips: list[Counter[int]]) -> None:
    """One line."""
    one, none = (sum(len(seen) == count for seen in clips) for count in (1, 0))
    longest = sum(max(seen.values(), default=0) for seen in clips)
    print(f"{name}: {sum(map(len, clips))} tracks, one in {one} clips, none in {none}; longest ones {longest} looks")


if __name__ == "__main__":
    main()
