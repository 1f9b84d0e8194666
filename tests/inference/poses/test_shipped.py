"""The pose estimator that ships is whole, licensed, fed as its authors say, and the same graph that was published."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest

from instantreact.errors import BundleMismatch, BundleMissing, InvalidInput, PosesUnavailable
from instantreact.inference.bundle import MANIFEST
from instantreact.inference.detector import load_detector
from instantreact.inference.poses import load_poses, load_poses_bundle
from instantreact.inference.poses.deployed import PosesLoader
from instantreact.inference.poses.estimator import feed
from instantreact.media.pictures import open_pictures
from instantreact.model_wiring import SHIPPED_BUNDLE, SHIPPED_DETECTOR, SHIPPED_POSES
from instantreact.training.importing.movenet import import_movenet

LARGEST_BUNDLE = 10_000_000
Change = Callable[[dict[str, Any]], object]


def test_shipped_poses_are_small_enough_and_say_where_they_come_from() -> None:
    bundle = load_poses_bundle(SHIPPED_POSES)

    assert sum(file.stat().st_size for file in SHIPPED_POSES.iterdir()) <= LARGEST_BUNDLE
    assert [each.licence for each in bundle.licences[:2]] == ["Apache-2.0", "MIT"]
    assert "Apache License" in (SHIPPED_POSES / "LICENSE.movenet").read_text()
    assert (bundle.concepts.names, bundle.fall.every_s) == (("fall", "lying"), 0.25)


def test_bundle_from_before_tells_falls_alone(tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED_POSES, tmp_path / "poses")
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["lying"]
    manifest["concepts"] |= {"names": ["fall"], "words": {"fall": manifest["concepts"]["words"]["fall"]}}
    (folder / MANIFEST).write_text(json.dumps(manifest))

    deployed = PosesLoader(folder).get()

    assert list(deployed.loaded.concepts) == list(deployed.score([], 4.0)) == ["fall"]


@pytest.mark.data
def test_frame_is_fed_and_read_as_the_published_graph_has_it(data_dir: Path, tmp_path: Path) -> None:
    with open_pictures(data_dir / "cctv" / "clips" / "gm_s2_fall12_w0.mp4") as reader:
        frame = np.ascontiguousarray(next(reader.pictures()).bgr()[..., ::-1])
    height, width = frame.shape[:2]
    rows = round(256 * height / width)
    expected = np.zeros((1, 256, 256, 3), np.int32)
    expected[0, :rows] = cv2.resize(frame, (256, rows), interpolation=cv2.INTER_LINEAR)
    published = data_dir / "weights" / "movenet_multipose.onnx"
    session = onnxruntime.InferenceSession(str(published), providers=["CPUExecutionProvider"])
    person = max(session.run(None, {"input:0": expected})[0][0], key=lambda each: each[-1])

    estimator = load_poses(SHIPPED_POSES)
    pose = estimator.estimate(frame, 1.5)[0]

    assert np.array_equal(feed(estimator.prepare(frame, 1.5), estimator.bundle.input), expected)
    assert pose.time_s == 1.5
    assert pose.score == pytest.approx(person[-1], abs=1e-5)
    assert pose.points[:, 1] == pytest.approx(person[0:51:3] * 256 / rows, abs=1e-5)
    assert pose.points[:, 0] == pytest.approx(person[1:51:3] * 256 / rows, abs=1e-5)
    made = import_movenet(published, tmp_path / "made")
    assert made.model_dump(exclude={"folder"}) == estimator.bundle.model_dump(exclude={"folder"})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda manifest: manifest.update(kind="detector"), "kind"),
        (lambda manifest: manifest.update(format=2), "format"),
        (lambda manifest: manifest["joints"].reverse(), "seventeen"),
        (lambda manifest: manifest["input"].update(width=320), "another size"),
        (lambda manifest: manifest["graphs"]["poses"].update(sha256="0" * 64), "checksum"),
        (lambda manifest: manifest["fall"].update(reach=-1), "reach"),
        (lambda manifest: manifest["fall"].update(speed=1), "speed"),
        (lambda manifest: manifest["lying"].update(still=0), "still"),
        (lambda manifest: manifest.pop("lying"), "lying"),
    ],
)
def test_bundle_that_does_not_fit_is_refused(tmp_path: Path, change: Change, complaint: str) -> None:
    folder = shutil.copytree(SHIPPED_POSES, tmp_path / "poses")
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))

    with pytest.raises(BundleMismatch, match=complaint):
        load_poses_bundle(folder)


def test_other_kinds_of_bundles_are_told_apart_and_a_missing_one_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(BundleMismatch):
        load_poses_bundle(SHIPPED_DETECTOR)
    with pytest.raises(BundleMismatch):
        load_detector(SHIPPED_POSES)
    with pytest.raises(BundleMissing, match="INSTANTREACT_POSES"):
        load_poses_bundle(tmp_path)
    with pytest.raises(InvalidInput, match="no MoveNet"):
        import_movenet(SHIPPED_BUNDLE / "step.onnx", tmp_path / "made")


def test_loader_that_is_off_or_cannot_load_leaves_the_rest_to_work(tmp_path: Path) -> None:
    off, broken = PosesLoader(), PosesLoader(tmp_path)

    assert (off.is_off, off.find(), broken.is_off, broken.find()) == (True, None, False, None)
    with pytest.raises(PosesUnavailable, match="off"):
        off.get()
    with pytest.raises(PosesUnavailable, match="no bundle"):
        broken.get()
