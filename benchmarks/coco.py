"""Prints a detector's average precision on COCO pictures: `python -m benchmarks.coco ../shared/data --bundle FOLDER`.

The 128 pictures of val2017 in `coco256`, by pycocotools. Labels are matched by COCO's names, as the bundle has them or
as VOC calls them; a bundle is measured on those that it knows, and over VOC's where it knows them.
"""

import argparse
import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from instantreact.domain.observation import Box
from instantreact.inference.detector import Detector, load_detector
from instantreact.media.stills import read_still
from instantreact.training.importing.labels import VOC_LABELS

_VOC_NAMES = {
    "aeroplane": "airplane",
    "motorbike": "motorcycle",
    "sofa": "couch",
    "pottedplant": "potted plant",
    "diningtable": "dining table",
    "tvmonitor": "tv",
}
_LEAST_SCORE = 0.01


def as_coco(label: str) -> str:
    """COCO's name of a label that may be VOC's."""
    return _VOC_NAMES.get(label, label)


VOC = frozenset(map(as_coco, VOC_LABELS))


def main() -> None:
    """Measure one bundle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--bundle", type=Path, default=Path("models/detector"))
    parser.add_argument("--part", default="val2017")
    asked = parser.parse_args()
    detector = load_detector(asked.bundle)
    names = [as_coco(name) for name in (asked.data / "coco256" / "coco_classes.txt").read_text().split("\n") if name]
    pictures = list(read_pictures(asked.data / "coco256", asked.part))
    at_half, over_all = evaluate(pictures, detect_all(pictures, detector, names), names)
    known = {as_coco(label) for label in detector.labels}
    print(f"{detector.bundle.name}, {len(pictures)} pictures; labels without a box are left out")
    for title, labels in (("person", {"person"}), ("VOC", VOC), ("all", set(names))):
        chosen = [index for index, name in enumerate(names) if name in labels & known and at_half[index] >= 0]
        if chosen:
            print(f"{title} ({len(chosen)}): AP50 {at_half[chosen].mean():.3f}, AP50-95 {over_all[chosen].mean():.3f}")


def read_pictures(folder: Path, part: str) -> Iterator[tuple[Path, NDArray[np.float64]]]:
    """Pictures, and their boxes (n, 5): label, centre x and y, width and height in shares."""
    for path in sorted((folder / "images" / part).glob("*.jpg")):
        labels = folder / "labels" / part / f"{path.stem}.txt"
        lines = labels.read_text().splitlines() if labels.exists() else []
        yield path, np.array([line.split() for line in lines], np.float64).reshape(-1, 5)


def detect_all(pictures: Sequence[tuple[Path, Any]], detector: Detector, names: Sequence[str]) -> list[dict[str, Any]]:
    """Everything that is detected, as pycocotools reads it."""
    found = []
    for number, (path, _) in enumerate(pictures, start=1):
        image = read_still(path)
        for each in detector.detect([image[..., ::-1]], [0.0], min_score=_LEAST_SCORE):
            if as_coco(each.label) in names:
                category = names.index(as_coco(each.label)) + 1
                box = _in_pixels(each.box, image.shape[1], image.shape[0])
                found.append({"image_id": number, "category_id": category, "bbox": box, "score": each.score})
    return found


def _in_pixels(box: Box, width: int, height: int) -> list[float]:
    return [
        box.left * width,
        box.top * height,
        (box.right - box.left) * width,
        (box.bottom - box.top) * height,
    ]


def evaluate(
    pictures: Sequence[tuple[Path, NDArray[np.float64]]], found: list[dict[str, Any]], names: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average precision by label at an overlap of one half, and over 0.5 to 0.95; -1 where there is no box."""
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for number, (path, rows) in enumerate(pictures, start=1):
        height, width = read_still(path).shape[:2]
        images.append({"id": number, "width": width, "height": height})
        for label, x, y, w, h in rows:
            side = _in_pixels(Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2), width, height)
            row = {"id": len(boxes) + 1, "image_id": number, "category_id": int(label) + 1, "bbox": side}
            boxes.append({**row, "area": side[2] * side[3], "iscrowd": 0})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "info": {},
            "images": images,
            "annotations": boxes,
            "categories": [{"id": number, "name": name} for number, name in enumerate(names, start=1)],
        }
        truth.createIndex()
        measured = COCOeval(truth, truth.loadRes(found), "bbox")
        measured.evaluate()
        measured.accumulate()
    precision = measured.eval["precision"][:, :, :, 0, -1]  # (overlaps, recalls, labels)
    return precision[0].mean(axis=0), precision.mean(axis=(0, 1))


if __name__ == "__main__":
    main()
