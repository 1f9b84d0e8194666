"""Who stays where they are, flat and not upright, lies; however they came there, and whoever else is there."""

from dataclasses import replace

import pytest

from instantreact.domain.pose import Pose
from instantreact.inference.concepts import Calibration
from instantreact.inference.poses.lying import LyingOptions, find_lying, score_lying
from tests.inference.poses.people import OPTIONS, fall, film, lie, sit, stand

LYING = LyingOptions(calibration=Calibration(slope=6.0, offset=-2.0))
LIES = film(lambda time_s: [lie(time_s, 0.5, 0.8)])


def find(poses: list[Pose], end_s: float = 4.0) -> float:
    return find_lying(poses, end_s, OPTIONS, LYING)


def test_who_lies_across_the_picture_is_flat_and_scores_high() -> None:
    assert find(LIES) > 0.7
    assert score_lying(LIES, 4.0, OPTIONS, LYING) > 0.9


@pytest.mark.parametrize(
    "poses",
    [
        film(lambda time_s: [stand(time_s)]),
        film(lambda time_s: [sit(time_s)]),
        film(lambda time_s: [stand(time_s, x=0.2 + 0.1 * time_s)]),
        film(lambda time_s: [replace(fall(3.6 - time_s), time_s=time_s)]),
        film(lambda time_s: [lie(time_s, 0.2 + 0.3 * time_s, 0.8)]),
        film(lambda time_s: [lie(time_s, 0.5, 0.8)] if time_s < 2.5 else []),
        [],
    ],
    ids=["stands", "sits", "walks", "has got up", "is drawn along", "is there too shortly", "nobody"],
)
def test_nobody_lies(poses: list[Pose]) -> None:
    assert find(poses) < 0.1
    assert score_lying(poses, 4.0, OPTIONS, LYING) < 0.2


def test_only_the_end_of_the_window_counts() -> None:
    falls = film(lambda time_s: [fall(time_s, at_s=1.0)])

    assert find(falls, end_s=4.0) > 0.7
    assert find(falls, end_s=1.5) < 0.1


def test_one_of_several_lies_and_the_others_change_nothing() -> None:
    around = film(lambda time_s: [lie(time_s, 0.5, 0.8), stand(time_s, x=1.2), stand(time_s, x=0.1 * time_s, feet=0.5)])

    assert find(around) == pytest.approx(find(LIES))
