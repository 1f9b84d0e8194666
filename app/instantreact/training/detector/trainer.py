"""Trains a detector by SGD; interrupted, it goes on exactly where it stopped."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from instantreact.training.detector.bases import freeze
from instantreact.training.detector.batches import PictureBatch
from instantreact.training.detector.config import DetectorSchedule
from instantreact.training.detector.losses import measure_losses
from instantreact.training.detector.model import DetectorModel


@dataclass(frozen=True)
class TrainingReport:
    """What the steps since the last report came to: mean losses, the last rate, and mAP on val, NaN without it."""

    step: int
    boxes_loss: float
    labels_loss: float
    gradient_norm: float
    learning_rate: float
    val_map: float = math.nan


class DetectorTrainer:
    """A detector under training. `step` counts the steps that are done."""

    def __init__(self, model: DetectorModel, schedule: DetectorSchedule, *, device: torch.device) -> None:
        freeze(model.base, schedule.frozen_blocks)
        self.model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.schedule = schedule
        self.device = device
        self.step = 0
        self.best_map = -math.inf
        self.best_step = 0
        self.best_weights = copy.deepcopy(self.model.state_dict())
        self._optimizer = torch.optim.SGD(
            _groups(self.model, schedule), lr=schedule.learning_rate, momentum=schedule.momentum
        )
        self._factors = [float(group["factor"]) for group in self._optimizer.param_groups]

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.schedule.steps

    @property
    def learning_rate(self) -> float:
        """Of the last step."""
        return rate_at(max(0, self.step - 1), self.schedule)

    def learn(self, batch: PictureBatch) -> tuple[float, float, float]:
        """One step: the loss of boxes and of labels, and the gradient's norm before it was clipped.

        Raises FloatingPointError when the loss is no number any more: the rate was too high.
        """
        self._set_rates()
        self.model.train()
        batch = batch.to(self.device)
        schedule = self.schedule
        mixed = self.device.type == "cuda" or schedule.bfloat16_on_cpu
        with torch.autocast(self.device.type, torch.bfloat16, enabled=mixed):
            offsets, logits = self.model(batch.pictures.contiguous(memory_format=torch.channels_last))
        losses = measure_losses(
            offsets, logits, batch, negatives=schedule.negatives, least_negatives=schedule.least_negatives
        )
        if not torch.isfinite(losses.total):
            raise FloatingPointError(f"the loss of step {self.step + 1} is no number")
        self._optimizer.zero_grad()
        torch.autograd.backward(losses.total)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), schedule.clip_norm)
        self._optimizer.step()
        self.step += 1
        return losses.boxes.item(), losses.labels.item(), float(norm)

    def remember(self, val_map: float) -> None:
        """Keep the weights where mAP on val was best; without val, the last ones."""
        if math.isnan(val_map) or val_map > self.best_map:
            self.best_map = self.best_map if math.isnan(val_map) else val_map
            self.best_step = self.step
            self.best_weights = copy.deepcopy(self.model.state_dict())

    def state(self) -> dict[str, Any]:
        """Everything needed to go on; for `torch.save`."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "best_weights": self.best_weights,
            "progress": [self.step, self.best_map, self.best_step],
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.best_weights = state["best_weights"]
        self.step, self.best_map, self.best_step = state["progress"]

    def _set_rates(self) -> None:
        rate = rate_at(self.step, self.schedule)
        for group, factor in zip(self._optimizer.param_groups, self._factors, strict=True):
            group["lr"] = rate * factor


def rate_at(step: int, schedule: DetectorSchedule) -> float:
    """The learning rate of a step, counted from 0: it rises over the warm-up, and falls to a tenth at each decay."""
    rising = min(1.0, (step + 1) / schedule.warm_up) if schedule.warm_up else 1.0
    decays = sum(step >= at for at in schedule.decay_at)
    return schedule.learning_rate * rising * 0.1**decays


def _groups(model: DetectorModel, schedule: DetectorSchedule) -> Iterator[dict[str, Any]]:
    """Weights with decay, biases without it and with a rate of their own; of the base and of the rest."""
    base = {id(parameter) for parameter in model.base.parameters()}
    for in_base, part in ((True, schedule.base_rate), (False, 1.0)):
        for is_bias, factor, decay in ((False, 1.0, schedule.weight_decay), (True, schedule.bias_factor, 0.0)):
            chosen: list[Tensor] = [
                parameter
                for name, parameter in model.named_parameters()
                if parameter.requires_grad and (id(parameter) in base) is in_base and name.endswith(".bias") is is_bias
            ]
            yield {"params": chosen, "weight_decay": decay, "factor": part * factor}
