"""The caption metrics, by hand and against pycocoevalcap."""

import shutil

import numpy as np
import pytest
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge

from instantreact.training.metrics.captions import CaptionScores, mean_scores, score_captions
from instantreact.training.metrics.cider import cider_d
from instantreact.training.metrics.meteor import meteor_exact_stem
from instantreact.training.metrics.ngrams import corpus_bleu, mean_rouge_l

WORDS = ("a", "man", "woman", "two", "people", "fight", "walks", "in", "the", "room", "shop", "on", "floor", "falls")


def make_corpus(seed: int, clips: int = 12, references: int = 4) -> tuple[list[list[str]], list[list[list[str]]]]:
    """Random sentences: candidates (N) and references (N, R)."""
    random = np.random.default_rng(seed)

    def sentence() -> list[str]:
        return [str(word) for word in random.choice(WORDS, size=random.integers(3, 12))]

    known = [[sentence() for _ in range(references)] for _ in range(clips)]
    said = [list(own[0][:-1]) + sentence()[:2] for own in known]
    return said, known


def as_coco(said: list[list[str]], known: list[list[list[str]]]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    return (
        {index: [" ".join(words) for words in own] for index, own in enumerate(known)},
        {index: [" ".join(words)] for index, words in enumerate(said)},
    )


@pytest.mark.parametrize("seed", range(4))
def test_bleu_agrees_with_pycocoevalcap(seed: int) -> None:
    said, known = make_corpus(seed)

    expected, _ = Bleu(4).compute_score(*as_coco(said, known), verbose=0)

    assert corpus_bleu(said, known) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_rouge_l_agrees_with_pycocoevalcap(seed: int) -> None:
    said, known = make_corpus(seed)

    expected, _ = Rouge().compute_score(*as_coco(said, known))

    assert mean_rouge_l(said, known) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_cider_d_agrees_with_pycocoevalcap(seed: int) -> None:
    said, known = make_corpus(seed)

    _, expected = Cider().compute_score(*as_coco(said, known))

    assert cider_d(said, known) == pytest.approx(expected, abs=1e-8)


def test_meteor_is_nearly_one_for_the_same_sentence() -> None:
    words = ["a", "man", "falls", "on", "the", "floor"]

    assert meteor_exact_stem(words, [words]) == pytest.approx(1 - 0.5 * (1 / 6) ** 3)


def test_meteor_counts_stems() -> None:
    assert meteor_exact_stem(["man", "fighting"], [["man", "fights"]]) == pytest.approx(1 - 0.5 * (1 / 2) ** 3)


def test_meteor_by_hand() -> None:
    # Matches: the, cat, on (2 chunks: "the cat", "on"); precision 3/4, recall 3/5.
    score = meteor_exact_stem(["the", "cat", "lies", "on"], [["the", "cat", "sat", "today", "on"]])

    mean = 0.75 * 0.6 / (0.9 * 0.75 + 0.1 * 0.6)
    assert score == pytest.approx(mean * (1 - 0.5 * (2 / 3) ** 3))


def test_meteor_is_zero_without_a_match() -> None:
    assert meteor_exact_stem(["dog"], [["cat"]]) == 0


def test_metrics_of_captions_that_match_nothing_are_zero() -> None:
    scores = score_captions(["dog barks loudly now"], [["cat sleeps quietly there"]])

    assert (*scores.bleu, scores.rouge_l, scores.cider_d, scores.meteor_exact_stem) == (0,) * 7


def test_mean_scores_leaves_out_what_one_lacks() -> None:
    one = CaptionScores((0.2,) * 4, 0.2, 0.2, 0.2, meteor_java=0.4)
    other = CaptionScores((0.4,) * 4, 0.4, 0.4, 0.4)

    mean = mean_scores([one, other])

    assert mean.bleu == pytest.approx((0.3,) * 4)
    assert mean.meteor_java is None


def test_published_meteor_is_given_exactly_where_java_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    scores = score_captions(["a man falls"], [["a man falls down"]])

    assert (scores.meteor_java is not None) == (shutil.which("java") is not None)
