"""Measures a detector on pictures with boxes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import Metric
from instantreact.inference.detector.detector import Detector
from instantreact.inference.detector.nms import suppress_by_label
from instantreact.inference.detector.preprocess import feed
from instantreact.training.detector.bases import input_of
from instantreact.training.detector.model import DecodedDetector, DetectorModel
from instantreact.training.detector.pictures import MarkedPicture, read_picture
from instantreact.training.metrics.coco import CocoScores, measure_coco
from instantreact.training.metrics.detection import (
    FoundBoxes,
    LabelFindings,
    TrueBoxes,
    average_precision_of,
    bootstrap_pictures,
    by_11_points,
    by_area,
    match_found,
)
from instantreact.training.metrics.recognition import Interval

LEAST_SCORE = 0.01
OVERLAP = 0.45
"""As in the paper: what is looked at when mAP is measured, and what non-maximum suppression leaves of it."""
_BATCH = 8


@dataclass(frozen=True)
class LabelQuality:
    """How well one label is found: how many there are, average precision by 11 points and by area.

    Also at a score of 0.3 and 0.5: the share of things found, and of the boxes raised the share that is right.
    """

    label: str
    things: int
    by_11_points: float
    by_area: float
    recall_at_30: float
    precision_at_30: float
    recall_at_50: float
    precision_at_50: float


@dataclass(frozen=True)
class DetectorEvaluation:
    """What a detector reaches: mAP with its 95 % interval by bootstrap over pictures, each label, and COCO's figures.

    Labels of which there is nothing to find are left out of means.
    """

    pictures: int
    map_by_11_points: Interval
    map_by_area: Interval
    labels: tuple[LabelQuality, ...]
    coco: CocoScores


def evaluate_found(
    found: Sequence[FoundBoxes], pictures: Sequence[MarkedPicture], labels: Sequence[str], *, draws: int = 1000
) -> DetectorEvaluation:
    """Compare what was found in each picture with what is there."""
    truth = [true_boxes(picture) for picture in pictures]
    matches = [match_found(found, truth, number) for number in range(len(labels))]
    return DetectorEvaluation(
        pictures=len(pictures),
        map_by_11_points=bootstrap_pictures(matches, by_11_points, draws=draws),
        map_by_area=bootstrap_pictures(matches, by_area, draws=draws),
        labels=tuple(_quality(label, each) for label, each in zip(labels, matches, strict=True)),
        coco=measure_coco(found, truth, len(labels)),
    )


def only_labels(
    found: Sequence[FoundBoxes], pictures: Sequence[MarkedPicture], labels: Sequence[str], only: Sequence[str] | None
) -> tuple[list[FoundBoxes], list[MarkedPicture], list[str]]:
    """What of it is about some labels, numbered anew; all where none is named. Raises InvalidInput for unknown ones."""
    chosen = list(only or labels)
    unknown = [label for label in chosen if label not in labels]
    if unknown:
        raise InvalidInput(f"The bundle has no label {unknown[0]}; it has {', '.join(labels)}.")
    numbers = [labels.index(label) for label in chosen]
    order = np.full(len(labels), -1)
    order[numbers] = range(len(numbers))
    kept_found = [
        FoundBoxes(one.boxes[keep], order[one.labels[keep]], one.scores[keep])
        for one in found
        for keep in [order[one.labels] >= 0]
    ]
    kept_pictures = [
        replace(
            one,
            boxes=one.boxes[keep],
            labels=order[one.labels[keep]],
            difficult=one.difficult[keep],
            crowd=one.crowd[keep],
        )
        for one in pictures
        for keep in [order[one.labels] >= 0]
    ]
    return kept_found, kept_pictures, chosen


def mean_average_precision(found: Sequence[FoundBoxes], pictures: Sequence[MarkedPicture], labels: int) -> float:
    """mAP by area alone, of labels that are there; NaN without any."""
    truth = [true_boxes(picture) for picture in pictures]
    values = [average_precision_of(match_found(found, truth, number), by_area) for number in range(labels)]
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def find_with_model(model: DetectorModel, pictures: Sequence[MarkedPicture]) -> list[FoundBoxes]:
    """What a model in training finds; as its bundle will, but by torch, on the model's device."""
    decoded, to = DecodedDetector(model).eval(), input_of(model.architecture)
    device = next(model.parameters()).device
    found = []
    for first in range(0, len(pictures), _BATCH):
        frames = [read_picture(picture.path) for picture in pictures[first : first + _BATCH]]
        with torch.no_grad():
            boxes, scores = decoded(torch.from_numpy(feed(frames, to)[0]).to(device))
        answers = zip(boxes.cpu().numpy(), scores.cpu().numpy(), strict=True)
        found += [_suppressed(np.clip(each, 0, 1), rated) for each, rated in answers]
    model.train()
    return found


def find_with_bundle(
    detector: Detector, pictures: Sequence[MarkedPicture], *, after_picture: Callable[[str], None] = lambda name: None
) -> list[FoundBoxes]:
    """What a bundle finds, as it is served, of whatever architecture."""
    found = []
    for picture in pictures:
        boxes, scores = detector.score(read_picture(picture.path))
        found.append(_suppressed(boxes, scores, overlap=detector.bundle.overlap))
        after_picture(picture.name)
    return found


def headline_figures(found: DetectorEvaluation, *, data_set: str, split: str) -> tuple[Metric, ...]:
    """The figures that belong into a bundle's `model.json`."""
    named = {"mAP50, 11 points": found.map_by_11_points, "mAP50, area": found.map_by_area}
    metrics = [
        Metric(name=name, value=value.value, low=value.low, high=value.high, data_set=data_set, split=split)
        for name, value in named.items()
    ]
    at = Metric(name="mAP50-95, COCO", value=found.coco.at_50_to_95, data_set=data_set, split=split)
    each = [
        Metric(name=f"AP50 {quality.label}, area", value=quality.by_area, data_set=data_set, split=split)
        for quality in found.labels
        if quality.things
    ]
    return (*metrics, at, *each)


def true_boxes(picture: MarkedPicture) -> TrueBoxes:
    """What is to be found in a picture."""
    return TrueBoxes(picture.boxes, picture.labels, picture.difficult | picture.crowd)


def _suppressed(boxes: np.ndarray, scores: np.ndarray, *, overlap: float = OVERLAP) -> FoundBoxes:
    rows, columns = suppress_by_label(boxes, scores, min_score=LEAST_SCORE, overlap=overlap)
    return FoundBoxes(boxes[rows], columns.astype(np.int64), scores[rows, columns])


def _quality(label: str, matches: LabelFindings) -> LabelQuality:
    at = [value for least in (0.3, 0.5) for value in _at_score(matches, least)]
    return LabelQuality(
        label,
        int(matches.things.sum()),
        average_precision_of(matches, by_11_points),
        average_precision_of(matches, by_area),
        *at,
    )


def _at_score(matches: LabelFindings, least: float) -> Iterator[float]:
    """Recall and precision of what is scored at least so high."""
    raised = matches.scores >= least
    right, things = int(matches.right[raised].sum()), int(matches.things.sum())
    yield right / things if things else float("nan")
    yield right / int(raised.sum()) if raised.any() else float("nan")
