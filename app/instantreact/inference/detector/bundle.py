"""A detector's bundle: `model.json` and one graph, which gives decoded boxes and the score of every label for each."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from instantreact.inference.bundle import Graph, Licence, ManifestPart, Metric, check_graphs, read_manifest
from instantreact.inference.detector.preprocess import DetectorInput

FORMAT: Literal[1] = 1
GRAPH: Literal["detector"] = "detector"
SIGNATURE = frozenset({"pictures"}), frozenset({"boxes", "scores"})


class DetectorManifest(ManifestPart):
    """What a detector's `model.json` holds.

    graphs         `detector`: pictures (n, 3, height, width) in; out come boxes (n, boxes, 4) as left, top, right and
                   bottom in shares of the input picture, and scores (n, boxes, labels), 0..1, without a background
    labels         what it finds, in the order of the scores
    input          how a frame becomes an input picture
    overlap        of two boxes of one label that overlap by more than this (intersection over union) the better stays
    score_meaning  what a score is, a sentence for people
    """

    kind: Literal["detector"] = "detector"
    format: Literal[1] = FORMAT
    name: str
    version: str
    graphs: dict[Literal["detector"], Graph]
    labels: tuple[str, ...] = Field(min_length=1)
    input: DetectorInput
    overlap: float = Field(default=0.45, gt=0, lt=1)
    score_meaning: str
    metrics: tuple[Metric, ...] = ()
    licences: tuple[Licence, ...] = ()

    @field_validator("labels")
    @classmethod
    def _are_distinct(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(labels)) != len(labels) or any(not label.strip() for label in labels):
            raise ValueError("must hold each label once, and none that is empty")
        return labels

    @model_validator(mode="after")
    def _fits_its_graph(self) -> "DetectorManifest":
        graph = self.graphs.get(GRAPH)
        if graph is None:
            raise ValueError(f"graphs are missing: {GRAPH}")
        if graph.signature != SIGNATURE:
            raise ValueError(f"the graph {GRAPH} has other inputs or outputs than it needs")
        if graph.inputs["pictures"][1:] != (3, self.input.height, self.input.width):
            raise ValueError("the graph takes pictures of another size than input says")
        if graph.outputs["boxes"][-1] != 4 or graph.outputs["scores"][-1] != len(self.labels):
            raise ValueError("the graph scores another number of labels than there are names")
        return self


class DetectorBundle(DetectorManifest):
    """A detector's bundle on disk whose file was found whole."""

    folder: Path = Field(exclude=True)

    @property
    def graph(self) -> Graph:
        """Its only graph, as described."""
        return self.graphs[GRAPH]

    @property
    def path(self) -> Path:
        """Where its graph lies."""
        return self.folder / self.graph.file


def load_detector_bundle(path: Path) -> DetectorBundle:
    """Read and check the detector's bundle in the folder `path`.

    Raises BundleMissing when there is none, BundleMismatch when it is damaged, of another kind or for another version.
    """
    hint = "Point INSTANTREACT_DETECTOR at a folder made by `instantreact import detector` or `export detector`."
    manifest = read_manifest(path, DetectorManifest, hint=hint)
    check_graphs(path, manifest.graphs.values())
    return DetectorBundle(**dict(manifest), folder=path)
