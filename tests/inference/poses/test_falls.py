"""Who ends up much lower than they began has fallen, however large, wherever, and whoever else is there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.pose import Pose
from instantreact.inference.poses.falls import find_fall, follow, measure_drop, score_fall
from tests.inference.poses.people import OPTIONS, fall, film, lie, sit, stand

FALL = film(lambda time_s: [fall(time_s)])


def test_fall_is_nearly_half_a_body_and_scores_high() -> None:
    assert find_fall(FALL, OPTIONS) == pytest.approx(0.43, abs=0.03)
    assert score_fall(FALL, OPTIONS) > 0.7


@pytest.mark.parametrize(
    "poses",
    [
        film(lambda time_s: [stand(time_s)]),
        film(lambda time_s: [stand(time_s, x=0.2 + 0.1 * time_s)]),
        film(lambda time_s: [lie(time_s, 0.5, 0.8)]),
        film(lambda time_s: [replace(fall(4 - time_s), time_s=time_s)]),
        film(lambda time_s: [stand(time_s, feet=0.6 + 0.1 * time_s, length=0.3 + 0.05 * time_s)]),
        film(lambda time_s: [lie(time_s, 0.5, 0.6, turned_deg=min(80, 40 * time_s))]),  # bends down, or from above
        [],
    ],
    ids=["stands", "walks", "lies", "gets up", "walks towards the camera", "bends", "nobody"],
)
def test_nothing_drops_where_nobody_falls(poses: list[Pose]) -> None:
    assert find_fall(poses, OPTIONS) == pytest.approx(0, abs=0.02)
    assert score_fall(poses, OPTIONS) < 0.06


def test_who_sits_down_drops_less_than_who_falls() -> None:
    sitting = film(lambda time_s: [sit(time_s) if time_s > 2 else stand(time_s)])

    assert measure_drop(*follow(sitting, OPTIONS)) > 0.1
    assert find_fall(sitting, OPTIONS) < 0.1 * find_fall(FALL, OPTIONS)


@given(
    x=st.floats(-1, 1),
    y=st.floats(-0.2, 0.2),
    size=st.floats(0.1, 1.5),
    is_mirrored=st.booleans(),
    shift=st.floats(0, 1e4),
)
def test_drop_is_the_same_wherever_however_large_mirrored_and_whenever(
    x: float, y: float, size: float, is_mirrored: bool, shift: float
) -> None:
    turn = np.array([-size if is_mirrored else size, size])
    moved = [replace(pose, points=pose.points * turn + np.array([x, y]), time_s=pose.time_s + shift) for pose in FALL]

    assert find_fall(moved, OPTIONS) == pytest.approx(find_fall(FALL, OPTIONS), abs=1e-6)


@given(st.permutations(range(len(FALL))))
def test_order_in_which_poses_come_does_not_matter(order: list[int]) -> None:
    assert find_fall([FALL[index] for index in order], OPTIONS) == find_fall(FALL, OPTIONS)


@given(st.lists(st.tuples(st.floats(0, 4), st.floats(0, 2), st.floats(0, 1), st.floats(0, 1)), max_size=30))
def test_score_is_a_probability_and_no_lower_than_nobodys_whatever_is_seen(
    seen: list[tuple[float, float, float, float]],
) -> None:
    poses = [lie(time_s, x, y, turned_deg=360 * turn) for time_s, x, y, turn in seen]

    assert score_fall([], OPTIONS) <= score_fall(poses, OPTIONS) <= 1


def test_one_who_falls_is_told_beside_one_who_stands() -> None:
    both = film(lambda time_s: [stand(time_s, x=1.3), fall(time_s)])

    assert len(follow(both, OPTIONS)) == 2
    assert find_fall(both, OPTIONS) == pytest.approx(find_fall(FALL, OPTIONS))


def test_one_who_leaves_and_another_who_lies_elsewhere_are_no_fall() -> None:
    two = film(lambda time_s: [stand(time_s, x=0.3)] if time_s < 2 else [lie(time_s, 1.2, 0.85)])

    assert find_fall(two, OPTIONS) == pytest.approx(0, abs=1e-9)


def test_who_is_seen_too_little_too_unsurely_or_without_hips_is_not_judged() -> None:
    hidden = np.full(17, 0.7)
    hidden[11:13] = 0.1

    assert find_fall(FALL[6:9], OPTIONS) == 0
    assert find_fall([replace(pose, score=0.1) for pose in FALL], OPTIONS) == 0
    assert find_fall([replace(pose, scores=hidden) for pose in FALL], OPTIONS) == 0


def test_one_slip_of_the_estimator_makes_no_fall() -> None:
    standing = film(lambda time_s: [stand(time_s)])
    slipped = [*standing[:-2], lie(standing[-2].time_s, 0.5, 0.79), standing[-1]]

    assert score_fall(slipped, OPTIONS) < 0.2
