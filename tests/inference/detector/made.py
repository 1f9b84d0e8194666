"""A detector's bundle made up on the spot: it answers any picture with the boxes and scores that it was made with."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from instantreact.inference.bundle import MANIFEST, sha256_of

INPUT = {"height": 64, "width": 96, "order": "rgb", "fit": "letterbox", "fill": 114}


def make_bundle(
    folder: Path,
    boxes: Sequence[Sequence[float]],
    scores: Sequence[Sequence[float]],
    labels: Sequence[str] = ("person", "knife"),
    **changes: Any,
) -> Path:
    """Write a bundle into `folder`. Boxes are in shares of the input picture; scores shrink as the picture darkens.

    A picture that is white everywhere gets the scores as they are given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    feed = {**INPUT, **changes.pop("input", {})}
    shapes: dict[str, dict[str, Any]] = {
        "inputs": {"pictures": ["n", 3, feed["height"], feed["width"]]},
        "outputs": {"boxes": ["n", len(boxes), 4], "scores": ["n", len(boxes), len(labels)]},
    }
    onnx.save(_make_graph(np.array(boxes, np.float32), np.array(scores, np.float32), shapes), folder / "detector.onnx")
    graph = {"file": "detector.onnx", "sha256": sha256_of(folder / "detector.onnx"), **shapes}
    manifest = {
        "kind": "detector",
        "format": 1,
        "name": "made-up",
        "version": "1",
        "graphs": {"detector": graph},
        "labels": list(labels),
        "input": feed,
        "score_meaning": "how bright the picture is",
    }
    (folder / MANIFEST).write_text(json.dumps({**manifest, **changes}))
    return folder


def _make_graph(boxes: Any, scores: Any, shapes: dict[str, dict[str, Any]]) -> onnx.ModelProto:
    nodes = [
        helper.make_node("ReduceMax", ["pictures"], ["brightest"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Squeeze", ["brightest", "last"], ["bright"]),
        helper.make_node("Div", ["bright", "white"], ["share"]),
        helper.make_node("Mul", ["share", "made_scores"], ["scores"]),
        helper.make_node("Mul", ["share", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "made_boxes"], ["boxes"]),
    ]
    values = {
        "made_boxes": boxes[None],
        "made_scores": scores[None],
        "last": np.array([3], np.int64),
        "white": np.float32(255),
        "zero": np.float32(0),
    }
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes[end].items()]
        for end in ("inputs", "outputs")
    )
    constants = [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]
    graph = helper.make_graph(nodes, "detector", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
