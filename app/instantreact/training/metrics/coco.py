"""mAP as COCO counts it, by pycocotools: a check of our own figures by other people's code."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from instantreact.inference.detector.preprocess import Boxes
from instantreact.training.metrics.detection import FoundBoxes, TrueBoxes

_SIDE = 1000.0
"""Boxes are told to pycocotools as if every picture had so many pixels a side: overlaps do not change by that."""


@dataclass(frozen=True)
class CocoScores:
    """Mean average precision over labels that are there: at overlaps from 0.5 to 0.95, and at 0.5; 101 points."""

    at_50_to_95: float
    at_50: float


def measure_coco(found: Sequence[FoundBoxes], truth: Sequence[TrueBoxes], labels: int) -> CocoScores:
    """What pycocotools says, up to 100 boxes a picture; what is ignored here is a crowd there."""
    if not any(len(one.boxes) for one in found) or not any(len(one.boxes) for one in truth):
        return CocoScores(0.0, 0.0)
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = _dataset(truth, labels)
        known.createIndex()
        measured = COCOeval(known, known.loadRes(_results(found)), "bbox")
        measured.evaluate()
        measured.accumulate()
    precision = measured.eval["precision"]  # (overlaps, recalls, labels, areas, most boxes), -1 where there is none
    return CocoScores(_mean(precision[:, :, :, 0, -1]), _mean(precision[0, :, :, 0, -1]))


def _mean(values: Any) -> float:
    known = values[values > -1]
    return float(np.mean(known)) if known.size else float("nan")


def _dataset(truth: Sequence[TrueBoxes], labels: int) -> dict[str, Any]:
    annotations = [
        {"image_id": number, "category_id": int(label), "bbox": box, "area": box[2] * box[3], "iscrowd": int(ignored)}
        for number, one in enumerate(truth)
        for box, label, ignored in zip(_sized(one.boxes), one.labels, one.ignored, strict=True)
    ]
    return {
        "info": {},
        "images": [{"id": number, "width": _SIDE, "height": _SIDE} for number in range(len(truth))],
        "categories": [{"id": label, "name": str(label)} for label in range(labels)],
        "annotations": [{**each, "id": number} for number, each in enumerate(annotations, 1)],
    }


def _results(found: Sequence[FoundBoxes]) -> list[dict[str, Any]]:
    return [
        {"image_id": number, "category_id": int(label), "bbox": box, "score": float(score)}
        for number, one in enumerate(found)
        for box, label, score in zip(_sized(one.boxes), one.labels, one.scores, strict=True)
    ]


def _sized(boxes: Boxes) -> list[list[float]]:
    """Left, top, width and height."""
    scaled = boxes.astype(np.float64) * _SIDE
    sized: list[list[float]] = np.concatenate([scaled[:, :2], scaled[:, 2:] - scaled[:, :2]], axis=1).tolist()
    return sized
