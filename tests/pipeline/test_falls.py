"""A man falls, and another sits down: one alert. What scores falls is told with them."""

from dataclasses import replace
from pathlib import Path

import pytest

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

FALLS, SITS_DOWN = "gm_s3_fall15_w0", "gm_s3_adl18_w0"


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
async def test_fall_raises_an_alert_and_sitting_down_none(looking: House, decoder: ClipDecoder, data_dir: Path) -> None:
    captioner = looking.services.captioner.get()
    await looking.add_recipient()
    await looking.add_rule(ConceptCondition("fall", 0.5), name="A fall")
    scores = {}
    for name in (SITS_DOWN, FALLS):
        following = Following.begin(looking.services.detector.find(), looking.services.poses.find())
        assert following is not None
        decoded = decoder.decode(
            data_dir / "cctv" / "clips" / f"{name}.mp4", captioner.bundle.sampling, following.plan(0.25)
        )
        clip = await looking.add_clip()
        for seen in describe_windows(decoded, captioner, Stopwatch(), following=following):
            await looking.see(clip, seen.observation)
            scores[name] = seen.observation.concepts["fall"]
        assert len(await looking.alerts()) == (name == FALLS)

    assert scores[SITS_DOWN] < 0.1 < 0.5 < scores[FALLS]
    (evidence,) = await looking.the_evidence()
    assert evidence.score == pytest.approx(scores[FALLS])


async def test_concept_is_listed_with_the_bundle_that_scores_it_and_off_leaves_it_to_the_captioner(
    looking: House,
) -> None:
    services = looking.services
    captioner, _, poses = (await find_capabilities(services)).bundles
    assert (list(captioner.concepts), list(poses.concepts)) == (["fight", "fire"], ["fall"])

    (captioner, _) = (await find_capabilities(replace(services, poses=PosesLoader()))).bundles
    assert list(captioner.concepts) == ["fight", "fall", "fire"]
