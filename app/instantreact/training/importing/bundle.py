"""Writes bundles: a graph, and a manifest that states the graph's checksum and shapes."""

from pathlib import Path
from typing import Any

import onnx

from instantreact.inference.bundle import MANIFEST, Graph, sha256_of
from instantreact.inference.detector.bundle import DetectorBundle, DetectorManifest, load_detector_bundle
from instantreact.training.folders import make_folder

_FILE = "detector.onnx"


def write_bundle(folder: Path, model: onnx.ModelProto, **manifest: Any) -> DetectorBundle:
    """Write graph and `model.json` into `folder`, and read them back as the service will.

    `manifest` is what DetectorManifest holds, without its graphs. Raises BundleMismatch where they do not fit.
    """
    graph = write_graph(folder, _FILE, model)
    complete = DetectorManifest(graphs={"detector": graph}, **manifest)
    (folder / MANIFEST).write_text(complete.model_dump_json(indent=1) + "\n")
    return load_detector_bundle(folder)


def write_graph(folder: Path, file: str, model: onnx.ModelProto) -> Graph:
    """Write a graph into `folder`, made where it is missing, and describe it."""
    onnx.checker.check_model(model, full_check=True)
    make_folder(folder)
    onnx.save(model, folder / file)
    inputs, outputs = (
        {value.name: _shape(value) for value in values} for values in (model.graph.input, model.graph.output)
    )
    return Graph(file=file, sha256=sha256_of(folder / file), inputs=inputs, outputs=outputs)


def _shape(value: onnx.ValueInfoProto) -> tuple[int | str, ...]:
    return tuple(each.dim_param or each.dim_value for each in value.type.tensor_type.shape.dim)
