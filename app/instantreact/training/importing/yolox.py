"""YOLOX as its authors export it to ONNX: the decoding of its grid moves into the graph, so that serving need not know.

A cell answers with x, y, width and height in its own terms, how sure it is that there is anything, and how probable
each label is then. The graph is convolutions only, so the input may be of another size than it was exported with.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import Licence
from instantreact.inference.detector.bundle import DetectorBundle
from instantreact.inference.detector.preprocess import DetectorInput, Fit, Order
from instantreact.training.importing.bundle import write_bundle
from instantreact.training.importing.labels import COCO_LABELS

STRIDES = (8, 16, 32)
HEIGHT, WIDTH = 416, 416
OVERLAP = 0.45
_CELL = 5
"""x, y, width, height and objectness stand before the labels."""

_MEANING = "how sure the model is of an object, times the probability of the label"
_LICENCES = (
    Licence(source="YOLOX (Megvii-BaseDetection)", licence="Apache-2.0", used_for="architecture and weights"),
    Licence(
        source="COCO train2017",
        licence="annotations CC BY 4.0; photos of Flickr users under their own terms",
        used_for="training by the authors; no picture is part of the weights' file",
    ),
)


def import_yolox(
    source: Path,
    output: Path,
    *,
    height: int = HEIGHT,
    width: int = WIDTH,
    power: float = 1.0,
    overlap: float = OVERLAP,
) -> DetectorBundle:
    """Make a bundle of a YOLOX graph for COCO's 80 labels, for an input of `height` x `width` pixels.

    Scores are raised to `power`, which changes nobody's order: it brings the score from which on boxes are worth
    telling to where people and rules expect it. Raises InvalidInput where the file is no such graph.
    """
    if height % STRIDES[-1] or width % STRIDES[-1]:
        raise InvalidInput(f"YOLOX needs sides that {STRIDES[-1]} divides, not {height} x {width}.")
    return write_bundle(
        output,
        decode_grid(_read(source), height, width, power=power),
        name=source.stem,
        version="1",
        labels=COCO_LABELS,
        input=DetectorInput(height=height, width=width, order=Order.BGR, fit=Fit.LETTERBOX, fill=114),
        overlap=overlap,
        score_meaning=_MEANING + (f", raised to {power:g}" if power != 1 else "") + "; no probability",
        licences=_LICENCES,
    )


def _read(source: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(source, load_external_data=False)
        ends = [model.graph.input[0], model.graph.output[0]]
        dims = [[each.dim_value for each in value.type.tensor_type.shape.dim] for value in ends]
    except Exception as error:  # protobuf's own errors share no base with onnx's
        raise InvalidInput(f"{source} is no ONNX graph.") from error
    (_, channels, height, width), answer = dims[0] if len(dims[0]) == 4 else [0] * 4, dims[1]
    cells = sum((height // stride) * (width // stride) for stride in STRIDES)
    if channels != 3 or answer[1:] != [cells, _CELL + len(COCO_LABELS)]:
        raise InvalidInput(f"{source} is no YOLOX for COCO as its authors export it: its inputs or outputs are others.")
    return model


def decode_grid(model: onnx.ModelProto, height: int, width: int, *, power: float = 1.0) -> onnx.ModelProto:
    """The graph for inputs (n, 3, height, width), with boxes in shares of the input picture, and scores."""
    decoded = onnx.ModelProto()
    decoded.CopyFrom(model)
    graph = decoded.graph
    raw, pictures = graph.output[0].name, graph.input[0].name
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = ["pictures" if name == pictures else name for name in names]
    _free_batch(graph)
    cells, steps = _grid(height, width)
    size = np.array([width, height], np.float32)
    constants = {
        "grid/cells": cells[None] * steps[None] / size,
        "grid/steps": steps[None] / size,
        "grid/half": np.array(0.5, np.float32),
        "grid/power": np.array(power, np.float32),
        **{f"grid/{at}": np.array([at], np.int64) for at in (0, 2, 4, _CELL, _CELL + len(COCO_LABELS))},
    }
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    graph.node.extend(_decoding(raw))
    del graph.value_info[:], graph.input[:], graph.output[:]
    graph.input.append(_floats("pictures", ["n", 3, height, width]))
    graph.output.append(_floats("boxes", ["n", len(cells), 4]))
    graph.output.append(_floats("scores", ["n", len(cells), len(COCO_LABELS)]))
    return decoded


def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of every cell its column and row (cells, 2), and its stride (cells, 1): map by map, row by row."""
    cells, steps = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        steps.append(np.full((rows.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(steps).astype(np.float32)


def _decoding(raw: str) -> list[onnx.NodeProto]:
    """Offsets in cells and logarithms of sizes become corners; objectness times probability becomes a score."""

    def cut(name: str, start: int, end: int) -> onnx.NodeProto:
        return helper.make_node("Slice", [raw, f"grid/{start}", f"grid/{end}", "grid/2"], [name])

    def calculate(kind: str, inputs: Sequence[str], name: str) -> onnx.NodeProto:
        return helper.make_node(kind, list(inputs), [name])

    return [
        cut("grid/offsets", 0, 2),
        cut("grid/logarithms", 2, 4),
        cut("grid/objectness", 4, _CELL),
        cut("grid/probabilities", _CELL, _CELL + len(COCO_LABELS)),
        calculate("Mul", ["grid/offsets", "grid/steps"], "grid/shifts"),
        calculate("Add", ["grid/shifts", "grid/cells"], "grid/centres"),
        calculate("Exp", ["grid/logarithms"], "grid/powers"),
        calculate("Mul", ["grid/powers", "grid/steps"], "grid/sizes"),
        calculate("Mul", ["grid/sizes", "grid/half"], "grid/halves"),
        calculate("Sub", ["grid/centres", "grid/halves"], "grid/first"),
        calculate("Add", ["grid/centres", "grid/halves"], "grid/second"),
        helper.make_node("Concat", ["grid/first", "grid/second"], ["boxes"], axis=2),
        calculate("Mul", ["grid/objectness", "grid/probabilities"], "grid/products"),
        calculate("Pow", ["grid/products", "grid/power"], "scores"),
    ]


def _free_batch(graph: onnx.GraphProto) -> None:
    """Where maps are laid out for a batch of one, keep the batch as it comes: a 0 says so to Reshape."""
    shapes = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for constant in graph.initializer:
        if constant.name in shapes:
            shape = numpy_helper.to_array(constant).copy()
            shape[0] = 0
            constant.CopyFrom(numpy_helper.from_array(shape, constant.name))


def _floats(name: str, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
