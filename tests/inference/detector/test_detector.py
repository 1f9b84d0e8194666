"""Frames become boxes in shares of themselves; bundles that do not fit are refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instantreact.errors import BundleMismatch, BundleMissing
from instantreact.inference.bundle import MANIFEST, load_bundle
from instantreact.inference.detector import load_detector, load_detector_bundle
from tests.inference.detector.made import make_bundle

WHITE = np.full((40, 120, 3), 255, np.uint8)  # fills the width of the input, and half of its height


def test_detect_gives_boxes_in_shares_of_the_frame_cut_off_at_its_borders(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, [[0.25, 0.1, 0.5, 0.9]], [[0.8, 0.1]])

    (found,) = load_detector(folder).detect([WHITE], [3.5])

    assert (found.label, found.time_s) == ("person", 3.5)
    assert found.score == pytest.approx(0.8)
    assert (found.box.left, found.box.top, found.box.right, found.box.bottom) == pytest.approx((0.25, 0.2, 0.5, 1.0))


def test_detect_leaves_out_what_lies_beside_the_frame(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, [[0.1, 0.6, 0.2, 0.9]], [[0.8, 0.1]])

    assert load_detector(folder).detect([WHITE], [0]) == []


def test_detect_orders_by_time_then_score_and_keeps_one_of_each_thing(tmp_path: Path) -> None:
    boxes = [[0.1, 0.1, 0.3, 0.4], [0.11, 0.1, 0.3, 0.4], [0.6, 0.1, 0.8, 0.4]]
    folder = make_bundle(tmp_path, boxes, [[0.5, 0.0], [0.6, 0.4], [0.9, 0.2]])

    found = load_detector(folder).detect([WHITE, WHITE // 2], [2.0, 1.0], min_score=0.35)

    told = [(each.time_s, each.label, round(each.score, 2)) for each in found]
    assert told == [(1.0, "person", 0.45), (2.0, "person", 0.9), (2.0, "person", 0.6), (2.0, "knife", 0.4)]


def test_detect_looks_only_for_the_labels_it_is_given_and_knows(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, [[0.1, 0.1, 0.3, 0.4]], [[0.9, 0.8]])
    detector = load_detector(folder)

    assert [each.label for each in detector.detect([WHITE], [0], labels={"knife", "unicorn"})] == ["knife"]
    assert detector.detect([WHITE], [0], labels=()) == []
    assert detector.labels == ("person", "knife")


def test_detect_takes_frames_of_several_sizes_and_none(tmp_path: Path) -> None:
    detector = load_detector(make_bundle(tmp_path, [[0.0, 0.0, 0.2, 0.2]], [[0.9, 0.8]]))

    frames = [np.full((*size, 3), 255, np.uint8) for size in [(1, 1), (2000, 3), (3, 2000), (1080, 1920)]]
    assert {each.time_s for each in detector.detect(frames, [0, 1, 2, 3])} == {0, 1, 2, 3}
    assert detector.detect([], []) == []


def test_load_detector_names_the_setting_when_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match="INSTANTREACT_DETECTOR"):
        load_detector(tmp_path)


def test_load_detector_refuses_a_damaged_graph(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, [[0, 0, 1, 1]], [[1, 1]])
    (folder / "detector.onnx").write_bytes(b"no graph")

    with pytest.raises(BundleMismatch, match=r"detector\.onnx.*checksum"):
        load_detector(folder)


def test_load_bundle_refuses_a_detector(tmp_path: Path) -> None:
    with pytest.raises(BundleMismatch, match=r"kind: .*'captioner'"):
        load_bundle(make_bundle(tmp_path, [[0, 0, 1, 1]], [[1, 1]]))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda manifest: manifest.update(kind="captioner"), "kind: .*'detector'"),
        (lambda manifest: manifest.update(format=2), "format"),
        (lambda manifest: manifest.update(anchors=[]), "anchors"),
        (lambda manifest: manifest.update(labels=["person"]), "number of labels"),
        (lambda manifest: manifest.update(labels=["person", "person"]), "labels: .*once"),
        (lambda manifest: manifest.update(labels=["person", " "]), "labels: .*empty"),
        (lambda manifest: manifest["graphs"].clear(), "graphs are missing: detector"),
        (lambda manifest: manifest["graphs"]["detector"]["outputs"].pop("boxes"), "inputs or outputs"),
        (lambda manifest: manifest["graphs"]["detector"]["outputs"].update(boxes=["n", 1, 5]), "number of labels"),
        (lambda manifest: manifest["input"].update(width=64), "another size"),
        (lambda manifest: manifest["input"].update(std=[1, 0, 1]), "input.std"),
        (lambda manifest: manifest["input"].update(fit="crop"), "input.fit"),
        (lambda manifest: manifest.update(overlap=1.0), "overlap"),
    ],
)
def test_load_detector_bundle_refuses(tmp_path: Path, change: Callable[[dict[str, Any]], Any], complaint: str) -> None:
    folder = make_bundle(tmp_path, [[0, 0, 1, 1]], [[1, 1]])
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))

    with pytest.raises(BundleMismatch, match=complaint):
        load_detector_bundle(folder)
