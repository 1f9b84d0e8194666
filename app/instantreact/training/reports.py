"""Evaluations as text for people and as JSON for programs."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from instantreact.training.captioner.evaluate import Evaluation, RecognitionQuality
from instantreact.training.metrics.captions import CaptionScores
from instantreact.training.metrics.recognition import Interval
from instantreact.training.metrics.wording import Wording

_CAPTION_COLUMNS = ("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr-D", "METEOR*", "METEOR")
_RECOGNITION_COLUMNS = ("accuracy", "AUC", "average precision", "recall at 5 % false alarms", "Brier", "ECE")


def as_json(evaluations: Mapping[str, Evaluation], *, skipped: Mapping[str, str]) -> str:
    """Evaluations by name, and the clips that could not be read; what is not defined is null."""
    found = {name: without_nan(asdict(evaluation)) for name, evaluation in evaluations.items()}
    return json.dumps({**found, "skipped": dict(skipped)}, indent=2)


def as_text(evaluations: Mapping[str, Evaluation], *, skipped: Mapping[str, str]) -> str:
    """The same as tables."""
    lines = []
    for name, evaluation in evaluations.items():
        lines += [f"{name}, {evaluation.clips} clips", ""]
        lines += _caption_table(evaluation.captions)
        lines += _wording_table(evaluation.wording) if evaluation.wording else []
        lines += [line for found in _by_concept(evaluation.recognition) for line in _recognition_table(found)]
        lines += [f"{concept} is not measured: {reason}" for concept, reason in evaluation.unmeasured.items()]
    lines += [f"skipped {clip}: {reason}" for clip, reason in skipped.items()]
    return "\n".join(lines)


def _caption_table(captions: Mapping[str, CaptionScores]) -> list[str]:
    rows = [[name, *_caption_cells(scores)] for name, scores in captions.items()]
    return [*table(["captions", *_CAPTION_COLUMNS], rows), "* exact and stem matches only, not published METEOR", ""]


def _caption_cells(scores: CaptionScores) -> list[str]:
    values = (*scores.bleu, scores.rouge_l, scores.cider_d, scores.meteor_exact_stem, scores.meteor_java)
    return ["-" if value is None else f"{value:.3f}" for value in values]


def _wording_table(wording: Wording) -> list[str]:
    rows = [
        [part, *(f"{value:.3f}" for value in (scores.spoken, scores.right, scores.wrong, scores.unheard))]
        for part, scores in wording.parts.items()
    ]
    return [
        *table(["part of the captions", "spoken of", "right then", "words wrong", "words no annotator has"], rows),
        f"people counted within one: {wording.people_within_one:.3f}; {wording.different} different captions of "
        f"{wording.words:.1f} words",
        "",
    ]


def _by_concept(found: Sequence[RecognitionQuality]) -> list[list[RecognitionQuality]]:
    return [[each for each in found if each.concept == concept] for concept in dict.fromkeys(r.concept for r in found)]


def _recognition_table(found: Sequence[RecognitionQuality]) -> list[str]:
    first = found[0]
    title = f"{first.concept} ({first.positives} clips against {first.negatives})"
    rows = [
        [
            each.scored_by,
            spell_interval(each.accuracy),
            spell_interval(each.auc),
            spell_interval(each.average_precision),
            spell_interval(each.recall_at_5_percent_false_alarms),
            f"{each.brier:.3f}",
            f"{each.calibration_error:.3f}",
        ]
        for each in found
    ]
    return [*table([title, *_RECOGNITION_COLUMNS], rows), "intervals: 95 %, bootstrap over scenes", ""]


def spell_interval(interval: Interval) -> str:
    """A figure with its interval."""
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in lines
    ]


def without_nan(value: object) -> object:
    """The same with null in place of what is not defined."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
