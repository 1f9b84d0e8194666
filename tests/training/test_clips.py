"""Scenes stay whole, and the captions' share of a concept is its target."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.errors import InvalidInput
from instantreact.training.captioner.clips import (
    CaptionedClip,
    Split,
    check_scenes,
    concept_shares,
    of_split,
    scene_folds,
)


def make_clip(name: str = "c", *, scene: str = "s", split: Split = Split.TRAIN, label: str = "normal") -> CaptionedClip:
    return CaptionedClip(name, Path(f"{name}.mp4"), scene, split, ("a man walks",), label=label)


@given(
    scenes=st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["fight", "normal"])), min_size=40, max_size=80),
    seed=st.integers(0, 50),
)
def test_scene_folds_keep_scenes_whole_and_use_every_fold(scenes: list[tuple[int, str]], seed: int) -> None:
    clips = [make_clip(str(n), scene=f"s{scene}", label=label) for n, (scene, label) in enumerate(scenes)]
    if len({clip.scene for clip in clips}) < 4:
        return

    folds = scene_folds(clips, 4, seed=seed)

    fold_of = {(clip.scene, int(fold)) for clip, fold in zip(clips, folds, strict=True)}
    assert len(fold_of) == len({clip.scene for clip in clips})
    assert set(folds.tolist()) == {0, 1, 2, 3}


def test_scene_folds_balance_labels() -> None:
    clips = [make_clip(f"{n}{label}", scene=f"s{n}", label=label) for n in range(20) for label in ("fight", "normal")]

    folds = scene_folds(clips, 5)

    assert np.bincount(folds).tolist() == [8] * 5


def test_scene_folds_refuse_more_folds_than_scenes() -> None:
    with pytest.raises(InvalidInput, match="5 folds need as many scenes; the data has 1"):
        scene_folds([make_clip()], 5)


def test_check_scenes_refuses_a_scene_in_two_splits() -> None:
    with pytest.raises(InvalidInput, match="Scene s is in the splits train and test"):
        check_scenes([make_clip("a"), make_clip("b", split=Split.TEST)])


def test_of_split_refuses_a_split_without_clips() -> None:
    with pytest.raises(InvalidInput, match="no clips in its split val"):
        of_split([make_clip()], Split.VAL)


def test_concept_shares_count_captions() -> None:
    clip = CaptionedClip("c", Path("c"), "s", Split.TRAIN, ("men are fighting", "a man falls", "men fought", "a man"))

    assert concept_shares(clip, FIRST_CONCEPTS).tolist() == [0.5, 0.25, 0.0]
