"""Boxes and labels are drawn where they are, at every size, and never out of the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.media import Images
from instantreact.domain.observation import Box, Detection
from instantreact.media.drawing import draw_detections

SHARES = st.floats(0, 1, allow_nan=False)


def make_detection(box: Box, label: str = "person", score: float = 0.8) -> Detection:
    return Detection(label, score, box, 0.0)


def changed(frame: Images, detections: list[Detection]) -> Images:
    """Which pixels are drawn on, (H, W)."""
    return np.asarray((draw_detections(frame, detections) != frame).any(axis=2))


@pytest.mark.parametrize("size", [(240, 320), (1080, 1920)])
def test_draw_detections_draws_the_box_and_a_label_above_it(size: tuple[int, int]) -> None:
    height, width = size
    drawn = changed(np.full((*size, 3), 90, np.uint8), [make_detection(Box(0.5, 0.5, 0.75, 0.75))])

    rows, columns = np.nonzero(drawn)
    assert columns.min() == pytest.approx(width / 2, abs=6)
    assert rows.max() == pytest.approx(height * 0.75, abs=6)
    assert drawn[height // 2 - 8, width // 2 + 4]  # the label's plate
    assert not drawn[round(height * 0.62), round(width * 0.62)]  # what is inside stays visible


def test_draw_detections_leaves_the_frame_as_it_is() -> None:
    frame = np.full((240, 320, 3), 90, np.uint8)

    assert draw_detections(frame, []).tolist() == frame.tolist()
    draw_detections(frame, [make_detection(Box(0, 0, 1, 1))])
    assert (frame == 90).all()


def test_draw_detections_puts_labels_beside_each_other_where_boxes_share_a_corner() -> None:
    frame = np.full((480, 640, 3), 90, np.uint8)
    one, both = ([make_detection(Box(0.3, 0.3, 0.6, 0.9), score=0.9 - each / 10) for each in range(n)] for n in (1, 2))

    drawn = changed(frame, both)

    assert drawn[150:160, 200:240].mean() > 0.9  # below the upper edge
    assert (draw_detections(frame, both)[:140] == draw_detections(frame, one)[:140]).all()  # the better one is above


@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    sides=st.tuples(SHARES, SHARES, SHARES, SHARES),
    label=st.text(max_size=12),
)
def test_draw_detections_takes_any_picture_box_and_label(
    height: int, width: int, sides: tuple[float, float, float, float], label: str
) -> None:
    frame = np.full((height, width, 3), 90, np.uint8)
    left, top, right, bottom = sides
    box = Box(min(left, right), min(top, bottom), max(left, right), max(top, bottom))

    assert draw_detections(frame, [make_detection(box, label)]).shape == frame.shape
