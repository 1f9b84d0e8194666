"""Trains the sequence model on prepared features; interrupted, it goes on exactly where it stopped."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from instantreact.inference.vocabulary import PAD
from instantreact.training.captioner.config import Schedule
from instantreact.training.captioner.examples import Batch, Example, plain_batches, training_batches
from instantreact.training.captioner.model import CaptionModel


@dataclass(frozen=True)
class Losses:
    """Mean cross-entropy of a word and of a concept, in nats; scalars."""

    caption: Tensor
    concept: Tensor


@dataclass(frozen=True)
class EpochReport:
    """What an epoch came to, in nats; validation is of the averaged weights, NaN without validation examples."""

    epoch: int
    train_caption: float
    train_concept: float
    val_caption: float
    val_concept: float


class Trainer:
    """A model under training. Epoch k draws its randomness from (seed, k) alone, so that it can be resumed exactly."""

    def __init__(self, model: CaptionModel, schedule: Schedule, *, device: torch.device) -> None:
        self.model = model.to(device)
        self.averaged = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.schedule = schedule
        self.device = device
        self.epoch = 0
        self.best_val = math.inf
        self.best_epoch = 0
        self.best_weights = copy.deepcopy(self.averaged.state_dict())
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay
        )

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the patience is used up."""
        patience = self.schedule.patience
        out_of_patience = patience is not None and self.epoch - self.best_epoch >= patience
        return self.epoch >= self.schedule.epochs or out_of_patience

    def run_epoch(self, train: Sequence[Example], val: Sequence[Example]) -> EpochReport:
        """Learn from `train` once, then measure on `val`, which may be empty."""
        self.epoch += 1
        seed = (self.schedule.seed, self.epoch)
        torch.manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
        batches = training_batches(train, self.schedule, np.random.default_rng(seed))
        self._set_learning_rate()
        self.model.train()
        learnt = [self._learn(batch.to(self.device)) for batch in batches]
        report = EpochReport(self.epoch, *_mean(learnt), *_mean(self._validate(val)))
        self._remember_best(report)
        return report

    def state(self) -> dict[str, Any]:
        """Everything needed to go on; for `torch.save`."""
        return {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "best_weights": self.best_weights,
            "progress": [self.epoch, self.best_val, self.best_epoch],
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.best_weights = state["best_weights"]
        self.epoch, self.best_val, self.best_epoch = state["progress"]

    def _set_learning_rate(self) -> None:
        """Half a cosine from the configured rate towards zero (Loshchilov & Hutter 2017, arXiv:1608.03983)."""
        done = (self.epoch - 1) / self.schedule.epochs
        for group in self._optimizer.param_groups:
            group["lr"] = self.schedule.learning_rate * (1 + math.cos(math.pi * done)) / 2

    def _learn(self, batch: Batch) -> tuple[float, float]:
        mixed = self.device.type == "cuda" or self.schedule.bfloat16_on_cpu
        with torch.autocast(self.device.type, torch.bfloat16, enabled=mixed):
            losses = measure_losses(self.model, batch, label_smoothing=self.schedule.label_smoothing)
        self._optimizer.zero_grad()
        torch.autograd.backward(losses.caption + self.schedule.concept_weight * losses.concept)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.schedule.clip_norm)
        self._optimizer.step()
        self._average()
        return losses.caption.item(), losses.concept.item()

    @torch.no_grad()
    def _average(self) -> None:
        for kept, current in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
            kept.lerp_(current, 1 - self.schedule.averaging)

    @torch.no_grad()
    def _validate(self, val: Sequence[Example]) -> list[tuple[float, float]]:
        batches = plain_batches(val, size=self.schedule.windows_per_batch)
        measured = [measure_losses(self.averaged, batch.to(self.device), label_smoothing=0) for batch in batches]
        return [(losses.caption.item(), losses.concept.item()) for losses in measured]

    def _remember_best(self, report: EpochReport) -> None:
        """Keep the averaged weights where validation was best; without validation, the last ones."""
        total = report.val_caption + self.schedule.concept_weight * report.val_concept
        if math.isnan(total) or total < self.best_val:
            self.best_val = self.best_val if math.isnan(total) else total
            self.best_epoch = self.epoch
            self.best_weights = copy.deepcopy(self.averaged.state_dict())


def find_device() -> torch.device:
    """The GPU where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def measure_losses(model: nn.Module, batch: Batch, *, label_smoothing: float) -> Losses:
    """A model's losses on a batch."""
    real = batch.targets != PAD  # (S, L)
    scores, concepts = model(batch.features, batch.lengths, batch.words, batch.owners, real)  # (P, V), (N, C)
    caption = F.nll_loss(scores, batch.targets[real])
    if label_smoothing:
        caption = (1 - label_smoothing) * caption - label_smoothing * scores.mean()
    return Losses(caption, F.binary_cross_entropy_with_logits(concepts, batch.concepts))


def train_model(
    trainer: Trainer,
    train: Sequence[Example],
    val: Sequence[Example],
    *,
    after_epoch: Callable[[EpochReport], None] = lambda report: None,
) -> CaptionModel:
    """Train to the end and return the best model, ready to evaluate."""
    while not trainer.finished:
        after_epoch(trainer.run_epoch(train, val))
    best = copy.deepcopy(trainer.averaged)
    best.load_state_dict(trainer.best_weights)
    return best.eval()


def standardize_features(model: CaptionModel, train: Sequence[Example]) -> None:
    """Set the model's input mean and scale from the training features."""
    frames = np.concatenate([example.views[0] for example in train]).astype(np.float32)  # (frames, cells * D)
    rows = model.encoder.spread(torch.from_numpy(frames)[None])[0].numpy()
    model.encoder.standardize_by(torch.from_numpy(rows.mean(0)), torch.from_numpy(rows.std(0) + 1e-2))


def _mean(losses: Sequence[tuple[float, float]]) -> tuple[float, float]:
    if not losses:
        return math.nan, math.nan
    return float(np.mean([caption for caption, _ in losses])), float(np.mean([concept for _, concept in losses]))
