"""A detector's evaluation as text for people and as JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from instantreact.training.detector.evaluate import DetectorEvaluation, LabelQuality
from instantreact.training.reports import spell_interval, table, without_nan

_COLUMNS = (
    "label",
    "things",
    "AP50, 11 points",
    "AP50, area",
    "found at 0.3",
    "right at 0.3",
    "found at 0.5",
    "right at 0.5",
)


def as_json(name: str, found: DetectorEvaluation, *, complaints: Sequence[str]) -> str:
    """An evaluation, and what of the data was left out; what is not defined is null."""
    return json.dumps({name: without_nan(asdict(found)), "left_out": list(complaints)}, indent=2)


def as_text(name: str, found: DetectorEvaluation, *, complaints: Sequence[str]) -> str:
    """The same as tables; labels of which nothing is there are left out."""
    lines = [
        f"{name}, {found.pictures} pictures",
        "",
        f"mAP50 by 11 points    {spell_interval(found.map_by_11_points)}",
        f"mAP50 by area         {spell_interval(found.map_by_area)}",
        f"COCO mAP50-95, mAP50  {found.coco.at_50_to_95:.3f}, {found.coco.at_50:.3f}  (pycocotools)",
        "intervals: 95 %, bootstrap over pictures",
        "",
        *table(_COLUMNS, [_cells(quality) for quality in found.labels if quality.things]),
        "",
    ]
    return "\n".join([*lines, *(f"left out: {complaint}" for complaint in complaints)])


def _cells(quality: LabelQuality) -> list[str]:
    figures = (
        quality.by_11_points,
        quality.by_area,
        quality.recall_at_30,
        quality.precision_at_30,
        quality.recall_at_50,
        quality.precision_at_50,
    )
    return [quality.label, str(quality.things), *(f"{figure:.3f}" for figure in figures)]
