"""Priors, what they learn, and the way back to boxes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from instantreact.inference.detector.nms import overlaps
from instantreact.training.detector.batches import PictureBatch
from instantreact.training.detector.config import DetectorArchitecture
from instantreact.training.detector.losses import hardest, measure_losses
from instantreact.training.detector.matching import match_priors
from instantreact.training.detector.model import decode
from instantreact.training.detector.priors import encode, make_priors, to_corners

PUBLISHED = DetectorArchitecture()
PRIORS = make_priors((38, 19, 10, 5, 3, 1), PUBLISHED.scales, PUBLISHED.ratios)


@st.composite
def boxes(draw: st.DrawFn) -> np.ndarray:
    sides = st.floats(0, 1, width=32)
    found = [
        (min(a, c), min(b, d), max(a, c), max(b, d))
        for a, b, c, d in draw(st.lists(st.tuples(sides, sides, sides, sides), max_size=6))
        if abs(a - c) > 0.02 and abs(b - d) > 0.02
    ]
    return np.array(found, np.float32).reshape(-1, 4)


def test_priors_are_the_published_ones() -> None:
    assert PRIORS.shape == (8732, 4)
    np.testing.assert_allclose(PRIORS[0], [0.5 / 38, 0.5 / 38, 0.1, 0.1], rtol=1e-6)
    np.testing.assert_allclose(PRIORS[1, 2:], [(0.1 * 0.2) ** 0.5] * 2, rtol=1e-6)
    np.testing.assert_allclose(PRIORS[2, 2:], [0.1 * 2**0.5, 0.1 / 2**0.5], rtol=1e-6)
    np.testing.assert_allclose(PRIORS[3, 2:], [0.1 / 2**0.5, 0.1 * 2**0.5], rtol=1e-6)
    np.testing.assert_allclose(PRIORS[4, :2], [1.5 / 38, 0.5 / 38], rtol=1e-6)
    np.testing.assert_allclose(PRIORS[-4:, :2], 0.5)
    np.testing.assert_allclose(PRIORS[-3, 2:], 0.9**0.5, rtol=1e-6)


@given(boxes())
@settings(max_examples=50)
def test_a_box_comes_back_from_its_offsets(truth: np.ndarray) -> None:
    priors = PRIORS[:: len(PRIORS) // 7][: len(truth)]

    back = decode(torch.from_numpy(encode(truth, priors))[None], torch.from_numpy(priors))[0]

    np.testing.assert_allclose(back.numpy(), truth, atol=1e-4)


@given(boxes())
@settings(max_examples=50)
def test_every_object_has_a_prior_and_each_prior_the_object_it_overlaps_most(truth: np.ndarray) -> None:
    targets = match_priors(truth, np.arange(len(truth)), PRIORS, overlap=0.5)

    assert set(targets.labels) >= set(range(1, len(truth) + 1))
    if not len(truth):
        assert not targets.labels.any()
        return
    shared = overlaps(truth, to_corners(PRIORS))
    free = shared.max(axis=0) <= 0.5
    assert (targets.labels[free] > 0).sum() <= len(truth), "below the overlap only what is forced"
    differs = (targets.labels > 0) & (targets.labels - 1 != shared.argmax(axis=0)) & ~free
    assert differs.sum() <= len(truth)
    assert (targets.labels[~free] > 0).all()
    matched = targets.labels > 0
    back = decode(torch.from_numpy(targets.offsets[matched])[None], torch.from_numpy(PRIORS[matched]))[0]
    np.testing.assert_allclose(back.numpy(), truth[targets.labels[matched] - 1], atol=1e-4)


def test_two_objects_in_one_place_do_not_take_one_prior() -> None:
    box = np.array([[0.4, 0.4, 0.6, 0.6], [0.4, 0.4, 0.6, 0.6]], np.float32)

    targets = match_priors(box, np.array([0, 1]), PRIORS, overlap=0.99)

    assert (targets.labels == 1).sum() == 1
    assert (targets.labels == 2).sum() == 1


@pytest.mark.parametrize("least", [0, 4])
def test_three_of_the_hardest_negatives_are_learnt_for_each_match(least: int) -> None:
    losses = torch.rand((3, 40), generator=torch.Generator().manual_seed(0))
    matched = torch.zeros((3, 40), dtype=torch.bool)
    matched[0, :2], matched[2, :20] = True, True

    hard = hardest(losses, matched, negatives=3, least=least)

    assert hard.sum(dim=1).tolist() == [6, least, 20]
    assert not (hard & matched).any()
    assert losses[0][hard[0]].min() >= losses[0][~hard[0] & ~matched[0]].max()


def test_the_loss_is_summed_and_divided_by_the_matches() -> None:
    labels, offsets = torch.zeros((2, 5), dtype=torch.long), torch.zeros((2, 5, 4))
    labels[0, 0], labels[1, 3] = 1, 2
    said = torch.zeros((2, 5, 4))
    said[0, 0], said[1, 3, 0] = 0.5, 3.0
    batch = PictureBatch(torch.zeros(2, 3, 4, 4), labels, offsets)

    losses = measure_losses(said, torch.zeros((2, 5, 3)), batch, negatives=3)

    assert losses.boxes.item() == pytest.approx((4 * 0.5 * 0.5**2 + 2.5) / 2)
    assert losses.labels.item() == pytest.approx((2 + 6) * np.log(3) / 2, rel=1e-5)


def test_a_batch_without_an_object_has_a_loss_of_nothing() -> None:
    batch = PictureBatch(torch.zeros(1, 3, 4, 4), torch.zeros((1, 5), dtype=torch.long), torch.zeros((1, 5, 4)))

    losses = measure_losses(torch.ones((1, 5, 4)), torch.ones((1, 5, 3)), batch, negatives=3)

    assert losses.total.item() == 0
