"""Frames of clips, with the boxes that a teacher finds in them, as a folder to train a detector on (VOC's layout).

    python -m benchmarks.teacher ../shared/data CCTV [--bundle models/detector] [--every 1.0] [--min-score 0.4]
    instantreact train detector --data CCTV --config models/recipes/cctv-people.toml ...

Clips of which `benchmarks.people` measures a frame are left out; their scenes are not, for each has a frame there, so
that a student's figures on those frames flatter it.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import cv2

from benchmarks.people import MORE
from instantreact.cli.detecting import DetectOptions, see
from instantreact.config import Settings
from instantreact.domain.observation import Detection
from instantreact.inference.detector import Detector, load_detector

LABEL = "person"


def main() -> None:
    """Write the folder; prints how many pictures and boxes there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("output", type=Path)
    parser.add_argument("--bundle", type=Path, default=Path("models/detector"), help="the teacher")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between frames")
    parser.add_argument("--min-score", type=float, default=0.4, help="of a box that is taught")
    asked = parser.parse_args()
    cctv = asked.data / "cctv"
    measured = {json.loads(line)["clip"] for path in (cctv / "people.jsonl", MORE) for line in path.open()}
    clips = [path for path in sorted((cctv / "clips").glob("*.mp4")) if path.stem not in measured]
    for folder in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (asked.output / folder).mkdir(parents=True, exist_ok=True)
    teacher, taught = load_detector(asked.bundle), 0
    names: list[str] = []
    for clip in clips:
        for name, count in teach(clip, teacher, asked.output, asked.every, asked.min_score):
            names.append(name)
            taught += count
    (asked.output / "ImageSets/Main/train.txt").write_text("\n".join(names))
    print(f"{len(clips)} clips, {len(names)} pictures, {taught} boxes of {LABEL}")


def teach(clip: Path, teacher: Detector, output: Path, every_s: float, min_score: float) -> list[tuple[str, int]]:
    """Write the frames of one clip; their names, and how many boxes each has."""
    written: list[tuple[str, int]] = []
    for frame in see(clip, teacher, DetectOptions(min_score, None, (LABEL,), every_s), Settings(_env_file=None)):
        name, (height, width) = f"{clip.stem}_{len(written):04}", frame.image_bgr.shape[:2]
        cv2.imwrite(str(output / "JPEGImages" / f"{name}.jpg"), frame.image_bgr)
        (output / "Annotations" / f"{name}.xml").write_text(annotate(name, frame.detections, width, height))
        written.append((name, len(frame.detections)))
    return written


def annotate(name: str, found: Sequence[Detection], width: int, height: int) -> str:
    """VOC's XML; pixels are counted from 1, both ends belong to the box."""
    objects = "".join(
        f"<object><name>{escape(each.label)}</name><difficult>0</difficult><bndbox>"
        f"<xmin>{each.box.left * width + 1:.1f}</xmin><ymin>{each.box.top * height + 1:.1f}</ymin>"
        f"<xmax>{each.box.right * width:.1f}</xmax><ymax>{each.box.bottom * height:.1f}</ymax></bndbox></object>"
        for each in found
    )
    return f"<annotation><filename>{name}.jpg</filename>{objects}</annotation>"


if __name__ == "__main__":
    main()
