"""How the weights of a written graph are stored: smaller than float32, while computing stays in float32 or int8."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic

_LARGE = 1024  # values; smaller weights are not worth a node

Weights = NDArray[np.float32]
Store = Callable[[str, Weights], tuple[Sequence[onnx.TensorProto], onnx.NodeProto]]
"""The name and values of a weight to the tensors that replace it and the node that restores it under its name."""


def store_as_half(path: Path) -> None:
    """Rewrite a graph's large float32 weights as float16, each with a cast to float32 behind it."""
    _store(path, _as_half)


def store_as_int8(path: Path) -> None:
    """Rewrite a graph's large float16 or float32 weights as int8 with one scale for each output channel."""
    _fold_casts(path)
    _store(path, _as_int8)


def compute_in_int8(path: Path) -> None:
    """Rewrite a graph so that its LSTMs and matrix products compute in int8 (dynamic quantisation)."""
    _fold_casts(path)
    quantize_dynamic(path, path, weight_type=QuantType.QInt8)


def _store(path: Path, store: Store) -> None:
    model = onnx.load(path)
    graph, restoring = model.graph, []
    for weight in list(graph.initializer):
        if weight.data_type == onnx.TensorProto.FLOAT and np.prod(weight.dims) >= _LARGE:
            tensors, node = store(weight.name, onnx.numpy_helper.to_array(weight))
            graph.initializer.remove(weight)
            graph.initializer.extend(tensors)
            restoring.append(node)
    for node in reversed(restoring):
        graph.node.insert(0, node)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _as_half(name: str, values: Weights) -> tuple[Sequence[onnx.TensorProto], onnx.NodeProto]:
    tensor = onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half")
    return [tensor], onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT)


def _as_int8(name: str, values: Weights) -> tuple[Sequence[onnx.TensorProto], onnx.NodeProto]:
    largest = np.abs(values.reshape(len(values), -1)).max(axis=1)
    scale = np.maximum(largest / 127, 1e-12).astype(np.float32)
    shaped = scale.reshape(-1, *[1] * (values.ndim - 1))
    tensors = [
        onnx.numpy_helper.from_array(np.round(values / shaped).astype(np.int8), f"{name}.int8"),
        onnx.numpy_helper.from_array(scale, f"{name}.scale"),
    ]
    return tensors, onnx.helper.make_node("DequantizeLinear", [each.name for each in tensors], [name], axis=0)


def _fold_casts(path: Path) -> None:
    """Turn stored weights back into plain float32 ones, as quantisation expects them."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
