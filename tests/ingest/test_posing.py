"""At a camera people's poses are looked at where somebody may fall while something moves, and at no other time."""

from collections.abc import Iterable
from typing import cast

import numpy as np
import pytest

from instantreact.domain.media import Glance, GlancePlan, Images
from instantreact.domain.observation import Box, Detection
from instantreact.domain.pose import Pose
from instantreact.domain.rule import ConceptCondition, Criteria
from instantreact.inference.concepts import Calibration
from instantreact.inference.detector.deployed import DeployedDetector, DetectorLoader
from instantreact.inference.detector.preprocess import Placement
from instantreact.inference.poses.deployed import DeployedPoses
from instantreact.inference.poses.estimator import PosePicture
from instantreact.inference.poses.falls import score_fall
from instantreact.ingest.looking import LookDemand, find_demand
from instantreact.ingest.watched import SeenLive
from tests.inference.detector.made import make_bundle
from tests.inference.poses.people import OPTIONS, fall
from tests.ingest.still_footage import watch_drawn

SHORT = OPTIONS.model_copy(update={"least_s": 0.5, "least_looks": 3, "calibration": Calibration(slope=30, offset=-3)})
"""The windows of these tests are short."""
UNASKED = LookDemand()


class Falling:
    """Sees somebody fall again and again, and remembers when it looked."""

    every_s = 0.25

    def __init__(self) -> None:
        self.looked: list[float] = []

    def plan(self, every_s: float) -> GlancePlan:
        return GlancePlan(every_s, 32, 32)

    def prepare(self, glance: Glance) -> PosePicture:
        return PosePicture(glance.time_s, glance.image, Placement(), glance.aspect)

    def look(self, picture: PosePicture) -> list[Pose]:
        self.looked.append(picture.time_s)
        return [fall(picture.time_s, at_s=2.6)]

    def score(self, poses: Iterable[Pose], end_s: float) -> dict[str, float]:
        seen = list(poses)
        return {"fall": score_fall(seen, SHORT), "lying": float(bool(seen))}


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> DeployedDetector:
    """Sees a person in whatever is bright."""
    folder = make_bundle(tmp_path_factory.mktemp("detector"), [[0.3, 0.2, 0.5, 0.9]], [[0.9, 0.0]], input={"fill": 0})
    return DetectorLoader(folder, min_score=0.5).get()


class Boxes:
    """A detector that sees somebody stand, and from `falls_s` on lie."""

    labels = ("person",)
    min_score = 0.5

    def __init__(self, falls_s: float) -> None:
        self.falls_s = falls_s

    def plan(self, every_s: float) -> GlancePlan:
        return GlancePlan(every_s, 32, 32)

    def look(self, glance: Glance) -> list[Detection]:
        box = Box(0.3, 0.2, 0.5, 0.8) if glance.time_s < self.falls_s else Box(0.2, 0.7, 0.8, 0.9)
        return [Detection("person", 0.9, box, glance.time_s)]


def watch(
    falling: Falling,
    detector: DeployedDetector | None,
    bright: int,
    *,
    moves: bool = True,
    demand: LookDemand = UNASKED,
) -> list[SeenLive]:
    """What is told of a black picture in which something of that brightness goes to and fro."""

    def draw(time_s: float) -> Images:
        picture = np.zeros((48, 64, 3), np.uint8)
        left = 4 * abs(round(time_s * 8) % 20 - 10) if moves else 0
        picture[16:40, left : left + 20] = bright
        return picture

    poses = cast("DeployedPoses", falling)
    return watch_drawn(draw, detector, until_s=6.0, demand=demand, every_s=0.125, poses=poses)


def test_pictures_are_looked_at_four_times_a_second_where_somebody_may_fall_and_a_fall_is_told() -> None:
    falling = Falling()

    seen = watch(falling, cast("DeployedDetector", Boxes(falls_s=3.0)), 255)

    gaps = [after - before for before, after in zip(falling.looked, falling.looked[1:], strict=False)]
    assert min(gaps) >= 0.24
    assert 2.0 <= falling.looked[0] <= 3.2 <= falling.looked[-1] <= 5.0
    assert falling.looked == sorted(set(falling.looked))
    assert max(each.observation.concepts["fall"] for each in seen) > 0.5


def test_who_stands_all_the_time_is_not_looked_at_and_tells_a_low_score(detector: DeployedDetector) -> None:
    falling = Falling()

    seen = watch(falling, detector, 255)

    assert falling.looked == []
    assert {each.observation.concepts["fall"] for each in seen} == {score_fall([], SHORT)}
    assert not any("lying" in each.observation.concepts for each in seen)  # nobody has looked


def test_who_stands_or_lies_all_the_time_is_looked_at_where_a_rule_asks_who_lies(detector: DeployedDetector) -> None:
    falling = Falling()
    asked = find_demand([Criteria((ConceptCondition("lying"),))])

    seen = watch(falling, detector, 255, demand=asked)

    assert (asked.who_lies, find_demand([Criteria((ConceptCondition("fall"),))]).who_lies) == (True, False)
    assert len(falling.looked) >= 12
    assert max(each.observation.concepts["lying"] for each in seen) == 1.0


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
