"""Privacy masks let nothing through, zones are where they were drawn."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.camera import Mask, Point, Zone
from instantreact.media.mask import FrameMask, draw_polygon, draw_zones
from instantreact.media.sampling import scale_frame
from instantreact.media.snapshot import encode_snapshot

SHARES = st.floats(0, 1, allow_nan=False)
POINTS = st.builds(Point, SHARES, SHARES)
POLYGONS = st.lists(POINTS, min_size=3, max_size=8).map(tuple)
MASKS = st.lists(st.builds(Mask, POLYGONS), min_size=1, max_size=3)
SIZES = st.tuples(st.integers(16, 96), st.integers(16, 96))


def winding_number(polygon: tuple[Point, ...], x: float, y: float) -> int:
    """How often a polygon runs around a point (Sunday's method); not zero means inside."""
    turns = 0
    for a, b in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        side = (b.x - a.x) * (y - a.y) - (x - a.x) * (b.y - a.y)
        if a.y <= y < b.y and side > 0:
            turns += 1
        elif b.y <= y < a.y and side < 0:
            turns -= 1
    return turns


@given(POLYGONS, SIZES)
def test_draw_polygon_covers_every_pixel_centre_that_the_polygon_winds_around(
    polygon: tuple[Point, ...], size: tuple[int, int]
) -> None:
    width, height = size
    drawn = draw_polygon(polygon, width, height, margin_px=2)
    for row in range(height):
        for column in range(width):
            if winding_number(polygon, (column + 0.5) / width, (row + 0.5) / height):
                assert drawn[row, column]


@given(MASKS, SIZES, st.integers(0, 2**32 - 1))
def test_frame_mask_lets_nothing_of_what_is_hidden_change_any_picture(
    masks: list[Mask], size: tuple[int, int], seed: int
) -> None:
    width, height = size
    random = np.random.default_rng(seed)
    one = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    other = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    hidden = np.zeros((height, width), np.bool_)
    for mask in masks:
        hidden |= draw_polygon(mask.polygon, width, height)
    other[~hidden] = one[~hidden]

    frame_mask = FrameMask(masks)
    first, second = frame_mask.black_out(one), frame_mask.black_out(other)

    assert not first[hidden].any()
    assert np.array_equal(scale_frame(first, 24), scale_frame(second, 24))
    assert encode_snapshot(first) == encode_snapshot(second)


def test_frame_mask_leaves_the_rest_of_the_picture_and_the_picture_given() -> None:
    image = np.full((100, 200, 3), 200, np.uint8)
    masked = FrameMask([Mask((Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))]).black_out(image)
    assert masked[:, 110:].min() == 200
    assert masked[:, :100].max() == 0
    assert image.min() == 200


def test_frame_mask_follows_a_change_of_the_frame_size() -> None:
    frame_mask = FrameMask([Mask((Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))])
    for width, height in ((200, 100), (64, 48), (200, 100)):
        masked = frame_mask.black_out(np.full((height, width, 3), 9, np.uint8))
        assert masked[:, : width // 2].max() == 0
        assert masked[:, width // 2 + 12 :].min() == 9


def test_frame_mask_without_masks_gives_the_same_picture() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    assert FrameMask(()).black_out(image) is image


def test_draw_zones_names_each_zone_and_draws_it_in_place() -> None:
    door = Zone("door", (Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))
    drawn = draw_zones([door], 160, 90)["door"]
    assert drawn[:, :79].all()
    assert not drawn[:, 82:].any()
    assert cv2.countNonZero(drawn.astype(np.uint8)) > 0
