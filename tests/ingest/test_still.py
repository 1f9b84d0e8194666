"""Nothing moves: somebody sits there, or nobody comes. Where a rule asks for it, a camera is looked at all the same."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import update

from instantreact.domain.camera import Mask, Point, Zone
from instantreact.domain.observation import Caption, Hypothesis
from instantreact.domain.rule import (
    AbsenceCondition,
    CaptionCondition,
    ConceptCondition,
    Condition,
    Criteria,
    ObjectCondition,
    PassageCondition,
)
from instantreact.inference.captioner import Description
from instantreact.inference.detector.deployed import DeployedDetector, DetectorLoader
from instantreact.ingest.filing import Filing
from instantreact.ingest.looking import LookDemand, find_demand
from instantreact.ingest.watched import SeenLive
from instantreact.ingest.windows import LiveWindow
from instantreact.pipeline.services import Services
from instantreact.storage.tables import Rule
from tests.inference.detector.made import make_bundle
from tests.ingest.filed import add_camera, add_rule, list_alerts, list_events
from tests.ingest.still_footage import watch_drawn
from tests.ingest.test_confirmed_live import want_no_clip

WHOLE = (Point(0.0, 0.0), Point(1.0, 0.0), Point(1.0, 1.0), Point(0.0, 1.0))
DESK = Zone("desk", (Point(0.2, 0.5), Point(0.6, 0.5), Point(0.6, 1.0), Point(0.2, 1.0)))
STILL = LookDemand(0.25, 2.0)


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> DeployedDetector:
    """Sees a person in the middle of whatever is bright: half of the frame's width is a third of the input's."""
    folder = make_bundle(tmp_path_factory.mktemp("detector"), [[0.3, 0.2, 0.5, 0.9]], [[0.9, 0.0]])
    return DetectorLoader(folder, min_score=0.5).get()


class Describing:
    """A model that is asked about moments, and counts how often."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def describe(self, moment: LiveWindow) -> Description:
        assert len(moment.samples) == 1
        self.asked.append(moment.window.end_s)
        text = "a man sits at a desk"
        return Description(Caption(text, 0.9), (Hypothesis(text, 1.0),), {"fight": 0.0})


async def file_all(services: Services, seen: Sequence[SeenLive], describing: Describing) -> None:
    filing = Filing(services, want_no_clip)
    for each in seen:
        if each.undescribed is None:
            await filing.file(each)
        else:
            await filing.file_still(each, describing.describe)
    await filing.finish()


async def set_rule(services: Services, *conditions: Condition, cooldown_s: float = 3600.0) -> str:
    await add_rule(services)
    async with services.database.unit_of_work() as session:
        await session.execute(update(Rule).values(criteria=Criteria(conditions), cooldown_s=cooldown_s))
    return await add_camera(services, Path("none.mp4"))


async def test_one_who_sits_still_for_five_minutes_is_one_thing_and_one_alert(
    services: Services, detector: DeployedDetector
) -> None:
    sitting = ObjectCondition("person", zone="desk", for_s=240.0), CaptionCondition(("sits",))
    camera_id = await set_rule(services, *sitting)
    seen = watch_drawn(lambda _: 255, detector, until_s=300.0, demand=STILL, zones=(DESK,), camera_id=camera_id)
    looks = [each for each in seen if each.undescribed]
    assert len(looks) == pytest.approx(150, abs=2)
    assert {thing.number for each in looks for thing in each.observation.presence.things} == {1}  # type: ignore[union-attr]
    describing = Describing()
    await file_all(services, seen, describing)
    (alert,) = await list_alerts(services)
    events = await list_events(services)
    first = next(event for event in events if event.id == alert.event_id)
    assert first.end_s >= 240.0
    assert first.start_s == pytest.approx(238.0, abs=2.1)
    assert first.caption == "a man sits at a desk"
    assert len(describing.asked) <= 2, "what is still is not described again and again"
    assert len(events) <= 2


async def test_nobody_at_the_desk_for_two_minutes_is_told_and_nobody_looks_where_no_rule_asks(
    services: Services, detector: DeployedDetector
) -> None:
    camera_id = await set_rule(services, AbsenceCondition("person", 120.0, "desk", min_score=0.5))
    leaves_s = 40.0
    seen = watch_drawn(
        lambda time_s: 255 if time_s < leaves_s else 60,
        detector,
        until_s=200.0,
        demand=STILL,
        zones=(DESK,),
        camera_id=camera_id,
    )
    await file_all(services, seen, Describing())
    (alert,) = await list_alerts(services)
    told = next(event for event in await list_events(services) if event.id == alert.event_id)
    assert told.start_s == pytest.approx(leaves_s + 118.0, abs=4.1)
    unasked = watch_drawn(lambda _: 255, detector, until_s=30.0, demand=LookDemand())
    assert unasked == []


async def test_without_a_rule_that_holds_nothing_is_filed(services: Services, detector: DeployedDetector) -> None:
    camera_id = await set_rule(services, ObjectCondition("person", min_count=2))
    seen = watch_drawn(lambda _: 255, detector, until_s=30.0, demand=STILL, camera_id=camera_id)
    describing = Describing()
    await file_all(services, seen, describing)
    assert (describing.asked, await list_events(services)) == ([], [])


def test_mask_hides_a_person_from_the_detector(detector: DeployedDetector) -> None:
    masked = watch_drawn(lambda _: 255, detector, until_s=10.0, demand=STILL, masks=(Mask(WHOLE),))
    assert masked
    assert all(each.observation.presence.things == () for each in masked if each.observation.presence)
    assert all(each.observation.detections == () for each in masked)


def test_windows_in_which_something_moves_have_their_detections_and_show_a_picture_that_was_looked_at(
    detector: DeployedDetector,
) -> None:
    flickers = watch_drawn(
        lambda time_s: 255 - 25 * (round(time_s * 4) % 2), detector, until_s=6.0, demand=LookDemand(0.25), every_s=0.25
    )
    for each in flickers:
        assert each.observation.presence is not None
        times = {found.time_s for found in each.observation.detections}
        assert each.picture.time_s in times


@pytest.mark.parametrize(
    ("conditions", "demand"),
    [
        ([ConceptCondition("fight")], LookDemand(1.0, None)),
        ([ObjectCondition("person", min_count=2)], LookDemand(0.5, 2.0)),
        ([ObjectCondition("person", for_s=10.0)], LookDemand(0.25, 2.0)),
        ([PassageCondition("person", zone="desk")], LookDemand(0.25, None)),
        ([AbsenceCondition("person", 60.0)], LookDemand(0.5, 2.0)),
    ],
    ids=lambda each: "" if isinstance(each, LookDemand) else each[0].kind,
)
def test_camera_is_looked_at_as_often_as_its_rules_need(conditions: list[Condition], demand: LookDemand) -> None:
    assert find_demand([Criteria((condition,)) for condition in conditions]) == demand


def test_a_detector_that_comes_later_looks_from_then_on(detector: DeployedDetector) -> None:
    asked: list[float] = []

    def draw(time_s: float) -> int:
        asked.append(time_s)
        return 255

    found = watch_drawn(draw, lambda: detector if asked[-1] >= 20.0 else None, until_s=40.0, demand=STILL)
    assert min(each.time_s for seen in found for each in seen.observation.detections) == pytest.approx(20.0, abs=0.6)
