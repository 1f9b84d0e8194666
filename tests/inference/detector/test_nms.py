"""Of boxes that show the same thing one stays; labels do not hide each other."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import nms

from instantreact.inference.detector.nms import overlaps, suppress, suppress_by_label

BOXES = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.45], [0.5, 0.5, 1, 1]], np.float32)


def test_overlaps_is_intersection_over_union_and_nothing_for_boxes_without_area() -> None:
    boxes = np.array([[0, 0, 0.5, 1], [0.25, 0, 0.75, 1], [0.3, 0.3, 0.3, 0.9], [0.9, 0, 0.1, 1]], np.float32)

    found = overlaps(boxes, boxes)

    assert found[0, :2] == pytest.approx([1, 1 / 3])
    assert not found[2].any()
    assert not found[3].any()


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 60), overlap=st.floats(0.1, 0.9))
def test_suppress_is_what_torchvision_does(seed: int, count: int, overlap: float) -> None:
    random = np.random.default_rng(seed)
    corners = random.random((count, 2), np.float32)
    boxes = np.concatenate([corners, corners + random.random((count, 2), np.float32) * 0.5], axis=1)
    scores = random.permutation(np.linspace(0, 1, count, dtype=np.float32))

    expected = nms(torch.from_numpy(boxes), torch.from_numpy(scores), overlap)

    assert suppress(boxes, scores, overlap).tolist() == expected.tolist()


def test_suppress_by_label_looks_at_each_label_on_its_own() -> None:
    scores = np.array([[0.9, 0.2], [0.8, 0.7], [0.1, 0.6]], np.float32)

    rows, columns = suppress_by_label(BOXES, scores, min_score=0.3, overlap=0.5)

    assert list(zip(rows, columns, strict=True)) == [(0, 0), (1, 1), (2, 1)]


def test_suppress_by_label_keeps_the_best_of_those_that_are_asked_for() -> None:
    scores = np.array([[0.9, 0.8], [0.8, 0.7], [0.1, 0.6]], np.float32)

    rows, columns = suppress_by_label(BOXES, scores, min_score=0.3, overlap=0.5, labels={1}, most=1)

    assert (rows.tolist(), columns.tolist()) == ([0], [1])
    assert suppress_by_label(BOXES, scores, min_score=0.95, overlap=0.5)[0].size == 0
