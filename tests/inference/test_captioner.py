"""The shipped captioner on drawn frames, and on real footage."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.domain.media import Images
from instantreact.domain.mention import mention_probability, mentions
from instantreact.domain.observation import Caption
from instantreact.inference.bundle import load_bundle
from instantreact.inference.captioner import Captioner, FrameFeatures, calibrate, choose_caption, merge_samples
from instantreact.inference.concepts import Calibration
from instantreact.media.frames import sample_frames
from tests.conftest import REPOSITORY

SHIPPED = REPOSITORY / "models" / "captioner"


@pytest.fixture(scope="module")
def captioner() -> Captioner:
    return Captioner(load_bundle(SHIPPED))


def make_frames(captioner: Captioner, count: int, seed: int = 0) -> tuple[Images, Images]:
    """A grey room with a bright square that moves: images (N, S, S, 3) and earlier (N, G, S, S, 3)."""
    plan = captioner.bundle.sampling
    size, gaps = plan.image_size, len(plan.gaps_s)
    frames = np.full((count + gaps, size, size, 3), 90, np.uint8)
    for number, frame in enumerate(frames):
        left = (7 * number + seed) % (size // 2)
        frame[size // 3 : size // 2, left : left + size // 4] = 230
    earlier = [frames[gaps - gap - 1 : gaps - gap - 1 + count] for gap in range(gaps)]
    return frames[gaps:], np.stack(earlier, axis=1)


def encode(captioner: Captioner, count: int) -> FrameFeatures:
    return captioner.encode_frames(*make_frames(captioner, count))


def test_features_of_a_frame_do_not_depend_on_the_window(captioner: Captioner) -> None:
    images, earlier = make_frames(captioner, 9)

    together = captioner.encode_frames(images, earlier)
    apart = np.concatenate([captioner.encode_frames(images[at : at + 4], earlier[at : at + 4]) for at in (0, 4, 8)])

    assert together.dtype == np.float32
    assert np.allclose(together, apart, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 16, 40])
def test_describe_takes_windows_of_any_length(captioner: Captioner, count: int) -> None:
    description = captioner.describe(encode(captioner, count))

    assert description.caption.text
    assert 0 < description.caption.score <= 1
    assert sum(hypothesis.probability for hypothesis in description.hypotheses) == pytest.approx(1)
    assert set(description.concepts) == {"fight", "fall", "fire"}
    assert all(0 <= probability <= 1 for probability in description.concepts.values())


def test_describe_scores_a_concept_that_is_not_calibrated_by_the_share_of_samples(captioner: Captioner) -> None:
    head = captioner.bundle.concepts
    people = head.model_copy(update={"words": {**head.words, "fire": ("man", "men", "people")}})
    changed = Captioner(captioner.bundle.model_copy(update={"concepts": people}))

    description = changed.describe(encode(changed, 12))

    assert description.concepts["fire"] == mention_probability(description.hypotheses, ("man", "men", "people")) > 0
    assert description.concepts["fight"] == captioner.describe(encode(captioner, 12)).concepts["fight"]


def test_describe_repeats_itself(captioner: Captioner) -> None:
    features = encode(captioner, 6)

    assert captioner.describe(features) == captioner.describe(features)


def test_captioner_answers_several_threads_as_it_answers_one(captioner: Captioner) -> None:
    features = [encode(captioner, count) for count in (3, 5, 8, 12)]
    alone = [captioner.describe(one) for one in features]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(captioner.describe, features))

    assert together == alone


@pytest.mark.parametrize("threads", [2, 4])
def test_captioner_sees_with_several_threads_what_it_sees_with_one(captioner: Captioner, threads: int) -> None:
    frames = [make_frames(captioner, count, seed=count) for count in (1, 5, 9)]
    crowd = Captioner(captioner.bundle, threads=threads)

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(crowd.encode_frames, *zip(*frames, strict=True)))

    for features, one in zip(together, frames, strict=True):
        assert np.allclose(features, captioner.encode_frames(*one), atol=1e-4)


def test_merge_samples_counts_equal_sentences() -> None:
    merged = merge_samples(["b", "a", "b", "c"])

    assert [(hypothesis.text, hypothesis.probability) for hypothesis in merged] == [
        ("b", 0.5),
        ("a", 0.25),
        ("c", 0.25),
    ]


FIGHT, WALK = Caption("two men are fighting in a bar", 0.3), Caption("a man walks through a hallway", 0.2)


@pytest.mark.parametrize(
    ("probability", "agreement", "expected"),
    [(0.39, 0.4, WALK), (0.4, 0.4, FIGHT), (0.1, None, FIGHT)],
)
def test_choose_caption_takes_the_best_that_agrees_with_the_head(
    probability: float, agreement: float | None, expected: Caption
) -> None:
    assert choose_caption([FIGHT, WALK], {"fight": probability}, FIRST_CONCEPTS, agreement=agreement) == expected


def test_choose_caption_takes_the_words_that_it_is_given() -> None:
    walking = {"fight": ("walks",)}

    assert choose_caption([FIGHT, WALK], {"fight": 0.9}, walking, agreement=0.5) == WALK


def test_choose_caption_takes_the_best_where_none_agrees() -> None:
    assert choose_caption([WALK, WALK], {"fight": 0.9}, FIRST_CONCEPTS, agreement=0.4) == WALK


def test_choose_caption_agrees_with_every_calibrated_concept() -> None:
    fall = Caption("a man falls in a bar while two men fight", 0.1)

    assert choose_caption([FIGHT, WALK, fall], {"fight": 0.9, "fall": 0.9}, FIRST_CONCEPTS, agreement=0.5) == fall


@pytest.mark.parametrize("agreement", [0.001, 0.999])
def test_captions_follow_the_concept_score_when_the_bundle_asks_for_it(captioner: Captioner, agreement: float) -> None:
    decoding = captioner.bundle.decoding.model_copy(update={"agreement": agreement, "samples": 256})
    agreeing = Captioner(captioner.bundle.model_copy(update={"decoding": decoding}))

    description = agreeing.describe(encode(captioner, 12))

    mentioned = mentions(description.caption.text, captioner.bundle.concepts.words["fight"]) is not None
    assert mentioned == (description.concepts["fight"] >= agreement)
    assert 0 < description.caption.score <= 1
    assert agreeing.describe(encode(captioner, 12)) == description


@pytest.mark.parametrize(("logit", "expected"), [(0.0, 0.5), (-2.0, 1 / (1 + np.e**4)), (1e6, 1.0), (-1e6, 0.0)])
def test_calibrate_is_a_sigmoid_that_never_overflows(logit: float, expected: float) -> None:
    assert calibrate(logit, Calibration(slope=2.0, offset=0.0)) == pytest.approx(expected)


@pytest.mark.data
def test_captions_change_with_the_clip(captioner: Captioner, data_dir: Path) -> None:
    lines = (data_dir / "cctv" / "captions.jsonl").read_text().splitlines()
    records = [record for record in map(json.loads, lines) if record["split"] == "test"][::6]

    captions = set()
    for record in records:
        clip = data_dir / "cctv" / "clips" / f"{record['clip']}.mp4"
        sample = next(sample_frames(clip, captioner.bundle.sampling))
        captions.add(captioner.describe(captioner.encode_frames(sample.images, sample.earlier)).caption.text)

    assert len(captions) >= 4
