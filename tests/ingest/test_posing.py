"""At a camera people's poses are looked at while something moves and somebody is there, and at no other time."""

from collections.abc import Iterable
from typing import cast

import numpy as np
import pytest

from instantreact.domain.media import Glance, GlancePlan, Images
from instantreact.domain.pose import Pose
from instantreact.inference.concepts import Calibration
from instantreact.inference.detector.deployed import DeployedDetector, DetectorLoader
from instantreact.inference.poses.deployed import DeployedPoses
from instantreact.inference.poses.falls import score_fall
from instantreact.ingest.looking import LookDemand
from instantreact.ingest.watched import SeenLive
from tests.inference.detector.made import make_bundle
from tests.inference.poses.people import OPTIONS, fall
from tests.ingest.still_footage import watch_drawn

SHORT = OPTIONS.model_copy(update={"least_s": 0.5, "least_looks": 3, "calibration": Calibration(slope=30, offset=-3)})
"""The windows of these tests are short."""


class Falling:
    """Sees somebody fall again and again, and remembers when it looked."""

    every_s = 0.25

    def __init__(self) -> None:
        self.looked: list[float] = []

    def plan(self, every_s: float) -> GlancePlan:
        return GlancePlan(every_s, 32, 32)

    def look(self, glance: Glance) -> list[Pose]:
        self.looked.append(glance.time_s)
        return [fall(glance.time_s, at_s=2.6)]

    def score(self, poses: Iterable[Pose], end_s: float) -> dict[str, float]:
        return {"fall": score_fall(poses, SHORT)}


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> DeployedDetector:
    """Sees a person in whatever is bright."""
    folder = make_bundle(tmp_path_factory.mktemp("detector"), [[0.3, 0.2, 0.5, 0.9]], [[0.9, 0.0]], input={"fill": 0})
    return DetectorLoader(folder, min_score=0.5).get()


def watch(falling: Falling, detector: DeployedDetector | None, bright: int, *, moves: bool = True) -> list[SeenLive]:
    """What is told of a black picture in which something of that brightness goes to and fro."""

    def draw(time_s: float) -> Images:
        picture = np.zeros((48, 64, 3), np.uint8)
        left = 4 * abs(round(time_s * 8) % 20 - 10) if moves else 0
        picture[16:40, left : left + 20] = bright
        return picture

    poses = cast("DeployedPoses", falling)
    return watch_drawn(draw, detector, until_s=6.0, demand=LookDemand(), every_s=0.125, poses=poses)


def test_moving_camera_with_somebody_is_looked_at_four_times_a_second_and_a_fall_is_told(
    detector: DeployedDetector,
) -> None:
    falling = Falling()

    seen = watch(falling, detector, 255)

    gaps = [after - before for before, after in zip(falling.looked, falling.looked[1:], strict=False)]
    assert gaps
    assert min(gaps) >= 0.24
    assert len(falling.looked) >= 12
    assert max(each.observation.concepts["fall"] for each in seen) > 0.5


def test_moving_camera_where_nobody_is_seen_is_not_looked_at_and_tells_a_low_score(detector: DeployedDetector) -> None:
    falling = Falling()

    seen = watch(falling, detector, 50)

    assert falling.looked == []
    assert {each.observation.concepts["fall"] for each in seen} == {score_fall([], SHORT)}


def test_still_camera_is_not_looked_at_and_one_without_a_detector_is_while_something_moves(
    detector: DeployedDetector,
) -> None:
    still, alone = Falling(), Falling()

    watch(still, detector, 255, moves=False)
    watch(alone, None, 50)

    assert still.looked == []
    assert len(alone.looked) >= 12
