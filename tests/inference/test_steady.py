"""What happens to the whole picture is taken out of its motion, and what people do is not."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from instantreact.inference.preprocess import motion_images
from instantreact.inference.steady import Brightness, hold_steady

ROOM = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 255, (128, 128)).astype(np.float32), (0, 0), 4)
ROOM = np.clip((ROOM - ROOM.mean()) * 4 + 110, 0, 255).astype(np.float32)


def show(*lefts: int) -> Brightness:
    """Frames of a room, the newest first, with somebody at each of these places."""
    frames: Brightness = np.repeat(ROOM[None], len(lefts), axis=0).astype(np.float32)
    for frame, left in zip(frames, lefts, strict=True):
        frame[50:80, left : left + 10] = 230
    return frames


def moved(frames: Brightness) -> NDArray[np.float32]:
    """How much each earlier frame differs from the newest."""
    total: NDArray[np.float32] = np.abs(frames[0] - frames[1:]).sum(axis=(1, 2))
    return total


WALK = show(60, 58, 56, 52)


def test_frames_in_which_people_move_are_given_back_as_they_are() -> None:
    assert hold_steady(WALK) is WALK


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 30.0), (1.4, 0.0), (0.5, 0.0), (1.0, -25.0)])
def test_light_is_taken_out_and_who_walks_is_not(gain: float, offset: float) -> None:
    lit = WALK.copy()
    lit[0] = np.clip(gain * lit[0] + offset, 0, 255)

    assert (moved(lit) > 9 * moved(WALK)).any()
    assert np.allclose(moved(hold_steady(lit)) / gain, moved(WALK), rtol=0.45)


def test_flash_moves_next_to_nothing() -> None:
    flash = WALK.copy()
    flash[0] = np.clip(2.5 * flash[0] + 40, 0, 255)

    assert (moved(hold_steady(flash)) < 0.05 * moved(flash)).all()


def test_knock_of_the_camera_is_taken_out() -> None:
    knocked = WALK.copy()
    knocked[1:] = np.roll(knocked[1:], (3, -2), axis=(1, 2))

    assert (moved(hold_steady(knocked)) < 0.6 * moved(knocked)).all()


def test_nothing_moves_across_a_cut() -> None:
    cut = WALK.copy()
    cut[2:] = cut[2:, ::-1]

    assert moved(hold_steady(cut))[0] == moved(WALK)[0]
    assert not moved(hold_steady(cut))[1:].any()


def test_motion_images_are_the_same_to_the_bit_where_nothing_happens_to_the_whole_picture() -> None:
    frames = np.repeat(WALK[..., None], 3, axis=3).astype(np.uint8)
    asked = frames[:1], frames[None, 1:], 4.0

    assert np.array_equal(motion_images(*asked, crop=0.33), motion_images(*asked, crop=0.33, steady=True))
