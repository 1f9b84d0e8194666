"""Examples to learn from, and how they are put into batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from instantreact.inference.vocabulary import PAD, START
from instantreact.training.captioner.config import Schedule

Shares = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Example:
    """One clip with its sentences.

    views      features (T, D) float16 of the clip as it is, then of its changed copies
    sentences  word numbers of each caption, `END` last
    concepts   (C,) for each concept, the share of the captions that mention it
    """

    name: str
    scene: str
    views: tuple[NDArray[np.float16], ...]
    sentences: tuple[tuple[int, ...], ...]
    concepts: Shares


@dataclass(frozen=True)
class Batch:
    """Windows and their sentences, padded.

    features (N, T, D), lengths (N,), words and targets (S, L), owners (S,), concepts (N, C)
    """

    features: Tensor
    lengths: Tensor
    words: Tensor
    targets: Tensor
    owners: Tensor
    concepts: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device; `lengths` stays, packing needs it on the processor."""
        moved = (self.words, self.targets, self.owners, self.concepts)
        return Batch(self.features.to(device), self.lengths, *(tensor.to(device) for tensor in moved))


@dataclass(frozen=True)
class Windows:
    """Windows alone, padded: features (N, T, D), lengths (N,)."""

    features: Tensor
    lengths: Tensor

    def to(self, device: torch.device) -> "Windows":
        """The same on a device; `lengths` stays, packing needs it on the processor."""
        return Windows(self.features.to(device), self.lengths)


def pad_windows(windows: Sequence[NDArray[np.float16]]) -> Windows:
    """Put windows (T, D) side by side."""
    features = torch.nn.utils.rnn.pad_sequence([_to_tensor(window) for window in windows], batch_first=True)
    return Windows(features, torch.tensor([len(window) for window in windows]))


def collate(
    windows: Sequence[NDArray[np.float16]], chosen: Sequence[Sequence[Sequence[int]]], concepts: Sequence[Shares]
) -> Batch:
    """Put windows (T, D), the sentences chosen for each, and its concepts (C,) into one batch."""
    padded = pad_windows(windows)
    sentences = [sentence for of_window in chosen for sentence in of_window]
    targets = _pad(sentences)
    words = torch.cat([torch.full((len(targets), 1), START), targets[:, :-1]], dim=1)
    owners = [owner for owner, of_window in enumerate(chosen) for _ in of_window]
    return Batch(
        features=padded.features,
        lengths=padded.lengths,
        words=words,
        targets=targets,
        owners=torch.tensor(owners),
        concepts=torch.from_numpy(np.stack(concepts)),
    )


def training_batches(examples: Sequence[Example], schedule: Schedule, random: np.random.Generator) -> Iterator[Batch]:
    """One epoch: every example once, in random order, a stretch of a random view with some of its sentences."""
    for chosen in draw_groups(examples, random, size=schedule.windows_per_batch):
        windows = [draw_window(example, random) for example in chosen]
        sentences = [draw_sentences(example, schedule.sentences_per_window, random) for example in chosen]
        yield collate(windows, sentences, [example.concepts for example in chosen])


def draw_groups(examples: Sequence[Example], random: np.random.Generator, *, size: int) -> Iterator[list[Example]]:
    """Every example once, in random order, at most `size` together."""
    order = random.permutation(len(examples))
    for at in range(0, len(order), size):
        yield [examples[index] for index in order[at : at + size]]


def plain_batches(examples: Sequence[Example], *, size: int) -> Iterator[Batch]:
    """Every example once, in order, unchanged and whole, with all its sentences."""
    for at in range(0, len(examples), size):
        chosen = examples[at : at + size]
        windows, sentences = [example.views[0] for example in chosen], [example.sentences for example in chosen]
        yield collate(windows, sentences, [example.concepts for example in chosen])


def draw_sentences(example: Example, count: int, random: np.random.Generator) -> list[tuple[int, ...]]:
    """At most `count` different sentences of an example."""
    drawn = random.permutation(len(example.sentences))[:count]
    return [example.sentences[index] for index in drawn]


def draw_window(example: Example, random: np.random.Generator) -> NDArray[np.float16]:
    """A random view of an example, cut to at least half its frames in a row."""
    view = example.views[random.integers(len(example.views))]
    length = int(random.integers((len(view) + 1) // 2, len(view) + 1))
    start = int(random.integers(0, len(view) - length + 1))
    return view[start : start + length]


def _to_tensor(window: NDArray[np.float16]) -> Tensor:
    return torch.from_numpy(window.astype(np.float32))


def _pad(sentences: Sequence[Sequence[int]]) -> Tensor:
    """Sentences (S, L), `PAD` behind the shorter ones."""
    tensors = [torch.tensor(sentence) for sentence in sentences]
    return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=PAD)
