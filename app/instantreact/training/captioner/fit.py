"""Fits captioners: one on given clips, or one for each fold of a cross-validation over scenes."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from instantreact.inference.captioner import Captioner, Description
from instantreact.inference.concepts import Calibration
from instantreact.training.captioner.checkpoint import Encoders, TrainedCaptioner
from instantreact.training.captioner.clips import CaptionedClip, scene_folds, split_by_fold
from instantreact.training.captioner.concepts import Logits, calibrate_concepts, concept_logits, fit_concept_head
from instantreact.training.captioner.config import TrainingConfig
from instantreact.training.captioner.evaluate import describe_clips
from instantreact.training.captioner.export import export_bundle
from instantreact.training.captioner.phrasing import fit_phrasing
from instantreact.training.captioner.prepare import Prepared
from instantreact.training.captioner.recipe import build_model, build_vocabulary, make_examples, make_trainer
from instantreact.training.captioner.train import EpochReport, train_model


@dataclass(frozen=True, eq=False)
class FoldPredictions:
    """Clips that cross-validation held out: the fold of each, and its logits (N, C) by the model that never saw it."""

    clips: tuple[CaptionedClip, ...]
    folds: NDArray[np.int64]
    logits: Logits
    captioners: tuple[TrainedCaptioner, ...]


def fit_captioner(
    config: TrainingConfig,
    encoders: Encoders,
    prepared: Prepared,
    train: Sequence[CaptionedClip],
    *,
    after_epoch: Callable[[EpochReport], None] = lambda report: None,
) -> TrainedCaptioner:
    """Train a captioner on prepared clips from scratch, for all the epochs of its schedule; not yet calibrated."""
    vocabulary = build_vocabulary(config, train)
    examples = make_examples(config, train, prepared, vocabulary)
    trainer = make_trainer(config, vocabulary, examples)
    model = train_model(trainer, examples, [], after_epoch=after_epoch).cpu()
    fit_concept_head(model, examples, ridge=config.training.concept_ridge)
    return TrainedCaptioner(config, vocabulary, model, encoders, {})


def fit_folds(
    config: TrainingConfig,
    encoders: Encoders,
    prepared: Prepared,
    clips: Sequence[CaptionedClip],
    *,
    folds: int = 5,
    after_fold: Callable[[int], None] = lambda fold: None,
) -> FoldPredictions:
    """Train one captioner for each fold, on the clips of all others. Unreadable clips are left out.

    Raises InvalidInput when there are fewer scenes than folds.
    """
    readable = prepared.readable(clips)
    fold_of = scene_folds(readable, folds, seed=config.training.seed)
    logits = np.zeros((len(readable), len(config.concepts.words)))
    captioners = []
    for fold in range(folds):
        train, held_out = split_by_fold(readable, fold_of, fold)
        captioners.append(fit_captioner(config, encoders, prepared, train))
        unseen = make_examples(config, held_out, prepared, captioners[-1].vocabulary)
        logits[fold_of == fold] = concept_logits(captioners[-1].model, unseen)
        after_fold(fold)
    return FoldPredictions(tuple(readable), fold_of, logits, tuple(captioners))


def predict_concepts(
    config: TrainingConfig, prepared: Prepared, clips: Sequence[CaptionedClip], *, folds: int = 5
) -> tuple[list[CaptionedClip], Logits]:
    """The readable clips, and the logits (N, C) of concept heads that never saw their scenes.

    The same as `fit_folds` predicts, without the decoders, which the head does not depend on.
    Raises InvalidInput when there are fewer scenes than folds.
    """
    readable = prepared.readable(clips)
    fold_of = scene_folds(readable, folds, seed=config.training.seed)
    vocabulary = build_vocabulary(config, readable)
    examples = make_examples(config, readable, prepared, vocabulary)
    logits = np.zeros((len(readable), len(config.concepts.words)))
    for fold in range(folds):
        train, held_out = split_by_fold(examples, fold_of, fold)
        model = build_model(config, vocabulary, train)
        fit_concept_head(model, train, ridge=config.training.concept_ridge)
        logits[fold_of == fold] = concept_logits(model, held_out)
    return readable, logits


def describe_folds(predictions: FoldPredictions, prepared: Prepared) -> list[Description]:
    """Each clip's description by the captioner that never saw its scene, calibrated on the other folds' predictions.

    So is its phrasing, where the recipe has one: on the descriptions of the other folds, and on their captions.
    """
    captioners = [
        replace(trained, calibration=_calibrate_without(predictions, fold, trained.config))
        for fold, trained in enumerate(predictions.captioners)
    ]
    plain = describe_held_out(predictions, prepared, captioners)
    options = captioners[0].config.phrasing
    if options is None:
        return plain
    phrased = []
    for fold, trained in enumerate(captioners):
        train, _ = split_by_fold(predictions.clips, predictions.folds, fold)
        said, _ = split_by_fold(plain, predictions.folds, fold)
        phrased.append(
            replace(trained, phrasing=fit_phrasing(options, trained.config.concepts.words, train, train, said))
        )
    return describe_held_out(predictions, prepared, phrased)


def _calibrate_without(predictions: FoldPredictions, fold: int, config: TrainingConfig) -> Mapping[str, Calibration]:
    clips, _ = split_by_fold(predictions.clips, predictions.folds, fold)
    return calibrate_concepts(config.concepts.words, predictions.logits[predictions.folds != fold], clips)


def describe_held_out(
    predictions: FoldPredictions, prepared: Prepared, captioners: Sequence[TrainedCaptioner]
) -> list[Description]:
    """Each clip's description by the captioner of its fold, as the captioners are."""
    descriptions: dict[str, Description] = {}
    for fold, trained in enumerate(captioners):
        _, held_out = split_by_fold(predictions.clips, predictions.folds, fold)
        described = describe_with(trained, prepared, held_out)
        descriptions |= {clip.name: each for clip, each in zip(held_out, described, strict=True)}
    return [descriptions[clip.name] for clip in predictions.clips]


def describe_with(trained: TrainedCaptioner, prepared: Prepared, clips: Sequence[CaptionedClip]) -> list[Description]:
    """Describe prepared clips as the service would: through the exported bundle."""
    with tempfile.TemporaryDirectory() as folder:
        captioner = Captioner(export_bundle(trained, Path(folder)))
        return describe_clips(captioner, {clip.name: prepared.views[clip.name][0] for clip in clips}, clips)
