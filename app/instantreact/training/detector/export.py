"""From a detector's checkpoint to a bundle that the service can use."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from instantreact.errors import BundleMismatch
from instantreact.inference.bundle import MANIFEST, Metric, sha256_of
from instantreact.inference.detector.bundle import GRAPH, DetectorBundle, DetectorManifest, load_detector_bundle
from instantreact.inference.session import GraphSession
from instantreact.training.captioner.graphs import GraphPlan, write_graph
from instantreact.training.captioner.storage import store_as_half
from instantreact.training.detector.bases import input_of
from instantreact.training.detector.checkpoint import TrainedDetector
from instantreact.training.detector.evaluate import OVERLAP
from instantreact.training.detector.model import DecodedDetector
from instantreact.training.folders import make_folder

_TOLERANCE = 1e-4
_SCORE_MEANING = "The softmax probability of the label against the other labels and background; not calibrated."


def export_detector(trained: TrainedDetector, folder: Path) -> DetectorBundle:
    """Write a bundle to `folder`, check its graph against torch, and load it.

    After the check, large weights are stored as float16 and computed with in float32.
    Raises BundleMismatch when the graph does not say what torch says, Conflict where `folder` is a file.
    """
    make_folder(folder)
    path = folder / f"{GRAPH}.onnx"
    module = DecodedDetector(trained.model).eval()
    graph = write_graph(module, plan_of(trained), path)
    check_detector(module, path)
    store_as_half(path)
    config = trained.config
    manifest = DetectorManifest(
        name=config.name,
        version=config.version,
        graphs={GRAPH: graph.model_copy(update={"sha256": sha256_of(path)})},
        labels=tuple(config.labels),
        input=input_of(config.network),
        overlap=OVERLAP,
        score_meaning=_SCORE_MEANING,
        licences=config.licences,
    )
    _write(manifest, folder)
    return load_detector_bundle(folder)


def record_figures(bundle: DetectorBundle, metrics: Sequence[Metric]) -> None:
    """Write measured figures into a bundle's `model.json`, in place of those of the same data set and split."""
    measured = {(metric.data_set, metric.split) for metric in metrics}
    others = [metric for metric in bundle.metrics if (metric.data_set, metric.split) not in measured]
    kept = {name: value for name, value in bundle if name != "folder"}
    _write(DetectorManifest(**{**kept, "metrics": (*others, *metrics)}), bundle.folder)


def plan_of(trained: TrainedDetector) -> GraphPlan:
    """What the graph takes and gives."""
    size, priors = trained.config.network.size, len(trained.model.priors)
    return GraphPlan(
        {"pictures": ("frames", 3, size, size)},
        {"boxes": ("frames", priors, 4), "scores": ("frames", priors, len(trained.config.labels))},
    )


def check_detector(module: DecodedDetector, path: Path) -> float:
    """The largest difference between torch and onnxruntime, of boxes in shares of the picture and of scores.

    Raises BundleMismatch when it is more than rounding explains.
    """
    session, size = GraphSession(path), module.model.architecture.size
    worst = 0.0
    for frames in (1, 3):
        pictures = torch.rand((frames, 3, size, size), generator=torch.Generator().manual_seed(frames)) * 2 - 1
        with torch.no_grad():
            expected = module(pictures)
        found = session.run({"pictures": pictures.numpy()})
        for name, tensor in zip(("boxes", "scores"), expected, strict=True):
            worst = max(worst, float(np.abs(found[name] - tensor.numpy()).max()))
    if not worst <= _TOLERANCE:
        raise BundleMismatch(f"The graph {path} differs from torch by {worst:.2g}, more than {_TOLERANCE:.2g}.")
    return worst


def _write(manifest: DetectorManifest, folder: Path) -> None:
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", "utf-8")
