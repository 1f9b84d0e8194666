"""YOLOX becomes a bundle that says what its graph says, decoded; other graphs are refused."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import MANIFEST
from instantreact.inference.detector import load_detector
from instantreact.inference.session import GraphSession
from instantreact.training.importing.yolox import import_yolox
from tests.conftest import REPOSITORY

SHIPPED = REPOSITORY / "models" / "detector"
CELLS = 64 + 16 + 4  # of an input of 64 x 64


def save_graph(path: Path, answer: NDArray[np.float32], channels: int = 3) -> Path:
    """A graph with YOLOX's ends that gives the same answer to everything."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Reshape", ["nothing", "shape"], ["column"]),
        helper.make_node("Add", ["column", "answer"], ["output"]),
    ]
    values = {"zero": np.float32(0), "shape": np.array([1, 1, 1], np.int64), "answer": answer}
    graph = helper.make_graph(
        nodes,
        "yolox",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, channels, 64, 64])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, list(answer.shape))],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7), path)
    return path


def decode(answer: NDArray[np.float32], height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """As YOLOX's own demo does it, cell by cell."""
    boxes, at = [], 0
    for stride in (8, 16, 32):
        for row in range(height // stride):
            for column in range(width // stride):
                x, y, w, h = answer[at, :4]
                centre_x, centre_y = (x + column) * stride, (y + row) * stride
                half_w, half_h = np.exp(w) * stride / 2, np.exp(h) * stride / 2
                sides = (centre_x - half_w, centre_y - half_h, centre_x + half_w, centre_y + half_h)
                boxes.append(np.array(sides) / [width, height, width, height])
                at += 1
    return np.array(boxes, np.float32), answer[:, 4:5] * answer[:, 5:]


def test_import_yolox_decodes_the_grid_in_the_graph(tmp_path: Path) -> None:
    answer = np.random.default_rng(0).random((1, CELLS, 85), np.float32)

    bundle = import_yolox(save_graph(tmp_path / "tiny.onnx", answer), tmp_path / "bundle", height=64, width=64)

    found = GraphSession(bundle.path).run({"pictures": np.zeros((2, 3, 64, 64), np.float32)})
    boxes, scores = decode(answer[0], 64, 64)
    for each in range(2):
        assert found["boxes"][each] == pytest.approx(boxes, abs=1e-6)
        assert found["scores"][each] == pytest.approx(scores, abs=1e-6)
    assert bundle.labels[0] == "person"
    assert bundle.licences


def test_import_yolox_raises_scores_to_the_power_it_is_given(tmp_path: Path) -> None:
    answer = np.full((1, CELLS, 85), 0.5, np.float32)
    source = save_graph(tmp_path / "tiny.onnx", answer)

    bundle = import_yolox(source, tmp_path / "bundle", height=64, width=64, power=0.5)

    found = GraphSession(bundle.path).run({"pictures": np.zeros((1, 3, 64, 64), np.float32)})
    assert found["scores"] == pytest.approx(0.5)
    assert "0.5" in bundle.score_meaning


def test_import_yolox_refuses_what_is_no_yolox(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no graph")
    for source, complaint in [
        (tmp_path / "text.onnx", "no ONNX graph"),
        (save_graph(tmp_path / "labels.onnx", np.zeros((1, CELLS, 25), np.float32)), "no YOLOX for COCO"),
        (save_graph(tmp_path / "cells.onnx", np.zeros((1, CELLS - 1, 85), np.float32)), "no YOLOX for COCO"),
        (save_graph(tmp_path / "grey.onnx", np.zeros((1, CELLS, 85), np.float32), channels=1), "no YOLOX for COCO"),
    ]:
        with pytest.raises(InvalidInput, match=complaint):
            import_yolox(source, tmp_path / "bundle")
    with pytest.raises(InvalidInput, match="32 divides"):
        import_yolox(tmp_path / "text.onnx", tmp_path / "bundle", height=300)


@pytest.mark.data
def test_shipped_bundle_says_what_the_published_weights_say(data_dir: Path, tmp_path: Path) -> None:
    source = data_dir / "weights" / "yolox_nano.onnx"
    pictures = np.random.default_rng(0).integers(0, 255, (1, 3, 416, 416)).astype(np.float32)

    bundle = import_yolox(source, tmp_path / "square")
    made = import_yolox(source, tmp_path / "shipped", height=320, width=544, power=0.57)

    published = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    boxes, scores = decode(published.run(None, {"images": pictures})[0][0], 416, 416)
    found = GraphSession(bundle.path).run({"pictures": pictures})
    assert found["boxes"][0] == pytest.approx(boxes, abs=1e-5)
    assert found["scores"][0] == pytest.approx(scores, abs=1e-5)
    shipped = load_detector(SHIPPED).bundle
    assert made.graph.sha256 == shipped.graph.sha256, (made.folder / MANIFEST).read_text()
