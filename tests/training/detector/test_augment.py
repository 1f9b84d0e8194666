"""Whatever is drawn: boxes stay within the picture, on what they were on, and none is lost but by the crop's rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instantreact.training.detector.augment import AugmentedPicture, augment, crop, distort, expand, flip
from instantreact.training.detector.config import Augmentation

WIDTH, HEIGHT = 60, 48
FILL = (1.0, 2.0, 3.0)
SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def pictures(draw: st.DrawFn) -> AugmentedPicture:
    """A black picture with up to four boxes, each filled with a colour of its own."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    boxes, count = [], draw(st.integers(0, 4))
    for number in range(count):
        left, top = draw(st.integers(0, WIDTH - 4)), draw(st.integers(0, HEIGHT - 4))
        right, bottom = draw(st.integers(left + 3, WIDTH)), draw(st.integers(top + 3, HEIGHT))
        pixels[top:bottom, left:right] = 100 + number
        boxes.append((left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT))
    return AugmentedPicture(pixels, np.array(boxes, np.float32).reshape(-1, 4), np.arange(count))


def assert_sound(picture: AugmentedPicture) -> None:
    assert picture.boxes.dtype == np.float32
    assert len(picture.boxes) == len(picture.labels)
    assert (picture.boxes >= 0).all()
    assert (picture.boxes <= 1).all()
    assert (picture.boxes[:, :2] < picture.boxes[:, 2:]).all()


@given(pictures(), SEEDS)
@settings(max_examples=40)
def test_an_expanded_picture_keeps_every_object_and_its_pixels(picture: AugmentedPicture, seed: int) -> None:
    larger = expand(picture, np.random.default_rng(seed), largest=4, fill=FILL)

    height, width = larger.pixels.shape[:2]
    assert HEIGHT <= height <= 4 * HEIGHT
    assert WIDTH <= width <= 4 * WIDTH
    assert larger.labels.tolist() == picture.labels.tolist()
    assert_sound(larger)
    for before, after in zip(picture.boxes, larger.boxes, strict=True):
        left, top, right, bottom = np.round(before * [WIDTH, HEIGHT, WIDTH, HEIGHT]).astype(int)
        x, y, _, _ = np.round(after * [width, height, width, height]).astype(int)
        cut = larger.pixels[y : y + bottom - top, x : x + right - left]
        assert np.array_equal(cut, picture.pixels[top:bottom, left:right])


@given(pictures(), SEEDS)
@settings(max_examples=50)
def test_a_crop_loses_only_objects_whose_centres_it_leaves_out(picture: AugmentedPicture, seed: int) -> None:
    places = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT), [0], indexing="xy"), axis=-1)[:, :, 0]
    picture = AugmentedPicture(places.astype(np.uint8), picture.boxes, picture.labels)

    cut = crop(picture, np.random.default_rng(seed))

    assert_sound(cut)
    if not len(picture.boxes):
        assert cut is picture
        return
    left, top = cut.pixels[0, 0, :2].astype(int)
    height, width = cut.pixels.shape[:2]
    window = np.array([left / WIDTH, top / HEIGHT, (left + width) / WIDTH, (top + height) / HEIGHT], np.float32)
    centres = (picture.boxes[:, :2] + picture.boxes[:, 2:]) / 2
    inside = ((centres > window[:2]) & (centres < window[2:])).all(axis=1)
    assert cut is picture or cut.labels.tolist() == np.flatnonzero(inside).tolist()
    assert len(cut.labels), "a crop without an object is not taken"
    corner, size = np.tile(window[:2], 2), np.tile(window[2:] - window[:2], 2)
    expected = np.clip(picture.boxes[cut.labels], np.tile(window[:2], 2), np.tile(window[2:], 2))
    np.testing.assert_allclose(cut.boxes * size + corner, expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_a_lone_object_is_never_lost(seed: int) -> None:
    box = np.array([[0.4, 0.4, 0.5, 0.6]], np.float32)
    picture = AugmentedPicture(np.zeros((HEIGHT, WIDTH, 3), np.uint8), box, np.array([5]))

    changed = augment(picture, Augmentation(), np.random.default_rng(seed), size=32, fill=FILL)

    assert changed.labels.tolist() == [5]
    assert changed.pixels.shape == (32, 32, 3)
    assert_sound(changed)


@given(pictures())
@settings(max_examples=40)
def test_a_picture_flipped_twice_is_itself(picture: AugmentedPicture) -> None:
    once = flip(picture)
    twice = flip(once)

    assert np.array_equal(twice.pixels, picture.pixels)
    np.testing.assert_allclose(twice.boxes, picture.boxes, atol=1e-6)
    assert_sound(once)


@given(pictures(), SEEDS)
@settings(max_examples=25)
def test_one_seed_gives_one_copy_and_the_picture_stays_as_it_was(picture: AugmentedPicture, seed: int) -> None:
    pixels, boxes = picture.pixels.copy(), picture.boxes.copy()

    one, two = (augment(picture, Augmentation(), np.random.default_rng(seed), size=24, fill=FILL) for _ in range(2))

    assert np.array_equal(one.pixels, two.pixels)
    assert np.array_equal(one.boxes, two.boxes)
    assert np.array_equal(picture.pixels, pixels)
    assert np.array_equal(picture.boxes, boxes)
    assert_sound(one)


def test_colours_are_distorted_within_bounds() -> None:
    grey = np.full((8, 8, 3), 100, np.uint8)

    means = [float(distort(grey, np.random.default_rng(seed)).mean()) for seed in range(200)]

    assert np.ptp(means) > 60
    assert min(means) >= (100 - 32) * 0.5 - 2
    assert max(means) <= (100 + 32) * 1.5 + 2
    assert sum(mean == 100 for mean in means) > 20, "a quarter is changed neither in brightness nor in contrast"
