"""What templates say that they need is what scores them; a crowd is people who stay."""

from dataclasses import replace
from pathlib import Path

import pytest

from instantreact.api.schemas.rule_templates import RuleTemplateView, list_templates, list_usable
from instantreact.domain.capabilities import BundleKind, Capabilities, LoadedBundle
from instantreact.domain.media import Window
from instantreact.domain.observation import Box, Detection, Observation
from instantreact.domain.rule import Criteria, ObjectCondition
from instantreact.inference.bundle import load_bundle
from instantreact.inference.detector.deployed import DetectorLoader
from instantreact.inference.poses import load_poses_bundle
from instantreact.media.sandbox import ClipDecoder
from instantreact.model_wiring import SHIPPED_BUNDLE, SHIPPED_DETECTOR, SHIPPED_POSES
from instantreact.pipeline.following import Following
from instantreact.rules.match import match
from instantreact.rules.tracking.things import ThingTracker
from tests.observations import make_observation

TEMPLATES = {each.id: each for each in list_templates()}
NEEDED = {"caption": "captions", "speech": "speech", "object": "detector", "absence": "detector"}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_template_needs_what_scores_its_conditions(template: RuleTemplateView) -> None:
    by_poses = load_poses_bundle(SHIPPED_POSES).concepts.names
    scored_by = dict.fromkeys(load_bundle(SHIPPED_BUNDLE).concepts.names, "captions") | dict.fromkeys(by_poses, "poses")

    needs = {
        scored_by[each.concept] if each.kind == "concept" else NEEDED[each.kind] for each in template.rule.conditions
    }

    assert needs == {template.needs}


def test_template_of_a_concept_that_nobody_knows_is_left_out() -> None:
    captioner = LoadedBundle("captioner", "1", {"fight": ("fight",), "fall": ("fall",)}, 1)
    poses = LoadedBundle("poses", "1", {"fall": ("fall",), "lying": ("lying",)}, 1, kind=BundleKind.POSES)
    alone = Capabilities((captioner,))

    assert TEMPLATES.keys() - {each.id for each in list_usable(alone)} == {"lying"}
    assert [each.id for each in list_usable(alone.with_poses(poses))] == list(TEMPLATES)


def watch(seconds: float, people: int, *, pace: float) -> Observation:
    """So many people in a row who go so many of their widths a second, seen twice a second; the last four seconds."""
    tracker = ThingTracker(("person",))
    looks = [step / 2 for step in range(round(2 * seconds) + 1)]
    for time_s in looks:
        lefts = [0.1 + 0.15 * number + 0.1 * pace * time_s for number in range(people)]
        boxes = [Box(left, 0.4, left + 0.1, 0.8) for left in lefts if left + 0.1 <= 1.0]
        tracker.see(time_s, [Detection("person", 0.5, box, time_s) for box in boxes], aspect=1.5)
    window = Window(0, max(0.0, looks[-1] - 4.0), looks[-1])
    return replace(make_observation(), window=window, presence=tracker.presence_within(window))


def test_crowd_is_five_people_who_stay_for_ten_seconds() -> None:
    crowd = TEMPLATES["crowd"].rule.to_changes()["criteria"]

    assert match(crowd, watch(12.0, 5, pace=0.0))
    assert not match(crowd, watch(6.0, 5, pace=0.0))
    assert not match(crowd, watch(12.0, 4, pace=0.0))
    assert not match(crowd, watch(12.0, 5, pace=0.5))


@pytest.mark.data
def test_many_people_are_counted_in_real_footage_as_the_crowd_counts(decoder: ClipDecoder, data_dir: Path) -> None:
    """A square full of people, and two in a room; the clips are too short to see anybody stay."""
    (crowd,) = TEMPLATES["crowd"].rule.to_changes()["criteria"].conditions
    assert isinstance(crowd, ObjectCondition)
    there = Criteria((replace(crowd, for_s=0.0),))
    detector = DetectorLoader(SHIPPED_DETECTOR, labels=["person"]).get()
    sampling = load_bundle(SHIPPED_BUNDLE).sampling
    held = {}
    for name in ("fi018", "nofi010"):
        following = Following.begin(detector, None)
        assert following is not None
        clip = data_dir / "cctv" / "clips" / f"{name}.mp4"
        for window in decoder.decode(clip, sampling, following.plan(0.5)):
            following.look(window.glances)
        seen = following.tell(replace(make_observation(), window=Window(0, 0.0, 4.0)))
        held[name] = match(there, seen) is not None

    assert held == {"fi018": True, "nofi010": False}
