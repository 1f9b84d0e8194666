"""Clips with their captions, whatever format they were written in."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.concepts import ConceptWords
from instantreact.domain.mention import mentions
from instantreact.errors import InvalidInput

Item = TypeVar("Item")


class Split(StrEnum):
    """What a clip is used for."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True)
class CaptionedClip:
    """One clip, or picture, and what was said about it.

    scene       clips of one camera or one source video share it; no split or fold may cut it
    annotators  who wrote each caption; empty where nobody noted it
    label       what the source says happens, where it says so
    """

    name: str
    path: Path
    scene: str
    split: Split
    captions: tuple[str, ...]
    annotators: tuple[str, ...] = ()
    label: str | None = None
    source: str = ""


def concept_shares(clip: CaptionedClip, concepts: ConceptWords) -> NDArray[np.float32]:
    """For each concept, the share (C,) of the clip's captions that mention it."""
    found = [[mentions(caption, words) is not None for caption in clip.captions] for words in concepts.values()]
    return np.asarray([np.mean(row) for row in found], np.float32)


def of_split(clips: Iterable[CaptionedClip], split: Split) -> list[CaptionedClip]:
    """The clips of one split. Raises InvalidInput when there are none."""
    clips = list(clips)
    chosen = [clip for clip in clips if clip.split is split]
    if not chosen:
        others = Counter(clip.split.value for clip in clips)
        there = ", ".join(f"{count} in {name}" for name, count in sorted(others.items())) or "none at all"
        raise InvalidInput(f"The data has no clips in its split {split.value}; there are {there}.")
    return chosen


def check_scenes(clips: Sequence[CaptionedClip]) -> None:
    """Raise InvalidInput when clips of one scene are in different splits: figures of such data would be too good."""
    splits: dict[str, Split] = {}
    for clip in clips:
        if splits.setdefault(clip.scene, clip.split) is not clip.split:
            raise InvalidInput(
                f"Scene {clip.scene} is in the splits {splits[clip.scene]} and {clip.split} (clip {clip.name}): "
                "put all clips of a scene into one split, or figures will be too good."
            )


def scene_folds(clips: Sequence[CaptionedClip], count: int, *, seed: int = 0) -> NDArray[np.int64]:
    """The fold (N,) of each clip: scenes stay whole, folds get about equally many clips and, of each label, its share.

    Scenes are dealt out from the largest to the smallest, each to the fold where it mends the balance most; equally
    large ones in an order drawn from `seed`. Raises InvalidInput when there are fewer scenes than folds.
    """
    labels = sorted({clip.label or "" for clip in clips})
    sizes = {clip.scene: np.zeros(len(labels)) for clip in clips}
    for clip in clips:
        sizes[clip.scene][labels.index(clip.label or "")] += 1
    if len(sizes) < count:
        raise InvalidInput(f"{count} folds need as many scenes; the data has {len(sizes)}.")
    shuffled = np.random.default_rng(seed).permutation(sorted(sizes))
    loads = np.zeros((count, len(labels)))
    fold_of: dict[str, int] = {}
    for scene in sorted(shuffled, key=lambda scene: -sizes[scene].sum()):
        after = [np.square(loads[fold] + sizes[scene]).sum() - np.square(loads[fold]).sum() for fold in range(count)]
        fold_of[scene] = int(np.argmin(after))
        loads[fold_of[scene]] += sizes[scene]
    return np.array([fold_of[clip.scene] for clip in clips])


def split_by_fold(items: Sequence[Item], folds: NDArray[np.int64], fold: int) -> tuple[list[Item], list[Item]]:
    """Of one item for each clip, those of all other folds, and those of this one."""
    pairs = list(zip(items, folds, strict=True))
    return [item for item, own in pairs if own != fold], [item for item, own in pairs if own == fold]


def count_labels(clips: Iterable[CaptionedClip]) -> Counter[str]:
    """How many clips carry each label; those without one are not counted."""
    return Counter(clip.label for clip in clips if clip.label is not None)
