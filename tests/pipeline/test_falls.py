"""A man falls, another lies, a third sits down: one alert of each rule. What scores them is told with them."""

from dataclasses import replace
from pathlib import Path

import pytest

from instantreact.domain.happening import RuleMatched
from instantreact.domain.rule import ConceptCondition
from instantreact.inference.detector.deployed import DetectorLoader
from instantreact.inference.loader import CaptionerLoader
from instantreact.inference.poses.deployed import PosesLoader
from instantreact.media.sandbox import ClipDecoder
from instantreact.model_wiring import SHIPPED_BUNDLE, SHIPPED_DETECTOR, SHIPPED_POSES
from instantreact.pipeline.bundles import find_capabilities
from instantreact.pipeline.describe import describe_windows
from instantreact.pipeline.following import Following
from instantreact.pipeline.stopwatch import Stopwatch
from tests.pipeline.conftest import House

FALLS, LIES, SITS_DOWN = "gm_s3_fall15_w0", "gm_s2_fall13_w2", "gm_s3_adl18_w0"


@pytest.fixture
def looking(house: House) -> House:
    """With everything that ships."""
    services = replace(
        house.services,
        captioner=CaptionerLoader(SHIPPED_BUNDLE, threads=2),
        detector=DetectorLoader(SHIPPED_DETECTOR),
        poses=PosesLoader(SHIPPED_POSES),
    )
    return House(services, house.clock)


@pytest.mark.data
async def test_falling_and_lying_raise_an_alert_each_and_sitting_down_none(
    looking: House, decoder: ClipDecoder, data_dir: Path
) -> None:
    captioner = looking.services.captioner.get()
    await looking.add_recipient()
    for concept in ("fall", "lying"):
        await looking.add_rule(ConceptCondition(concept, 0.5), name=concept)
    scores = {}
    for name, alerts in ((SITS_DOWN, 0), (FALLS, 1), (LIES, 2)):
        following = Following.begin(
            looking.services.detector.find(), looking.services.poses.find(), asks_more=lambda: True
        )
        assert following is not None
        decoded = decoder.decode(
            data_dir / "cctv" / "clips" / f"{name}.mp4", captioner.bundle.sampling, following.plan(0.25)
        )
        clip = await looking.add_clip()
        for seen in describe_windows(decoded, captioner, Stopwatch(), following=following):
            await looking.see(clip, seen.observation)
            scores[name] = seen.observation.concepts
        assert len(await looking.alerts()) == alerts, name

    assert scores[SITS_DOWN]["fall"] < 0.1 < 0.5 < scores[FALLS]["fall"]
    assert scores[SITS_DOWN]["lying"] < 0.2 < 0.8 < scores[LIES]["lying"]
    told = {
        alert.happening.evidence[0].what: alert.happening.evidence[0].score
        for alert in await looking.alerts()
        if isinstance(alert.happening, RuleMatched)
    }
    assert told == pytest.approx({"fall": scores[FALLS]["fall"], "lying": scores[LIES]["lying"]})


async def test_concept_is_listed_with_the_bundle_that_scores_it_and_off_leaves_it_to_the_captioner(
    looking: House,
) -> None:
    services = looking.services
    captioner, _, poses = (await find_capabilities(services)).bundles
    assert (list(captioner.concepts), list(poses.concepts)) == (["fight", "fire"], ["fall", "lying"])

    (captioner, _) = (await find_capabilities(replace(services, poses=PosesLoader()))).bundles
    assert list(captioner.concepts) == ["fight", "fall", "fire"]
