"""A frame comes into the input as the bundle says, and boxes find back to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.inference.detector.preprocess import DetectorInput, Fit, Order, feed, place

SIDES = st.integers(1, 400)


def make_input(height: int = 64, width: int = 96, fit: Fit = Fit.LETTERBOX, **changes: object) -> DetectorInput:
    values = {"height": height, "width": width, "order": Order.RGB, "fit": fit, **changes}
    return DetectorInput.model_validate(values)


def test_place_letterboxes_into_the_top_left_corner() -> None:
    picture, placement = place(np.full((32, 32, 3), 200, np.uint8), make_input())

    assert (picture[:, :64] == 200).all()
    assert (picture[:, 64:] == 114).all()
    assert placement.width == pytest.approx(64 / 96)
    assert placement.height == 1


def test_place_stretches_over_the_whole_input() -> None:
    picture, placement = place(np.full((10, 500, 3), 200, np.uint8), make_input(fit=Fit.STRETCH))

    assert (picture == 200).all()
    assert (placement.width, placement.height) == (1.0, 1.0)


def test_feed_takes_mean_and_deviation_in_the_order_of_the_input() -> None:
    frame = np.empty((64, 96, 3), np.uint8)
    frame[:] = (10, 20, 30)
    bgr = make_input(order=Order.BGR, mean=(1, 2, 3), std=(1, 2, 4))

    pictures, _ = feed([frame], bgr)

    assert (pictures.shape, pictures.dtype) == ((1, 3, 64, 96), np.dtype(np.float32))
    assert pictures[0, :, 0, 0].tolist() == [29.0, 9.0, 1.75]
    assert feed([frame], make_input())[0][0, :, 5, 5].tolist() == [10.0, 20.0, 30.0]


@given(height=SIDES, width=SIDES, fit=st.sampled_from(Fit))
def test_placement_brings_boxes_there_and_back(height: int, width: int, fit: Fit) -> None:
    picture, placement = place(np.zeros((height, width, 3), np.uint8), make_input(fit=fit))
    boxes = np.array([[0, 0, 1, 1], [0.25, 0.1, 0.5, 0.9]], np.float32)

    there = placement.to_input(boxes)

    assert picture.shape == (64, 96, 3)
    assert there.max() <= 1
    assert placement.to_frame(there) == pytest.approx(boxes, abs=1e-6)


def test_placement_cuts_off_what_reaches_beyond_the_frame() -> None:
    _, placement = place(np.zeros((32, 32, 3), np.uint8), make_input())

    assert placement.to_frame(np.array([[-0.5, 0.5, 0.9, 1.5]], np.float32)).tolist() == [[0, 0.5, 1, 1]]
