"""The motion gate on drawn scenes and real footage."""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from instantreact.domain.camera import Point, Zone
from instantreact.media.mask import draw_zones
from instantreact.media.motion import GATE_HEIGHT, GATE_WIDTH, Motion, MotionGate, add_up_zones

STEP_S = 0.2
LEFT = Zone("left", (Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))


def draw_room(seed: int = 3) -> NDArray[np.float32]:
    coarse = np.random.default_rng(seed).integers(40, 190, (9, 16)).astype(np.float32)
    return cv2.resize(coarse, (GATE_WIDTH, GATE_HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def with_noise(scene: NDArray[np.float32], sigma: float, random: np.random.Generator) -> NDArray[np.uint8]:
    return np.clip(scene + random.normal(0, sigma, scene.shape), 0, 255).astype(np.uint8)


def put_person(scene: NDArray[np.float32], left: int, *, width: int = 10, height: int = 26) -> NDArray[np.float32]:
    drawn = scene.copy()
    drawn[50 : 50 + height, left : left + width] = 20.0
    return drawn


def watch(gate: MotionGate, frames: list[NDArray[np.uint8]], start_s: float = 0.0) -> list[Motion]:
    return [gate.see(frame, start_s + index * STEP_S) for index, frame in enumerate(frames)]


@pytest.mark.parametrize("sigma", [0.0, 4.0, 10.0])
def test_motion_gate_stays_shut_when_only_the_sensor_is_noisy(sigma: float) -> None:
    random, room = np.random.default_rng(1), draw_room()
    seen = watch(MotionGate(1.0), [with_noise(room, sigma, random) for _ in range(150)])
    assert sum(motion.is_moving for motion in seen) <= (0 if sigma < 10 else 2)


@pytest.mark.parametrize("sigma", [0.0, 4.0, 10.0])
def test_motion_gate_opens_when_a_person_walks_through_the_noise(sigma: float) -> None:
    random, room, gate = np.random.default_rng(2), draw_room(), MotionGate(0.5)
    watch(gate, [with_noise(room, sigma, random) for _ in range(60)])
    walk = [with_noise(put_person(room, 10 + 3 * step), sigma, random) for step in range(20)]
    assert sum(motion.is_moving for motion in watch(gate, walk, 12.0)) >= 17


@pytest.mark.parametrize("renewed_s", [0.6, 1.4, 3.2, 5.4])
def test_motion_gate_opens_for_a_walk_when_each_picture_is_fetched_several_times(renewed_s: float) -> None:
    random, room, gate = np.random.default_rng(5), draw_room(), MotionGate(0.5)
    watch(gate, [with_noise(room, 2.0, random) for _ in range(60)])
    pictures = [with_noise(put_person(room, 10 + 30 * step), 2.0, random) for step in range(5)]
    looks = [picture for picture in pictures for _ in range(round(renewed_s / STEP_S))]
    assert sum(motion.is_moving for motion in watch(gate, looks, 12.0)) >= 3


def test_motion_gate_stays_shut_when_one_picture_that_is_fetched_again_is_broken() -> None:
    random, room, gate = np.random.default_rng(6), draw_room(), MotionGate(0.5)
    watch(gate, [with_noise(room, 2.0, random) for _ in range(60)])
    still = [with_noise(room, 2.0, random) for _ in range(12)]
    pictures = [*still[:6], with_noise(put_person(room, 40), 2.0, random), *still[6:]]
    assert not any(motion.is_moving for motion in watch(gate, [each for each in pictures for _ in range(7)], 12.0))


def test_motion_gate_stays_shut_when_the_light_changes() -> None:
    random, room, gate = np.random.default_rng(3), draw_room(), MotionGate(0.5)
    dimmed, lit = room * 0.6, room * 0.6 + 60.0
    frames = [with_noise(scene, 3.0, random) for scene in (room, dimmed, lit, room) for _ in range(40)]
    assert not any(motion.is_moving for motion in watch(gate, frames))


def test_motion_gate_opens_for_a_person_right_after_the_light_changed() -> None:
    random, room, gate = np.random.default_rng(4), draw_room(), MotionGate(0.5)
    watch(gate, [with_noise(room, 3.0, random) for _ in range(40)])
    lit = room * 0.7 + 40.0
    watch(gate, [with_noise(lit, 3.0, random) for _ in range(2)], 8.0)
    walk = [with_noise(put_person(lit, 10 + 3 * step), 3.0, random) for step in range(10)]
    assert any(motion.is_moving for motion in watch(gate, walk, 8.4))


def test_motion_gate_stays_shut_in_rain() -> None:
    random, room, gate = np.random.default_rng(5), draw_room(), MotionGate(0.5)

    def rain() -> Iterator[NDArray[np.uint8]]:
        for _ in range(150):
            frame = room.copy()
            for row, column in zip(random.integers(0, 80, 60), random.integers(0, GATE_WIDTH, 60), strict=True):
                frame[row : row + 8, column] += 60.0
            yield with_noise(frame, 3.0, random)

    assert sum(motion.is_moving for motion in watch(gate, list(rain()))) <= 1


def test_motion_gate_forgets_what_stays() -> None:
    random, room, gate = np.random.default_rng(6), draw_room(), MotionGate(0.5)
    watch(gate, [with_noise(room, 3.0, random) for _ in range(40)])
    parked = [with_noise(put_person(room, 60, width=40, height=30), 3.0, random) for _ in range(20)]
    seen = watch(gate, parked, 8.0)
    assert seen[0].moving_px > 500
    assert not any(motion.is_moving for motion in seen)


def test_motion_gate_needs_less_when_it_is_more_sensitive() -> None:
    room = draw_room()

    def count(sensitivity: float) -> int:
        random, gate = np.random.default_rng(7), MotionGate(sensitivity)
        watch(gate, [with_noise(room, 2.0, random) for _ in range(30)])
        far = [with_noise(put_person(room, 10 + 2 * step, width=4, height=8), 2.0, random) for step in range(20)]
        return sum(motion.is_moving for motion in watch(gate, far, 6.0))

    assert count(0.0) == 0
    assert count(1.0) >= 15


def test_motion_gate_counts_moving_pixels_inside_zones() -> None:
    random, room = np.random.default_rng(8), draw_room()
    gate = MotionGate(0.5, draw_zones([LEFT], GATE_WIDTH, GATE_HEIGHT))
    watch(gate, [with_noise(room, 2.0, random) for _ in range(30)])
    left = watch(gate, [with_noise(put_person(room, 10 + 3 * step), 2.0, random) for step in range(10)], 6.0)
    right = watch(gate, [with_noise(put_person(room, 100 + 3 * step), 2.0, random) for step in range(10)], 8.2)
    assert add_up_zones(left)["left"] > 0.95
    assert add_up_zones(right[1:])["left"] < 0.05
    assert add_up_zones([Motion()]) == {}


def grey_frames(path: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    due_s = 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            time_s = float(frame.time or 0.0)
            if time_s >= due_s:
                due_s += STEP_S
                yield time_s, frame.reformat(GATE_WIDTH, GATE_HEIGHT, "gray").to_ndarray().astype(np.uint8)


@pytest.mark.data
def test_motion_gate_lets_the_fights_pass(data_dir: Path) -> None:
    clips = sorted((data_dir / "cctv" / "clips").glob("fi*.mp4"))[:40]
    passed = 0
    for clip in clips:
        gate = MotionGate(0.5)
        passed += any(gate.see(frame, time_s).is_moving for time_s, frame in grey_frames(clip))
    assert passed == len(clips)


@pytest.mark.data
def test_motion_gate_stays_shut_on_a_real_frame_that_stands_still(data_dir: Path) -> None:
    random = np.random.default_rng(9)
    for clip in sorted((data_dir / "cctv" / "clips").glob("nofi*.mp4"))[:10]:
        _, frame = next(iter(grey_frames(clip)))
        still = [with_noise(frame.astype(np.float32), 3.0, random) for _ in range(40)]
        assert not any(motion.is_moving for motion in watch(MotionGate(0.5), still))
