"""Nothing that is masked leaves a live picture, in whatever form it is asked for."""

import av
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from instantreact.domain.camera import Mask, Point
from instantreact.domain.media import Images
from instantreact.media.live_frame import LiveFrame
from instantreact.media.mask import FrameMask, draw_polygon

SHARES = st.floats(0, 1, allow_nan=False)
POLYGONS = st.lists(st.builds(Point, SHARES, SHARES), min_size=3, max_size=6).map(tuple)
WIDTH, HEIGHT = 64, 48


def as_camera_sends_it(image: Images) -> av.VideoFrame:
    """With colour at half resolution, as nearly every camera codes it."""
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")


@given(st.lists(st.builds(Mask, POLYGONS), min_size=1, max_size=3), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_live_frame_is_the_same_whatever_lies_under_its_masks(masks: list[Mask], seed: int) -> None:
    random = np.random.default_rng(seed)
    one = random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    other = random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    hidden = np.zeros((HEIGHT, WIDTH), np.bool_)
    for mask in masks:
        hidden |= draw_polygon(mask.polygon, WIDTH, HEIGHT)
    other[~hidden] = one[~hidden]

    first, second = (LiveFrame(0.0, as_camera_sends_it(image), FrameMask(masks)) for image in (one, other))

    assert not first.bgr()[hidden].any()
    assert np.array_equal(first.bgr(), second.bgr())
    assert np.array_equal(first.rgb(24), second.rgb(24))
    assert np.array_equal(first.grey(32, 24), second.grey(32, 24))
    assert first.jpeg() == second.jpeg()
