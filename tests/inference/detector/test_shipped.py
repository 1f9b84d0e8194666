"""The detector that ships is whole, small, licensed, and finds people."""

from itertools import islice
from pathlib import Path

import pytest

from instantreact.inference.detector import load_detector
from instantreact.media.pictures import open_pictures
from instantreact.model_wiring import SHIPPED_DETECTOR

LARGEST_BUNDLE = 4_000_000


def test_shipped_detector_is_small_and_says_where_it_comes_from() -> None:
    bundle = load_detector(SHIPPED_DETECTOR).bundle

    assert sum(file.stat().st_size for file in SHIPPED_DETECTOR.iterdir()) <= LARGEST_BUNDLE
    assert bundle.licences[0].licence == "Apache-2.0"
    assert "Apache License" in (SHIPPED_DETECTOR / "LICENSE.yolox").read_text()
    assert len(bundle.labels) == 80
    assert not {"face", "licence plate", "license plate"} & set(bundle.labels)


@pytest.mark.data
def test_shipped_detector_finds_people_where_they_are(data_dir: Path) -> None:
    detector = load_detector(SHIPPED_DETECTOR)
    with open_pictures(data_dir / "cctv" / "clips" / "nofi026.mp4") as reader:
        (frame,) = (picture.bgr()[..., ::-1] for picture in islice(reader.pictures(), 34, 35))

    found = detector.detect([frame], [1.0], labels={"person"})

    assert 5 <= len(found) <= 7  # six were counted
    assert all(
        0.15 < each.box.left < each.box.right < 0.65 for each in found
    )  # beside the street, not in the frame's edge
