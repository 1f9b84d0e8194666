"""A pose estimator's bundle: `model.json` with one graph, and how people are scored by what it finds."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from instantreact.domain.pose import JOINTS
from instantreact.inference.bundle import Graph, Licence, ManifestPart, Metric, check_graphs, read_manifest
from instantreact.inference.concepts import ConceptHead
from instantreact.inference.detector.preprocess import DetectorInput
from instantreact.inference.poses.falls import FallOptions
from instantreact.inference.poses.lying import LyingOptions

FORMAT: Literal[1] = 1
GRAPH: Literal["poses"] = "poses"
SIGNATURE = frozenset({"pictures"}), frozenset({"people"})
VALUES = 3 * len(JOINTS) + 5
"""Of each person: y, x and score of every joint, then the corners of a box, and the person's score."""


class PosesManifest(ManifestPart):
    """What a pose estimator's `model.json` holds.

    graphs    `poses`: one picture (1, height, width, 3), int32, 0..255, in; out come people (1, most, 56): y, x and
              score of each joint in turn, top, left, bottom and right of a box, all in shares of the input; the score
    joints    what the joints are called, in their order
    input     how a frame becomes the input picture
    concepts  what is scored by geometry: `fall`, and `lying` where that is told, with the words that mean them
    fall      how: what the browser and this service compute the same by
    lying     how; None where it is not told: bundles before it had none
    """

    kind: Literal["poses"] = "poses"
    format: Literal[1] = FORMAT
    name: str
    version: str
    graphs: dict[Literal["poses"], Graph]
    joints: tuple[str, ...]
    input: DetectorInput
    concepts: ConceptHead
    fall: FallOptions
    lying: LyingOptions | None = None
    metrics: tuple[Metric, ...] = ()
    licences: tuple[Licence, ...] = Field(default=())

    @model_validator(mode="after")
    def _fits_its_graph(self) -> "PosesManifest":
        graph = self.graphs.get(GRAPH)
        if graph is None:
            raise ValueError(f"graphs are missing: {GRAPH}")
        if graph.signature != SIGNATURE:
            raise ValueError(f"the graph {GRAPH} has other inputs or outputs than it needs")
        if graph.inputs["pictures"] != (1, self.input.height, self.input.width, 3):
            raise ValueError("the graph takes pictures of another size than input says")
        if self.joints != JOINTS or graph.outputs["people"][-1] != VALUES:
            raise ValueError("the joints are not COCO's seventeen in their order")
        if self.concepts.names != (("fall", "lying") if self.lying else ("fall",)):
            raise ValueError("the concepts that poses are scored for are fall, and lying where it is said how")
        return self


class PosesBundle(PosesManifest):
    """A pose estimator's bundle on disk whose file was found whole."""

    folder: Path = Field(exclude=True)

    @property
    def graph(self) -> Graph:
        """Its only graph, as described."""
        return self.graphs[GRAPH]

    @property
    def path(self) -> Path:
        """Where its graph lies."""
        return self.folder / self.graph.file


def load_poses_bundle(path: Path) -> PosesBundle:
    """Read and check the bundle in the folder `path`.

    Raises BundleMissing when there is none, BundleMismatch when it is damaged, of another kind or for another version.
    """
    hint = "Point INSTANTREACT_POSES at a folder made by `instantreact import poses`, or set it to off."
    manifest = read_manifest(path, PosesManifest, hint=hint)
    check_graphs(path, manifest.graphs.values())
    return PosesBundle(**dict(manifest), folder=path)
