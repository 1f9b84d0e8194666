"""Pixels as the encoders take them, and motion images."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.media import Images
from instantreact.inference.preprocess import Preprocessing, motion_images, scale_pixels

TO_ONE = Preprocessing(mean=(127.5, 127.5, 127.5), scale=(127.5, 127.5, 127.5), motion_gain=4.0)


def make_images(seed: int, *shape: int) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 8, 8, 3), np.uint8)


def test_scale_pixels_puts_channels_first_and_spans_minus_one_to_one() -> None:
    images = np.zeros((2, 8, 8, 3), np.uint8)
    images[1, 3, 5] = (255, 0, 127)

    pixels = scale_pixels(images, TO_ONE)

    assert pixels.shape == (2, 3, 8, 8)
    assert pixels.dtype == np.float32
    assert np.allclose(pixels[1, :, 3, 5], [1, -1, 127 / 127.5 - 1], atol=1e-6)


def test_scale_pixels_takes_each_channel_by_its_own_scale() -> None:
    imagenet = Preprocessing(mean=(10.0, 20.0, 30.0), scale=(1.0, 2.0, 4.0), motion_gain=1.0)

    pixels = scale_pixels(np.full((1, 2, 2, 3), 50, np.uint8), imagenet)

    assert pixels[0, :, 0, 0].tolist() == [40, 15, 5]


def test_motion_images_are_black_where_nothing_moves() -> None:
    images = make_images(0, 2)

    moving = motion_images(images, np.repeat(images[:, None], 3, axis=1), 4.0)

    assert moving.shape == images.shape
    assert not moving.any()


def test_motion_images_hold_one_gap_a_channel() -> None:
    images = np.full((1, 4, 4, 3), 100, np.uint8)
    earlier = np.stack([np.full((1, 4, 4, 3), grey, np.uint8) for grey in (90, 130, 100)], axis=1)

    moving = motion_images(images, earlier, 2.0)

    assert np.allclose(moving[0, 0, 0], [20, 60, 0], atol=1)


def make_walker(top: int, left: int, grey: int = 200) -> tuple[Images, Images]:
    """A dark room (1, 60, 60, 3) where a square of six pixels has appeared since the three earlier frames."""
    room = np.full((1, 60, 60, 3), 20, np.uint8)
    walked = room.copy()
    walked[:, top : top + 6, left : left + 6] = grey
    return walked, np.repeat(room[:, None], 3, axis=1)


def test_cropped_motion_images_enlarge_what_moves() -> None:
    whole = motion_images(*make_walker(30, 44), 1.0)
    cropped = motion_images(*make_walker(30, 44), 1.0, crop=0.2)

    assert cropped.shape == whole.shape
    share = cropped.astype(float).sum() / whole.astype(float).sum()
    assert np.isclose(share, 25, rtol=0.15)  # five times as wide and as high; its edges are interpolated


@given(top=st.integers(0, 54), left=st.integers(0, 54))
def test_cropped_motion_images_find_what_moves_wherever_it_is(top: int, left: int) -> None:
    moving = motion_images(*make_walker(top, left), 1.0, crop=0.1)

    assert (moving == 180).all()


def test_cropped_motion_images_choose_the_larger_movement() -> None:
    images, earlier = make_walker(5, 5, grey=60)
    images[:, 40:46, 40:46] = 200

    assert motion_images(images, earlier, 1.0, crop=0.2).max() == 180


def test_cropped_motion_images_are_black_where_nothing_moves() -> None:
    images = make_images(0, 2)

    assert not motion_images(images, np.repeat(images[:, None], 3, axis=1), 4.0, crop=0.33).any()


def test_motion_images_of_several_frames_are_those_of_each_frame_alone() -> None:
    walkers = [make_walker(2, 50), make_walker(40, 9)]

    images, earlier = (np.concatenate(part) for part in zip(*walkers, strict=True))
    together = motion_images(images, earlier, 4.0, crop=0.3)

    alone = [motion_images(*walker, 4.0, crop=0.3) for walker in walkers]
    assert np.array_equal(together, np.concatenate(alone))


@given(seed=st.integers(0, 1000), gain=st.floats(0.1, 20))
def test_motion_images_do_not_care_which_frame_came_first(seed: int, gain: float) -> None:
    images, other = make_images(seed, 1), make_images(seed + 1, 1)
    same_gap = np.repeat(other[:, None], 3, axis=1), np.repeat(images[:, None], 3, axis=1)

    assert np.array_equal(motion_images(images, same_gap[0], gain), motion_images(other, same_gap[1], gain))
