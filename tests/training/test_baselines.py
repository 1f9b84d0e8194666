"""Captions and scores that need no model."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from instantreact.training.captioner.baselines import (
    annotator_lines,
    majority_caption,
    metadata_scores,
    nearest_captions,
)
from instantreact.training.captioner.clips import CaptionedClip, Split
from instantreact.training.captioner.evaluate import labelled_concepts, unmeasured_concepts
from instantreact.training.captioner.logistic import fit_logistic, predict_logistic
from tests.training.conftest import DrawnData

BY_TWO = ("a", "a", "b", "b")


def make_clip(name: str, *captions: str, annotators: tuple[str, ...] = (), label: str = "normal") -> CaptionedClip:
    return CaptionedClip(name, Path(name), name, Split.TRAIN, captions, annotators=annotators, label=label)


def test_majority_caption_is_the_one_most_like_the_others() -> None:
    clips = [
        make_clip("1", "a man walks in a room", "a man walks"),
        make_clip("2", "a man walks in a shop", "dogs bark"),
    ]

    assert majority_caption(clips).startswith("a man walks in a")


def test_majority_caption_needs_no_table_of_all_captions_and_words() -> None:
    clips = [make_clip(str(n), f"a man sees thing{n}") for n in range(3000)]

    tracemalloc.start()
    majority_caption(clips)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 20e6  # the table would have 3000 * 3003 numbers, 72 MB


def test_nearest_captions_come_from_the_clip_that_looks_alike() -> None:
    train = [make_clip("dark", "a dark yard"), make_clip("bright", "a bright shop")]
    features = {
        "dark": np.array([[0, 1], [0, 1]], np.float16),
        "bright": np.array([[1, 0]], np.float16),
        "asked": np.array([[0.9, 0.2]], np.float16),
    }

    assert nearest_captions(features, train, [make_clip("asked", "?")]) == ["a bright shop"]


def test_annotator_lines_score_both_ways_and_the_model_against_the_same() -> None:
    clips = [
        make_clip("1", "a man walks", "a man goes", "a man walks", "he walks", annotators=BY_TWO),
        make_clip("2", "dogs bark", "dogs play", "dogs bark", "two dogs", annotators=BY_TWO),
    ]

    lines = annotator_lines(clips, ["he walks", "two dogs"])

    assert set(lines) == {"annotator a against b", "model against b", "annotator b against a", "model against a"}
    assert lines["model against b"].bleu[0] == pytest.approx(1)
    assert lines["model against a"].bleu[0] < 0.5


def test_annotator_lines_need_two_annotators_of_every_clip() -> None:
    assert annotator_lines([make_clip("1", "a", "b", annotators=("a", "b")), make_clip("2", "c")], ["", ""]) == {}


def test_logistic_regression_recovers_what_made_the_data() -> None:
    values = np.random.default_rng(0).normal(size=(4000, 2))
    truth = (np.random.default_rng(1).random(4000) < predict_logistic(values, np.array([2.0, -1.0, 0.5]))).astype(float)

    weights = fit_logistic(values, truth, ridge=1e-6)

    assert weights == pytest.approx([2.0, -1.0, 0.5], abs=0.2)


def test_metadata_says_nothing_about_clips_of_one_kind(drawn: DrawnData) -> None:
    scores = metadata_scores(drawn.clips, drawn.clips, label="fight")

    assert scores.shape == (len(drawn.clips),)
    assert ((scores > 0) & (scores < 1)).all()


def test_a_label_of_one_clip_is_told_of_instead_of_measured() -> None:
    clips = [make_clip("1", "x", label="fight"), *(make_clip(str(n), "x") for n in range(2, 5))]

    assert labelled_concepts(clips, ("fight", "fall")) == []
    assert unmeasured_concepts(clips, ("fight", "fall")) == {
        "fight": "1 with this label and 3 without, too few to measure"
    }
