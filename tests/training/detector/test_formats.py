"""Boxes of VOC, COCO and YOLO become the same boxes; what cannot be meant is told and left out."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.errors import InvalidInput, UnreadableMedia
from instantreact.training.detector.formats.load import BoxFormat, load_pictures, recognise
from instantreact.training.detector.formats.yolo import load_yolo
from instantreact.training.detector.pictures import (
    LabelMap,
    MarkedBox,
    PictureSet,
    left_out,
    read_picture,
    read_size,
    what_is_wrong,
)
from tests.conftest import DATA_DIR
from tests.training.detector.drawn import LABELS, SIDE, DrawnThing, draw_voc, write_voc

NAMES = LabelMap({"disc": ("disc", "ball"), "square": ("square",)})
THING = DrawnThing("square", 12, 24, 48, 72)


def save_picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((SIDE, SIDE, 3), 127, np.uint8))


def write_one(folder: Path, kind: BoxFormat) -> Path:
    """The same thing in each format, in the part train."""
    if kind is BoxFormat.VOC:
        save_picture(folder / "JPEGImages" / "one.jpg")
        write_voc(folder, "one", [THING])
        (folder / "ImageSets" / "Main").mkdir(parents=True)
        (folder / "ImageSets" / "Main" / "train.txt").write_text("one  1\n\n")
    elif kind is BoxFormat.COCO:
        save_picture(folder / "train2017" / "one.jpg")
        write_coco(folder, [{"image_id": 7, "category_id": 3, "bbox": [12, 24, 36, 48]}])
    else:
        save_picture(folder / "images" / "train2017" / "one.jpg")
        write_yolo(folder, "1 0.3125 0.5 0.375 0.5\n")
    return folder


def write_coco(folder: Path, annotations: list[dict[str, object]]) -> None:
    stated = {
        "images": [{"id": 7, "file_name": "one.jpg", "width": 1, "height": 1}],
        "categories": [{"id": 3, "name": "square"}, {"id": 9, "name": "ball"}],
        "annotations": annotations,
    }
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    (folder / "annotations" / "instances_train2017.json").write_text(json.dumps(stated))


def write_yolo(folder: Path, lines: str) -> None:
    (folder / "labels" / "train2017").mkdir(parents=True, exist_ok=True)
    (folder / "labels" / "train2017" / "one.txt").write_text(lines)
    (folder / "data.yaml").write_text("names: {0: ball, 1: square}\n")


def load(folder: Path) -> PictureSet:
    return load_pictures(folder, ["train"], NAMES)


@pytest.mark.parametrize("kind", BoxFormat)
def test_every_format_gives_the_same_box(tmp_path: Path, kind: BoxFormat) -> None:
    folder = write_one(tmp_path, kind)

    (picture,) = load(folder).pictures

    assert recognise(folder) is kind
    assert picture.boxes.tolist() == [[0.125, 0.25, 0.5, 0.75]]
    assert picture.labels.tolist() == [1]
    assert picture.size == (SIDE, SIDE)
    assert read_picture(picture.path).shape == (SIDE, SIDE, 3)


def test_voc_says_what_is_difficult_and_what_it_leaves_out(tmp_path: Path) -> None:
    folder = draw_voc(tmp_path, {"train": 4})
    write_voc(folder, "000001", [THING], difficult=True)
    write_voc(folder, "000002", [DrawnThing("square", 50, 10, 20, 30), DrawnThing("ball", 0, 0, 40, SIDE)])
    write_voc(folder, "000003", [DrawnThing("disc", 0, 0, 3 * SIDE, 30), DrawnThing("cat", 1, 1, 9, 9)])
    annotation = folder / "Annotations" / "000004.xml"
    annotation.write_text(annotation.read_text()[:-30])

    found = load(folder)

    difficult, ball, nothing = found.pictures
    assert difficult.difficult.tolist() == [True]
    assert ball.labels.tolist() == [0]
    assert len(nothing.boxes) == 0
    assert found.unnamed == 1
    assert found.complaints == (
        "000002: a box of square has no area",
        "000003: a box of disc reaches beyond the picture",
        "000004: its annotation cannot be read.",
    )


def test_voc_boxes_counted_from_0_begin_at_the_edge(tmp_path: Path) -> None:
    folder = draw_voc(tmp_path, {"train": 1})
    write_voc(folder, "000001", [DrawnThing("disc", -1, -1, 40, SIDE)])

    found = load(folder)

    assert found.pictures[0].boxes[0, :2].tolist() == [0, 0]
    assert not found.complaints


def test_coco_crowds_are_marked_and_nonsense_is_told(tmp_path: Path) -> None:
    folder = write_one(tmp_path, BoxFormat.COCO)
    boxes: list[dict[str, object]] = [
        {"bbox": [0, 0, 50, 50], "category_id": 9, "iscrowd": 1},
        {"bbox": [0, 0, 50], "category_id": 9},
        {"bbox": [0, 0, -5, 5], "category_id": 9},
        {"bbox": [0, 0, 5, 5], "category_id": 99},
    ]
    write_coco(folder, [{**box, "image_id": 7} for box in boxes])

    found = load(folder)

    assert found.pictures[0].crowd.tolist() == [True]
    assert found.complaints == ("one.jpg: a box of ball cannot be read", "one.jpg: a box of ball has no area")
    assert left_out(found) == [*found.complaints, "1 boxes of names that are of no label"]


def test_yolo_lines_that_are_no_boxes_are_told(tmp_path: Path) -> None:
    folder = write_one(tmp_path, BoxFormat.YOLO)
    write_yolo(folder, "0 0.5 0.5 0.2 0.2\n\n0 0.5 0.5\n9 0.5 0.5 0.2 0.2\n-1 0.5 0.5 0.2 0.2\n0 nan 0.5 0.2 0.2\n")

    found = load(folder)

    assert found.pictures[0].labels.tolist() == [0]
    assert [complaint.split(":")[1].split(" is ")[0].strip() for complaint in found.complaints] == [
        "line 3",
        "line 4",
        "line 5",
        "a box of ball has a side that",
    ]


def test_a_picture_that_is_none_is_told_and_left_out(tmp_path: Path) -> None:
    folder = draw_voc(tmp_path, {"train": 2})
    (folder / "JPEGImages" / "000001.jpg").write_bytes(b"no picture")

    found = load(folder)

    assert [picture.name for picture in found.pictures] == ["000002"]
    assert found.complaints == ("000001: The picture 000001.jpg cannot be read, or breaks off.",)
    with pytest.raises(UnreadableMedia):
        read_picture(folder / "JPEGImages" / "000001.jpg")


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_a_picture_that_breaks_off_is_told_and_left_out(tmp_path: Path, ending: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)
    whole = cv2.imencode(ending, noise)[1].tobytes()
    path = tmp_path / f"one{ending}"
    path.write_bytes(whole)
    assert read_size(path) == (300, 300)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableMedia, match="breaks off"):
        read_size(path)


def test_marks_that_are_no_text_are_told(tmp_path: Path) -> None:
    for kind in ("images", "labels"):
        (tmp_path / kind / "train").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "images/train/one.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "labels/train/one.txt").write_bytes(b"\xbb\x00")
    (tmp_path / "classes.txt").write_text("ball\n")
    assert load_yolo(tmp_path, "train", NAMES).complaints == ("one: one.txt is no text",)


def test_parts_of_several_folders_are_joined(tmp_path: Path) -> None:
    draw_voc(tmp_path / "VOC2007", {"trainval": 2})
    draw_voc(tmp_path / "VOC2012", {"trainval": 3})

    assert len(load_pictures(tmp_path, ["VOC2007:trainval", "VOC2012:trainval"], NAMES).pictures) == 5


@pytest.mark.parametrize(
    ("part", "complaint"), [("val", "list .*val.txt"), ("nowhere:train", "no data set with boxes")]
)
def test_what_is_not_there_is_named(tmp_path: Path, part: str, complaint: str) -> None:
    folder = draw_voc(tmp_path, {"train": 1})

    with pytest.raises(InvalidInput, match=complaint):
        load_pictures(folder, [part], NAMES)


SIDES = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(st.tuples(SIDES, SIDES, SIDES, SIDES))
def test_a_box_that_is_kept_lies_in_the_picture_and_has_an_area(sides: tuple[float, float, float, float]) -> None:
    box = MarkedBox("disc", *sides)

    if what_is_wrong(box) is None:
        left, top, right, bottom = np.clip(sides, 0, 1)
        assert left < right
        assert top < bottom


@pytest.mark.data
def test_the_real_sets_are_read_whole() -> None:
    people = LabelMap({name: (name,) for name in ("person", "undeflect", "deflection")})
    pedestrians = [load_pictures(DATA_DIR / "pedestrians", [part], people) for part in ("train", "val", "test")]
    coco = load_pictures(DATA_DIR / "coco256", ["val2017"], LabelMap({"person": ("person",)}))

    assert [len(part.pictures) for part in pedestrians] == [517, 518, 534]
    assert not any(part.complaints or part.unnamed for part in pedestrians)
    assert len(coco.pictures) == 128
    assert not coco.complaints


def test_labels_of_the_drawn_pictures_are_known() -> None:
    assert set(LABELS) == set(NAMES.labels)
