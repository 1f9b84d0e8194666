"""A training run in a folder: what it has done so far is there, so an interrupted run goes on where it stopped."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from instantreact.errors import InvalidInput
from instantreact.inference.vocabulary import Vocabulary
from instantreact.training.captioner.checkpoint import Encoders, TrainedCaptioner, save_checkpoint
from instantreact.training.captioner.clips import CaptionedClip, Split, of_split
from instantreact.training.captioner.concepts import calibrate_concepts, concept_logits, fit_concept_head
from instantreact.training.captioner.config import PhrasingOptions, TrainingConfig
from instantreact.training.captioner.fit import (
    FoldPredictions,
    describe_held_out,
    describe_with,
    fit_folds,
    predict_concepts,
)
from instantreact.training.captioner.kept import name_cache
from instantreact.training.captioner.model import CaptionModel
from instantreact.training.captioner.phrasing import fit_phrasing
from instantreact.training.captioner.prepare import Prepared, prepare_clips
from instantreact.training.captioner.recipe import (
    BackboneWeights,
    build_model,
    build_vocabulary,
    make_examples,
    make_trainer,
    open_extractor,
    preprocessing_of,
    write_encoders,
)
from instantreact.training.captioner.train import EpochReport, train_model
from instantreact.training.runs import BEST, claim_run, find_state, save_state, write_log


def prepare_data(
    config: TrainingConfig,
    weights: BackboneWeights,
    clips: Sequence[CaptionedClip],
    cache: Path,
    *,
    workers: int = 1,
    after_clip: Callable[[str], None] = lambda name: None,
) -> tuple[Encoders, Prepared]:
    """The encoders of a configuration and the features of all clips, kept below `cache`, which runs may share.

    Raises InvalidInput for an unknown backbone, for weights that do not fit, and when no clip can be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        graphs = write_encoders(config, weights, Path(folder))
        encoders = {name: (graph, (Path(folder) / graph.file).read_bytes()) for name, graph in graphs.items()}
        extractor = open_extractor(config, Path(folder))
    kept = cache / name_cache(config.sampling, preprocessing_of(config), graphs)
    prepared = prepare_clips(clips, extractor, config.views, kept, workers=workers, after_clip=after_clip)
    prepared.readable(clips)
    return encoders, prepared


def train_captioner(
    config: TrainingConfig,
    encoders: Encoders,
    prepared: Prepared,
    clips: Sequence[CaptionedClip],
    output: Path,
    *,
    start: TrainedCaptioner | None = None,
    after_epoch: Callable[[EpochReport], None] = lambda report: None,
) -> TrainedCaptioner:
    """Train on the split train, watch the split val where there is one, and leave `best.pt` and `log.csv` in `output`.

    Concepts are calibrated on val, which the weights have not seen; without val they are not calibrated, and the
    sampled captions decide. A run that was interrupted goes on exactly as if it had not been.

    start  the captioner whose weights training begins with; random ones by default
    Raises Conflict when `output` holds a run of another configuration, InvalidInput without training clips, when not
    one clip of train or of val can be read, or when `start` has another vocabulary or other sizes.
    """
    claim_run(output, config)
    train = prepared.readable(of_split(clips, Split.TRAIN))
    val = prepared.readable([clip for clip in clips if clip.split is Split.VAL])
    vocabulary = build_vocabulary(config, train)
    examples, watched = (make_examples(config, part, prepared, vocabulary) for part in (train, val))
    model = build_model(config, vocabulary, examples)
    if start is not None:
        _take_weights(model, vocabulary, start)
    trainer = make_trainer(config, vocabulary, examples, model)
    state = find_state(output, trainer.device)
    if state is not None:
        trainer.load_state(state)

    def keep(report: EpochReport) -> None:
        save_state(trainer.state(), output)
        write_log(output, report)
        after_epoch(report)

    model = train_model(trainer, examples, watched, after_epoch=keep).cpu()
    fit_concept_head(model, examples, ridge=config.training.concept_ridge)
    trained = calibrate_on(TrainedCaptioner(config, vocabulary, model, encoders, {}), prepared, val, train)
    save_checkpoint(trained, output / BEST)
    return trained


def train_final(
    config: TrainingConfig,
    encoders: Encoders,
    prepared: Prepared,
    clips: Sequence[CaptionedClip],
    output: Path,
    *,
    folds: int = 5,
    after_epoch: Callable[[EpochReport], None] = lambda report: None,
    after_fold: Callable[[int], None] = lambda fold: None,
) -> TrainedCaptioner:
    """Train on the splits train and val together, for a recipe whose choices are made; the split test stays unseen.

    Concepts are calibrated on what cross-validation over the scenes of these clips predicts. With a phrasing in the
    recipe whole captioners are trained for it, one a fold, which takes that much longer.
    """
    known = [replace(clip, split=Split.TRAIN) for clip in clips if clip.split is not Split.TEST]
    trained = train_captioner(config, encoders, prepared, known, output, after_epoch=after_epoch)
    if config.phrasing is None:
        unseen, logits = predict_concepts(config, prepared, known, folds=folds)
        trained = replace(trained, calibration=calibrate_concepts(config.concepts.words, logits, unseen))
    else:
        predictions = fit_folds(config, encoders, prepared, known, folds=folds, after_fold=after_fold)
        trained = learn_phrasing(trained, config.phrasing, predictions, prepared)
    save_checkpoint(trained, output / BEST)
    return trained


def learn_phrasing(
    trained: TrainedCaptioner, options: PhrasingOptions, predictions: FoldPredictions, prepared: Prepared
) -> TrainedCaptioner:
    """Calibrate a captioner, and fit its phrasing, on what the captioners of the folds say of clips they never saw."""
    config, clips = trained.config, predictions.clips
    calibration = calibrate_concepts(config.concepts.words, predictions.logits, clips)
    said = describe_held_out(predictions, prepared, predictions.captioners)
    return replace(
        trained, calibration=calibration, phrasing=fit_phrasing(options, config.concepts.words, clips, clips, said)
    )


def calibrate_on(
    trained: TrainedCaptioner, prepared: Prepared, clips: Sequence[CaptionedClip], train: Sequence[CaptionedClip] = ()
) -> TrainedCaptioner:
    """Calibrate the concepts that some of these clips, unseen in training, mention and some do not.

    The phrasing, where the recipe has one, is fitted on them as well, and on the captions of `train`.
    """
    if not clips:
        return trained
    examples = make_examples(trained.config, clips, prepared, trained.vocabulary)
    logits = concept_logits(trained.model, examples)
    trained = replace(trained, calibration=calibrate_concepts(trained.config.concepts.words, logits, clips))
    options = trained.config.phrasing
    if options is None or not train:
        return trained
    return replace(
        trained,
        phrasing=fit_phrasing(
            options, trained.config.concepts.words, train, clips, describe_with(trained, prepared, clips)
        ),
    )


def _take_weights(model: CaptionModel, vocabulary: Vocabulary, start: TrainedCaptioner) -> None:
    known = start.model.state_dict()
    sizes = {name: weights.shape for name, weights in model.state_dict().items()}
    if vocabulary.words != start.vocabulary.words or sizes != {name: weights.shape for name, weights in known.items()}:
        raise InvalidInput(
            "The checkpoint to start from has another vocabulary or other sizes: start from a run on the same data "
            "whose configuration has the same [backbones] and [model]."
        )
    model.load_state_dict(known)
