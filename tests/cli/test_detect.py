"""`instantreact detect` as people use it, on pictures and clips, and what it says of files that are neither."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from instantreact.cli.app import app
from instantreact.errors import InstantReactError, InvalidInput, MediaError, TooLarge
from instantreact.media import stills
from instantreact.media.pictures import open_pictures
from tests.inference.detector.made import make_bundle
from tests.media.clips import Drawing, make_clip

BOXES = [[0.1, 0.1, 0.3, 0.4], [0.5, 0.1, 0.9, 0.5]]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "bundle", BOXES, [[0.9, 0.0], [0.2, 0.6]], input={"fit": "stretch"})


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "white.png"), np.full((240, 320, 3), 255, np.uint8))
    return tmp_path / "white.png"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "a.mp4", Drawing(width=320, height=240, duration_s=2.0))


def detect(*arguments: object) -> Result:
    result = CliRunner().invoke(app, ["detect", *map(str, arguments)])
    if isinstance(result.exception, InstantReactError):
        raise result.exception
    return result


def detect_json(*arguments: object) -> dict[str, Any]:
    found = json.loads(detect(*arguments, "--json").output)
    assert isinstance(found, dict)
    return found


def test_detect_tells_what_is_seen_in_a_picture_and_where(picture: Path, bundle: Path) -> None:
    found = detect_json(picture, "--bundle", bundle)

    assert found["bundle"] == {"name": "made-up", "version": "1"}
    (frame,) = found["frames"]
    assert frame["time_s"] == 0
    assert frame["detections"][0] == {
        "label": "person",
        "score": 0.9,
        "box": {"left": 0.1, "top": 0.1, "right": 0.3, "bottom": 0.4},
    }
    told = detect(picture, "--bundle", bundle).output.splitlines()
    assert [line.split()[2:4] for line in told] == [["person", "0.90"], ["knife", "0.60"]]


def test_detect_leaves_out_what_is_not_asked_for(picture: Path, bundle: Path) -> None:
    def labels(*arguments: object) -> list[str]:
        (frame,) = detect_json(picture, "--bundle", bundle, *arguments)["frames"]
        return [each["label"] for each in frame["detections"]]

    assert labels("--min-score", 0.1) == ["person", "knife", "person"]
    assert labels("--min-score", 0.1, "--top", 1) == ["person"]
    assert labels("--label", "knife") == ["knife"]
    assert "nothing" in detect(picture, "--bundle", bundle, "--min-score", 1).output


def test_detect_draws_into_a_picture_of_its_own(picture: Path, bundle: Path, tmp_path: Path) -> None:
    before = picture.read_bytes()

    detect(picture, "--bundle", bundle, "--draw", tmp_path / "drawn.jpg")

    drawn = cv2.imread(str(tmp_path / "drawn.jpg"))
    assert drawn is not None
    assert drawn.shape == (240, 320, 3)
    assert (drawn < 200).any()
    assert picture.read_bytes() == before


def test_detect_looks_at_a_clip_every_so_often_and_draws_a_clip(clip: Path, bundle: Path, tmp_path: Path) -> None:
    found = detect_json(clip, "--bundle", bundle, "--every-s", 0.5, "--draw", tmp_path / "drawn.mp4")

    assert [frame["time_s"] for frame in found["frames"]] == pytest.approx([0, 0.5, 1, 1.5], abs=0.05)
    with open_pictures(tmp_path / "drawn.mp4") as reader:
        drawn = [picture.bgr().shape for picture in reader.pictures()]
    assert drawn == [(240, 320, 3)] * 4


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("picture.jpg", b"PK\x03\x04 neither", "called like a picture"),
        ("empty.webp", b"", "called like a picture"),
        ("picture.png", b"\x89PNG\r\n\x1a\n and then nothing", "picture"),
        ("cut.jpg", b"\xff\xd8\xff", "picture"),
        ("empty.mp4", b"", "not a clip"),
    ],
)
def test_detect_says_what_is_wrong_with_a_file(
    tmp_path: Path, bundle: Path, name: str, content: bytes, complaint: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=complaint):
        detect(tmp_path / name, "--bundle", bundle)


def test_detect_refuses_a_picture_that_is_too_large(
    picture: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "MAX_PIXELS", 10_000)
    with pytest.raises(TooLarge, match="320x240"):
        detect(picture, "--bundle", bundle)


def test_a_photograph_may_have_more_pixels_than_a_frame(bundle: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.jpg"), np.zeros((3000, 4000, 3), np.uint8))
    (seen,) = detect_json(tmp_path / "photo.jpg", "--bundle", bundle)["frames"]
    assert seen["time_s"] == 0


def test_detect_refuses_to_draw_over_what_it_looks_at_and_where_it_cannot(
    picture: Path, clip: Path, bundle: Path, tmp_path: Path
) -> None:
    for file, output, complaint in [
        (picture, picture, "is the file"),
        (picture, tmp_path / "drawn.mp4", "must end in one of"),
        (clip, tmp_path / "drawn.png", r"must end in \.mp4"),
        (picture, tmp_path / "nowhere" / "drawn.png", "cannot be written"),
        (picture, tmp_path, "cannot be written"),
    ]:
        with pytest.raises(InvalidInput, match=complaint):
            detect(file, "--bundle", bundle, "--draw", output)


def test_detect_names_the_nearest_label_that_the_bundle_knows(picture: Path, bundle: Path) -> None:
    with pytest.raises(InvalidInput, match=r"Did you mean knife\? It knows person, knife"):
        detect(picture, "--bundle", bundle, "--label", "knives")
