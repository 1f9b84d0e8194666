"""A detector's training run: a folder in which it leaves its curve and weights, and goes on when it was interrupted."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from instantreact.errors import InvalidInput
from instantreact.training.captioner.train import find_device
from instantreact.training.detector.bases import load_base
from instantreact.training.detector.batches import TrainingSet, steps_of
from instantreact.training.detector.checkpoint import TrainedDetector, build_detector, save_detector
from instantreact.training.detector.config import DetectorConfig
from instantreact.training.detector.evaluate import find_with_model, mean_average_precision
from instantreact.training.detector.model import DetectorModel
from instantreact.training.detector.pictures import MarkedPicture
from instantreact.training.detector.trainer import DetectorTrainer, TrainingReport
from instantreact.training.runs import BEST, claim_run, find_state, save_state, write_log


def train_detector(
    config: DetectorConfig,
    weights: Path | None,
    train: Sequence[MarkedPicture],
    val: Sequence[MarkedPicture],
    output: Path,
    *,
    start: TrainedDetector | None = None,
    workers: int = 0,
    after_step: Callable[[int], None] = lambda step: None,
    after_report: Callable[[TrainingReport], None] = lambda report: None,
) -> TrainedDetector:
    """Learn from `train`, choose by `val` where there is one, and leave `best.pt` and `log.csv` in `output`.

    A run that was interrupted goes on from its last state and ends with exactly the weights that it would have had.
    weights  of the base; None takes the published ones where they can be fetched
    start    a detector of the same recipe's network and labels to train on from, in place of `weights`
    Raises Conflict when `output` holds a run of another configuration, InvalidInput without pictures, for weights that
    do not fit, or when the loss is no number any more.
    """
    if not train:
        raise InvalidInput("There is not one picture to train on.")
    if not any(len(picture.boxes) for picture in train):
        raise InvalidInput(f"None of the {len(train)} pictures has a box of {', '.join(config.labels)}.")
    claim_run(output, config)
    trainer = _make_trainer(config, weights, start, output)
    training = TrainingSet(config, train, trainer.model.priors.cpu().numpy())
    every = config.training.val_every
    learnt: list[tuple[float, float, float]] = []
    for batch in steps_of(training, trainer.step, config.training.steps, workers=workers):
        try:
            learnt.append(trainer.learn(batch))
        except FloatingPointError as error:
            raise InvalidInput(f"Training broke off: {error}. Lower training.learning_rate.") from error
        after_step(trainer.step)
        if trainer.step % every == 0 or trainer.finished:
            report, learnt = _look(trainer, learnt, val), []
            write_log(output, report)
            save_state(trainer.state(), output)
            after_report(report)
    return _finish(config, trainer, output)


def _make_trainer(
    config: DetectorConfig, weights: Path | None, start: TrainedDetector | None, output: Path
) -> DetectorTrainer:
    model, device = build_detector(config), find_device()
    state = find_state(output, device)
    if start is not None and state is None:
        _take_weights(model, start, config)
    elif state is None:
        load_base(model.base, weights)
    trainer = DetectorTrainer(model, config.training, device=device)
    if state is not None:
        trainer.load_state(state)
    return trainer


def _look(
    trainer: DetectorTrainer, learnt: Sequence[tuple[float, float, float]], val: Sequence[MarkedPicture]
) -> TrainingReport:
    """How it stands: what was learnt since the last look, and what the weights reach on val, remembered if best."""
    reached = math.nan
    if val:
        reached = mean_average_precision(find_with_model(trainer.model, val), val, trainer.model.labels)
    trainer.remember(reached)
    boxes, labels, norm = (float(each) for each in np.mean(learnt, axis=0))
    return TrainingReport(trainer.step, boxes, labels, norm, trainer.learning_rate, reached)


def _finish(config: DetectorConfig, trainer: DetectorTrainer, output: Path) -> TrainedDetector:
    model = trainer.model.cpu()
    model.load_state_dict(trainer.best_weights)
    trained = TrainedDetector(config, model.eval(), trainer.best_step)
    save_detector(trained, output / BEST)
    return trained


def _take_weights(model: DetectorModel, start: TrainedDetector, config: DetectorConfig) -> None:
    if start.config.network != config.network or tuple(start.config.labels) != tuple(config.labels):
        raise InvalidInput(
            "The checkpoint to start from has another [network] or other labels: start from a run that has the same."
        )
    model.load_state_dict(start.model.state_dict())
