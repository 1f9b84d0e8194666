"""From a checkpoint to a bundle that the service can use."""

from collections.abc import Sequence
from pathlib import Path

from instantreact.inference.bundle import (
    MANIFEST,
    Bundle,
    Graph,
    GraphName,
    Manifest,
    Metric,
    PhrasingFile,
    load_bundle,
    sha256_of,
)
from instantreact.inference.concepts import ConceptHead
from instantreact.inference.phrasing import Phrasing
from instantreact.training.captioner.checkpoint import TrainedCaptioner
from instantreact.training.captioner.graphs import (
    SequenceGraph,
    StepGraph,
    check_parity,
    sequence_plan,
    step_plan,
    write_graph,
)
from instantreact.training.captioner.recipe import preprocessing_of
from instantreact.training.captioner.storage import compute_in_int8, store_as_half, store_as_int8
from instantreact.training.folders import make_folder

_SEQUENCE_SIZES = ({"frames": 1}, {"frames": 7}, {"frames": 40})
_STEP_SIZES = (
    {"frames": 1, "cells": 1, "sentences": 1},
    {"frames": 7, "cells": 7, "sentences": 5},
    {"frames": 40, "cells": 49, "sentences": 64},
)


def export_bundle(
    trained: TrainedCaptioner,
    folder: Path,
    *,
    int8: bool = False,
) -> Bundle:
    """Write a bundle to `folder`, check its graphs against torch at several sizes, and load it.

    After the check, large weights are stored as float16 and computed with in float32; with `int8` the encoders' are
    stored in 8 bits and the LSTMs compute with 8-bit weights. What that costs is for `evaluate` to say.
    Raises BundleMismatch when a graph does not say what torch says.
    """
    make_folder(folder)
    graphs = _write_graphs(trained, folder)
    for name, graph in graphs.items():
        store_small(name, folder / graph.file, int8=int8)
        graphs[name] = graph.model_copy(update={"sha256": sha256_of(folder / graph.file)})
    config = trained.config
    manifest = Manifest(
        name=config.name,
        version=config.version,
        graphs=graphs,
        sampling=config.sampling,
        preprocessing=preprocessing_of(config),
        vocabulary=trained.vocabulary.words,
        concepts=ConceptHead(**dict(config.concepts), names=tuple(config.concepts.words)),
        calibration=dict(trained.calibration),
        decoding=config.decoding,
        phrasing=_write_phrasing(trained.phrasing, folder) if trained.phrasing is not None else None,
        licences=config.licences,
    )
    _write_manifest(manifest, folder)
    return load_bundle(folder)


def record_metrics(bundle: Bundle, metrics: Sequence[Metric]) -> None:
    """Write measured figures into a bundle's `model.json`, in place of those that are there."""
    kept = {name: value for name, value in bundle if name != "folder"}
    _write_manifest(Manifest(**{**kept, "metrics": tuple(metrics)}), bundle.folder)


def _write_phrasing(phrasing: Phrasing, folder: Path) -> PhrasingFile:
    path = folder / "phrasing.json"
    path.write_text(phrasing.model_dump_json(indent=1) + "\n", "utf-8")
    return PhrasingFile(file=path.name, sha256=sha256_of(path))


def _write_manifest(manifest: Manifest, folder: Path) -> None:
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", "utf-8")


def store_small(name: GraphName, path: Path, *, int8: bool) -> None:
    """Shrink a graph's stored weights: to float16, or the encoders' to int8 and the LSTMs to computing in int8."""
    if not int8:
        store_as_half(path)
    elif name in (GraphName.APPEARANCE, GraphName.MOTION):
        store_as_int8(path)
    else:
        compute_in_int8(path)


def _write_graphs(trained: TrainedCaptioner, folder: Path) -> dict[GraphName, Graph]:
    """All graphs in float32; the encoders were checked when they were made."""
    for graph, content in trained.encoders.values():
        (folder / graph.file).write_bytes(content)
    model = trained.model
    sequence, step = SequenceGraph(model), StepGraph(model)
    parts = (
        (GraphName.SEQUENCE, sequence, sequence_plan(model), _SEQUENCE_SIZES),
        (GraphName.STEP, step, step_plan(model), _STEP_SIZES),
    )
    graphs = {name: graph for name, (graph, _) in trained.encoders.items()}
    for name, module, plan, sizes in parts:
        path = folder / f"{name}.onnx"
        graphs[name] = write_graph(module, plan, path)
        check_parity(module, plan, path, sizes)
    return graphs
