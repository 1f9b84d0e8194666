"""Measures descriptions of clips: their captions, and how well their concepts' probabilities tell clips apart."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.concepts import ConceptWords
from instantreact.domain.mention import mention_probability, mentions
from instantreact.inference.bundle import Metric
from instantreact.inference.captioner import Captioner, Description
from instantreact.inference.lexicon import Lexicon
from instantreact.training.captioner.baselines import (
    annotator_lines,
    majority_caption,
    metadata_scores,
    nearest_captions,
)
from instantreact.training.captioner.clips import CaptionedClip
from instantreact.training.metrics import recognition
from instantreact.training.metrics.captions import CaptionScores, score_captions
from instantreact.training.metrics.recognition import Interval, ReliabilityBin
from instantreact.training.metrics.wording import Wording, measure_wording

CONCEPT_SCORE = "concept score"
_LEAST_CLIPS = 2


@dataclass(frozen=True)
class RecognitionQuality:
    """How well a probability finds the clips labelled with a concept; intervals by bootstrap over scenes."""

    concept: str
    scored_by: str
    positives: int
    negatives: int
    accuracy: Interval
    auc: Interval
    average_precision: Interval
    recall_at_5_percent_false_alarms: Interval
    brier: float
    calibration_error: float
    reliability: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class Evaluation:
    """Everything measured on some clips; the wording of captions where there is a lexicon for it."""

    clips: int
    captions: Mapping[str, CaptionScores]
    recognition: tuple[RecognitionQuality, ...]
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    wording: Wording | None = None


def describe_clips(
    captioner: Captioner,
    features: Mapping[str, NDArray[np.float16]],
    clips: Sequence[CaptionedClip],
    *,
    after_clip: Callable[[str], None] = lambda name: None,
) -> list[Description]:
    """Describe each clip by its features (T, D), as one window whatever its length."""
    descriptions = []
    for clip in clips:
        descriptions.append(captioner.describe(features[clip.name].astype(np.float32)))
        after_clip(clip.name)
    return descriptions


def evaluate_descriptions(
    clips: Sequence[CaptionedClip],
    descriptions: Sequence[Description],
    concepts: ConceptWords,
    lexicon: Lexicon | None = None,
) -> Evaluation:
    """Measure the descriptions of labelled clips, each concept by the score that rules see and by its alternatives.

    `concepts` are those of the bundle, or the recipe, that described them; `lexicon` says which word is what part.
    """
    said = [description.caption.text for description in descriptions]
    captions = {"model": score_captions(said, [clip.captions for clip in clips])}
    scores = {
        concept: {
            CONCEPT_SCORE: np.array([description.concepts[concept] for description in descriptions]),
            "share of samples": _sampled_shares(descriptions, concepts[concept]),
            "caption": np.array([float(mentions(text, concepts[concept]) is not None) for text in said]),
        }
        for concept in labelled_concepts(clips, concepts)
    }
    found = [
        recognize(clips, values, concept=concept, scored_by=name)
        for concept, by_name in scores.items()
        for name, values in by_name.items()
    ]
    captions |= annotator_lines(clips, said)
    wording = measure_wording(said, [clip.captions for clip in clips], lexicon) if lexicon else None
    return Evaluation(len(clips), captions, tuple(found), unmeasured_concepts(clips, concepts), wording)


def headline_metrics(evaluation: Evaluation, *, data_set: str, split: str) -> list[Metric]:
    """The figures that a bundle carries: the captions' agreement, and each concept's recognition by its score."""
    said = evaluation.captions["model"]
    captions = {"BLEU-4": said.bleu[3], "CIDEr-D": said.cider_d, "METEOR (exact, stem)": said.meteor_exact_stem}
    metrics = [Metric(name=name, value=value, data_set=data_set, split=split) for name, value in captions.items()]
    for found in evaluation.recognition:
        if found.scored_by == CONCEPT_SCORE:
            for name, interval in (("accuracy", found.accuracy), ("AUC", found.auc)):
                bounds = asdict(interval)
                metrics.append(Metric(name=f"{found.concept} {name}", **bounds, data_set=data_set, split=split))
    return metrics


def evaluate_baselines(
    features: Mapping[str, NDArray[np.float16]],
    train: Sequence[CaptionedClip],
    test: Sequence[CaptionedClip],
    concepts: Iterable[str],
) -> Evaluation:
    """Measure what needs no model: the majority caption, the nearest clip's caption, and the containers' metadata."""
    references = [clip.captions for clip in test]
    captions = {
        "majority caption": score_captions([majority_caption(train)] * len(test), references),
        "nearest neighbour": score_captions(nearest_captions(features, train, test), references),
    }
    found = [
        recognize(test, metadata_scores(train, test, label=concept), concept=concept, scored_by="container metadata")
        for concept in labelled_concepts(test, concepts)
        if any(clip.label == concept for clip in train)
    ]
    return Evaluation(len(test), captions, tuple(found))


def labelled_concepts(clips: Sequence[CaptionedClip], concepts: Iterable[str]) -> list[str]:
    """The concepts that label at least two of these clips, and not at least two."""
    return [concept for concept in concepts if min(_count_sides(clips, concept)) >= _LEAST_CLIPS]


def unmeasured_concepts(clips: Sequence[CaptionedClip], concepts: Iterable[str]) -> dict[str, str]:
    """The concepts that label some clip but cannot be measured, and why."""
    sides = {concept: _count_sides(clips, concept) for concept in concepts}
    return {
        concept: f"{labelled} with this label and {others} without, too few to measure"
        for concept, (labelled, others) in sides.items()
        if labelled and min(labelled, others) < _LEAST_CLIPS
    }


def _count_sides(clips: Sequence[CaptionedClip], concept: str) -> tuple[int, int]:
    labelled = sum(clip.label == concept for clip in clips)
    return labelled, sum(clip.label is not None for clip in clips) - labelled


def recognize(
    clips: Sequence[CaptionedClip], scores: NDArray[np.float64], *, concept: str, scored_by: str
) -> RecognitionQuality:
    """Measure probabilities (N,) against the clips' labels: `concept`, or anything else."""
    truth = np.array([clip.label == concept for clip in clips])
    scenes = [clip.scene for clip in clips]
    measured = partial(recognition.bootstrap_scenes, scores=scores, truth=truth, scenes=scenes)
    return RecognitionQuality(
        concept=concept,
        scored_by=scored_by,
        positives=int(truth.sum()),
        negatives=int((~truth).sum()),
        accuracy=measured(recognition.accuracy),
        auc=measured(recognition.auc),
        average_precision=measured(recognition.average_precision),
        recall_at_5_percent_false_alarms=measured(recognition.recall_at_false_alarms),
        brier=recognition.brier(scores, truth),
        calibration_error=recognition.expected_calibration_error(scores, truth),
        reliability=tuple(recognition.reliability(scores, truth)),
    )


def _sampled_shares(descriptions: Sequence[Description], words: Sequence[str]) -> NDArray[np.float64]:
    return np.array([mention_probability(each.hypotheses, words) for each in descriptions])
