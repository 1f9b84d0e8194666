"""What a step of training learns from, prepared by step number alone: so that a run can go on, and workers can help."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from instantreact.inference.detector.preprocess import normalise
from instantreact.training.detector.augment import AugmentedPicture, augment
from instantreact.training.detector.bases import input_of
from instantreact.training.detector.config import DetectorConfig
from instantreact.training.detector.matching import PriorTargets, match_priors
from instantreact.training.detector.pictures import MarkedPicture, read_picture
from instantreact.training.detector.priors import Priors


@dataclass(frozen=True)
class PictureBatch:
    """Pictures (N, 3, S, S); what each prior should say: labels (N, P), 0 for background, and offsets (N, P, 4)."""

    pictures: Tensor
    labels: Tensor
    offsets: Tensor

    def to(self, device: torch.device) -> "PictureBatch":
        """The same on a device."""
        return PictureBatch(self.pictures.to(device), self.labels.to(device), self.offsets.to(device))


class TrainingSet(Dataset[PictureBatch]):
    """The batch of every step. Step k draws its pictures from (seed, epoch) and what is done to them from (seed, k)."""

    def __init__(self, config: DetectorConfig, pictures: Sequence[MarkedPicture], priors: Priors) -> None:
        self._config = config
        self._pictures = pictures
        self._priors = priors
        self._input = input_of(config.network)

    def __getitem__(self, step: int) -> PictureBatch:
        """The batch of one step, from 0."""
        prepared = [self._prepare(self._pictures[index], step, at) for at, index in enumerate(self.draw(step))]
        return PictureBatch(
            torch.from_numpy(np.stack([pixels for pixels, _ in prepared])),
            torch.from_numpy(np.stack([targets.labels for _, targets in prepared])),
            torch.from_numpy(np.stack([targets.offsets for _, targets in prepared])),
        )

    def draw(self, step: int) -> list[int]:
        """Which pictures a step learns: each once an epoch, in an order of the epoch; a batch may lie in two epochs."""
        size, count, seed = self._config.training.batch, len(self._pictures), self._config.training.seed
        places = range(step * size, (step + 1) * size)
        orders = {epoch: _order(seed, epoch, count) for epoch in {place // count for place in places}}
        return [int(orders[place // count][place % count]) for place in places]

    def _prepare(self, picture: MarkedPicture, step: int, at: int) -> tuple[np.ndarray, PriorTargets]:
        schedule = self._config.training
        random = np.random.default_rng((schedule.seed, 1, step, at))
        learnt = learnable(picture, difficult=schedule.learn_difficult)
        changed = augment(learnt, self._config.augmentation, random, size=self._input.height, fill=self._input.mean)
        targets = match_priors(changed.boxes, changed.labels, self._priors, overlap=schedule.overlap)
        return normalise(changed.pixels, self._input), targets


def learnable(picture: MarkedPicture, *, difficult: bool) -> AugmentedPicture:
    """A picture's pixels and the objects in it that are learnt. Raises UnreadableMedia."""
    kept = ~picture.crowd & (~picture.difficult | difficult)
    return AugmentedPicture(read_picture(picture.path), picture.boxes[kept], picture.labels[kept])


def steps_of(training: TrainingSet, first: int, last: int, *, workers: int = 0) -> Iterable[PictureBatch]:
    """The batches of the steps from `first` to before `last`; workers prepare them beforehand."""
    return DataLoader(training, batch_size=None, sampler=range(first, last), num_workers=workers)


def _order(seed: int, epoch: int, count: int) -> np.ndarray:
    return np.random.default_rng((seed, 0, epoch)).permutation(count)
