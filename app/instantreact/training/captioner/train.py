"""Trains the sequence model on prepared features; interrupted, it goes on exactly where it stopped."""

import copy
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from instantreact.inference.vocabulary import PAD
from instantreact.training.captioner.config import Schedule
from instantreact.training.captioner.examples import (
    Batch,
    Example,
    draw_groups,
    draw_window,
    pad_windows,
    plain_batches,
    training_batches,
)
from instantreact.training.captioner.model import CaptionModel
from instantreact.training.captioner.reward import Rewarder, measure_reward_loss


@dataclass(frozen=True)
class Losses:
    """Mean cross-entropy of a word and of a concept, in nats; scalars."""

    caption: Tensor
    concept: Tensor


@dataclass(frozen=True)
class EpochReport:
    """What an epoch came to: losses in nats, and the mean CIDEr-D, 0..10, of sampled sentences.

    Validation is of the averaged weights. NaN without validation examples, and where the epoch trained for the other.
    """

    epoch: int
    train_caption: float = math.nan
    train_concept: float = math.nan
    val_caption: float = math.nan
    val_concept: float = math.nan
    train_reward: float = math.nan
    val_reward: float = math.nan

    @property
    def is_for_reward(self) -> bool:
        """Whether the epoch trained for reward."""
        return not math.isnan(self.train_reward)


class Trainer:
    """A model under training. Epoch k draws its randomness from (seed, k) alone, so that it can be resumed exactly.

    It learns the words of the captions first, and then, with a `rewarder`, from the best weights on for reward.
    """

    def __init__(
        self, model: CaptionModel, schedule: Schedule, *, device: torch.device, rewarder: Rewarder | None = None
    ) -> None:
        self.model = model.to(device)
        self.averaged = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.schedule = schedule
        self.device = device
        self.rewarder = rewarder
        self.epoch = 0
        self.rewarded_epochs = 0
        self.best_val = math.inf
        self.best_epoch = 0
        self.best_weights = copy.deepcopy(self.averaged.state_dict())
        self._optimizer = self._make_optimizer()

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the patience is used up, in both parts of the training."""
        if self.rewarder is None or not self._knows_words:
            return self._knows_words
        all_done = self.rewarded_epochs >= self.rewarder.options.epochs
        return all_done or (self.rewarded_epochs > 0 and self._is_out_of_patience)

    def run_epoch(self, train: Sequence[Example], val: Sequence[Example]) -> EpochReport:
        """Learn from `train` once, then measure on `val`, which may be empty."""
        rewarder = self.rewarder if self._knows_words else None
        self.epoch += 1
        seed = (self.schedule.seed, self.epoch)
        torch.manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
        random = np.random.default_rng(seed)
        return self._learn_words(train, val, random) if rewarder is None else self._earn(rewarder, train, val, random)

    def _learn_words(
        self, train: Sequence[Example], val: Sequence[Example], random: np.random.Generator
    ) -> EpochReport:
        self._set_learning_rate(self.schedule.learning_rate * _half_cosine((self.epoch - 1) / self.schedule.epochs))
        self.model.train()
        learnt = [self._learn(batch.to(self.device)) for batch in training_batches(train, self.schedule, random)]
        report = EpochReport(self.epoch, *_mean(learnt), *_mean(self._validate(val)))
        self._remember_best(report.val_caption + self.schedule.concept_weight * report.val_concept)
        return report

    def _earn(
        self, rewarder: Rewarder, train: Sequence[Example], val: Sequence[Example], random: np.random.Generator
    ) -> EpochReport:
        """An epoch for reward; the first one starts from the best weights there are."""
        if self.rewarded_epochs == 0:
            self.model.load_state_dict(self.best_weights)
            self.averaged.load_state_dict(self.best_weights)
            self._optimizer = self._make_optimizer()
            self.best_val = math.inf
        self.rewarded_epochs += 1
        self._set_learning_rate(rewarder.options.learning_rate)
        groups = draw_groups(train, random, size=self.schedule.windows_per_batch)
        earned = [self._reinforce(rewarder, group, random) for group in groups]
        expected = [self._expect(rewarder, [example]) for example in val]
        report = EpochReport(
            self.epoch,
            train_reward=float(np.mean(earned)),
            val_reward=float(np.mean(expected)) if expected else math.nan,
        )
        self._remember_best(-report.val_reward)
        return report

    def state(self) -> dict[str, Any]:
        """Everything needed to go on; for `torch.save`."""
        return {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "best_weights": self.best_weights,
            "progress": [self.epoch, self.best_val, self.best_epoch, self.rewarded_epochs],
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.best_weights = state["best_weights"]
        self.epoch, self.best_val, self.best_epoch, self.rewarded_epochs = state["progress"]

    @property
    def _knows_words(self) -> bool:
        """Whether the part of the training that learns words is over."""
        return self.rewarded_epochs > 0 or self.epoch >= self.schedule.epochs or self._is_out_of_patience

    @property
    def _is_out_of_patience(self) -> bool:
        patience = self.schedule.patience
        return patience is not None and self.epoch - self.best_epoch >= patience

    def _make_optimizer(self) -> torch.optim.AdamW:
        schedule = self.schedule
        return torch.optim.AdamW(self.model.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)

    def _set_learning_rate(self, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def _learn(self, batch: Batch) -> tuple[float, float]:
        mixed = self.device.type == "cuda" or self.schedule.bfloat16_on_cpu
        with _mixed_precision(self.device, enabled=mixed):
            losses = measure_losses(self.model, batch, label_smoothing=self.schedule.label_smoothing)
        self._follow(losses.caption + self.schedule.concept_weight * losses.concept)
        return losses.caption.item(), losses.concept.item()

    def _reinforce(self, rewarder: Rewarder, examples: Sequence[Example], random: np.random.Generator) -> float:
        """Learn from sentences sampled for a stretch of each example; gives their mean reward."""
        windows = pad_windows([draw_window(example, random) for example in examples]).to(self.device)
        self.model.eval()
        sampled = rewarder.sample(self.model, examples, windows)
        self.model.train()
        with _mixed_precision(self.device, enabled=self.device.type == "cuda"):
            loss = measure_reward_loss(self.model, windows, sampled, each=rewarder.options.sentences_per_window)
        self._follow(loss)
        return float(sampled.rewards.mean())

    def _expect(self, rewarder: Rewarder, examples: Sequence[Example]) -> float:
        """The mean reward of sentences that the averaged weights sample for whole, plain clips."""
        windows = pad_windows([example.views[0] for example in examples]).to(self.device)
        return float(rewarder.sample(self.averaged, examples, windows).rewards.mean())

    def _follow(self, loss: Tensor) -> None:
        """One step against the gradient of `loss`."""
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.schedule.clip_norm)
        self._optimizer.step()
        self._average()

    @torch.no_grad()
    def _average(self) -> None:
        for kept, current in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
            kept.lerp_(current, 1 - self.schedule.averaging)

    @torch.no_grad()
    def _validate(self, val: Sequence[Example]) -> list[tuple[float, float]]:
        batches = plain_batches(val, size=self.schedule.windows_per_batch)
        measured = [measure_losses(self.averaged, batch.to(self.device), label_smoothing=0) for batch in batches]
        return [(losses.caption.item(), losses.concept.item()) for losses in measured]

    def _remember_best(self, loss: float) -> None:
        """Keep the averaged weights where the validation loss was least; without validation, the last ones."""
        if math.isnan(loss) or loss < self.best_val:
            self.best_val = self.best_val if math.isnan(loss) else loss
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


def _half_cosine(done: float) -> float:
    """From one towards zero as `done` goes from 0 to 1 (Loshchilov & Hutter 2017, arXiv:1608.03983)."""
    return (1 + math.cos(math.pi * done)) / 2


def _mean(losses: Sequence[tuple[float, float]]) -> tuple[float, float]:
    if not losses:
        return math.nan, math.nan
    return float(np.mean([caption for caption, _ in losses])), float(np.mean([concept for _, concept in losses]))


@contextmanager
def _mixed_precision(device: torch.device, *, enabled: bool) -> Iterator[None]:
    """bfloat16 where it is precise enough; by PyTorch's own LSTM where oneDNN has none for the processor."""
    is_lacking = enabled and device.type == "cpu" and not torch.ops.mkldnn._is_mkldnn_bf16_supported()
    with ExitStack() as stack:
        if is_lacking:
            stack.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", "TF32 acceleration")  # from the flags that are not changed
            stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
        stack.enter_context(torch.autocast(device.type, torch.bfloat16, enabled=enabled))
        yield
