"""Writes a captioner's parts as ONNX graphs and checks that they say the same as torch."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from instantreact.errors import BundleMismatch
from instantreact.inference.bundle import Graph, sha256_of
from instantreact.inference.session import Array, GraphSession
from instantreact.training.captioner.model import CaptionModel, ModelShape

OPSET = 18
_TOLERANCE = 1e-4  # of the largest value


@dataclass(frozen=True)
class GraphPlan:
    """What a graph takes and gives: names with shapes, where a free dimension is a word."""

    inputs: Mapping[str, tuple[int | str, ...]]
    outputs: Mapping[str, tuple[int | str, ...]]


class SequenceGraph(nn.Module):
    """The encoder of one window without padding: frames to memory (R, M), keys (R, A), states, concepts."""

    def __init__(self, model: CaptionModel) -> None:
        super().__init__()
        self.encoder = model.encoder

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """(T, cells * D) to memory (R, M), keys (R, A), hidden (1, H), cell (1, H), concepts (C,)."""
        rows = self.encoder.spread(features[None])
        fused = self.encoder.fuse(rows)
        memory, _ = self.encoder.lstm(fused)
        mask = torch.ones_like(rows[..., 0], dtype=torch.bool)
        encoded = self.encoder.finish(rows, fused, memory, mask)
        return encoded.memory[0], encoded.keys[0], encoded.hidden, encoded.cell, encoded.concepts[0]


class StepGraph(nn.Module):
    """One word further, for B sentences about one window."""

    def __init__(self, model: CaptionModel) -> None:
        super().__init__()
        self.decoder = model.decoder

    def forward(
        self, words: Tensor, hidden: Tensor, cell: Tensor, memory: Tensor, keys: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """words (B,), hidden and cell (B, H), memory (R, M), keys (R, A) to log-probabilities (B, V) and new states."""
        outputs, hidden, cell = self.decoder(words[:, None], hidden, cell)
        scores = self.decoder.score(self.decoder.attend(outputs, keys[None], memory[None], None))
        return scores[:, 0], hidden, cell


def encoder_plan(width: int, image_size: int) -> GraphPlan:
    """Of an appearance or motion encoder."""
    images = ("frames", 3, image_size, image_size)
    return GraphPlan({"images": images}, {"features": ("frames", width)})


def sequence_plan(model: CaptionModel) -> GraphPlan:
    """Of a `SequenceGraph`."""
    shape = model.shape
    state: tuple[int | str, ...] = (1, shape.hidden)
    outputs = {**_attended(shape), "hidden": state, "cell": state, "concepts": (shape.concepts,)}
    return GraphPlan({"features": ("frames", shape.cells * sum(shape.streams))}, outputs)


def step_plan(model: CaptionModel) -> GraphPlan:
    """Of a `StepGraph`."""
    shape = model.shape
    state: tuple[int | str, ...] = ("sentences", shape.hidden)
    scores = {"log_probabilities": ("sentences", shape.vocabulary)}
    states = {"next_hidden": state, "next_cell": state}
    return GraphPlan(
        {"words": ("sentences",), "hidden": state, "cell": state, **_attended(shape)}, {**scores, **states}
    )


def _attended(shape: ModelShape) -> dict[str, tuple[int | str, ...]]:
    rows = "frames" if shape.cells == 1 else "cells"
    return {"memory": (rows, shape.hidden), "keys": (rows, shape.hidden)}


def write_graph(module: nn.Module, plan: GraphPlan, path: Path) -> Graph:
    """Export `module` to `path` and describe it."""
    module.eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # The dynamo exporter freezes the time axis of a bidirectional LSTM and hides it from quantisation.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(make_inputs(plan, {"frames": 3, "cells": 3, "sentences": 2})),
            str(path),
            input_names=list(plan.inputs),
            output_names=list(plan.outputs),
            dynamic_axes=_free_axes(plan),
            opset_version=OPSET,
            dynamo=False,
        )
    return Graph(file=path.name, sha256=sha256_of(path), inputs=dict(plan.inputs), outputs=dict(plan.outputs))


def make_inputs(plan: GraphPlan, sizes: Mapping[str, int], *, seed: int = 0) -> list[Tensor]:
    """Random inputs for a plan whose free dimensions take these sizes; whole numbers for `words`."""
    random = torch.Generator().manual_seed(seed)
    shapes = {name: [sizes[d] if isinstance(d, str) else d for d in shape] for name, shape in plan.inputs.items()}
    return [
        torch.randint(1, 4, shape, generator=random) if name == "words" else torch.randn(shape, generator=random)
        for name, shape in shapes.items()
    ]


def check_parity(module: nn.Module, plan: GraphPlan, path: Path, sizes: Sequence[Mapping[str, int]]) -> float:
    """The largest difference between torch and onnxruntime over several sizes of the free dimensions.

    Raises BundleMismatch when it is more than rounding explains.
    """
    session = GraphSession(path)
    worst = max(_largest_difference(module, plan, session, size) for size in sizes)
    if not worst <= _TOLERANCE:
        raise BundleMismatch(f"The graph {path} differs from torch by {worst:.2g}, more than {_TOLERANCE:.2g}.")
    return worst


def _largest_difference(module: nn.Module, plan: GraphPlan, session: GraphSession, sizes: Mapping[str, int]) -> float:
    inputs = make_inputs(plan, sizes, seed=1)
    with torch.no_grad():
        expected = module(*inputs)
    expected = expected if isinstance(expected, tuple) else (expected,)
    values: dict[str, Array] = {name: tensor.numpy() for name, tensor in zip(plan.inputs, inputs, strict=True)}
    found = session.run(values)
    return max(
        float(np.abs(found[name] - tensor.numpy()).max() / max(1.0, float(tensor.abs().max())))
        for name, tensor in zip(plan.outputs, expected, strict=True)
    )


def _free_axes(plan: GraphPlan) -> dict[str, dict[int, str]]:
    named = {**plan.inputs, **plan.outputs}
    return {name: {axis: d for axis, d in enumerate(shape) if isinstance(d, str)} for name, shape in named.items()}
