"""A bundle: `model.json` and the ONNX graphs it names, the only thing that crosses from training to serving."""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from instantreact.domain.media import SamplingPlan
from instantreact.errors import BundleMismatch, BundleMissing
from instantreact.inference.concepts import Calibration, ConceptHead, with_first_words
from instantreact.inference.phrasing import Phrasing
from instantreact.inference.preprocess import MOTION_CHANNELS, Preprocessing
from instantreact.inference.vocabulary import SPECIALS

FORMAT = 2
MANIFEST = "model.json"
Read = TypeVar("Read", bound=BaseModel)


class GraphName(StrEnum):
    """The parts of a captioner; one without motion images has no MOTION."""

    APPEARANCE = "appearance"
    MOTION = "motion"
    SEQUENCE = "sequence"
    STEP = "step"


_STATES = frozenset({"hidden", "cell"})
_SIGNATURES = {
    GraphName.APPEARANCE: (frozenset({"images"}), frozenset({"features"})),
    GraphName.MOTION: (frozenset({"images"}), frozenset({"features"})),
    GraphName.SEQUENCE: (frozenset({"features"}), frozenset({"memory", "keys", "concepts"}) | _STATES),
    GraphName.STEP: (
        frozenset({"words", "memory", "keys"}) | _STATES,
        frozenset({"log_probabilities", "next_hidden", "next_cell"}),
    ),
}
"""The names of every graph's inputs and outputs."""


Signature = tuple[frozenset[str], frozenset[str]]
"""The names of a graph's inputs and of its outputs."""


FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$", max_length=200)]
"""Of a file in the bundle's own folder."""


class ManifestPart(BaseModel):
    """A part of a manifest: what it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Graph(ManifestPart):
    """An ONNX file, its checksum, and its inputs and outputs with their shapes; a free dimension has a name."""

    file: FileName
    sha256: str
    inputs: dict[str, tuple[int | str, ...]]
    outputs: dict[str, tuple[int | str, ...]]

    @property
    def signature(self) -> Signature:
        """The names of its inputs and of its outputs."""
        return frozenset(self.inputs), frozenset(self.outputs)


class Decoding(ManifestPart):
    """How sentences are drawn from the step graph.

    beams           width of the search for the caption
    samples         sampled sentences that become the hypotheses
    max_words       longest sentence
    length_penalty  exponent of the length that a sentence's log-probability is divided by
    seed            of the sampling
    agreement       the caption mentions a concept exactly where the calibrated head gives it at least this probability;
                    None leaves the caption to the search alone
    """

    beams: int = Field(ge=1, le=64)
    samples: int = Field(ge=1, le=1024)
    max_words: int = Field(ge=1, le=100)
    length_penalty: float = Field(ge=0, le=2)
    seed: int
    agreement: float | None = Field(default=None, gt=0, lt=1)


class PhrasingFile(ManifestPart):
    """The file of a bundle's phrasing, and its checksum."""

    file: FileName = "phrasing.json"
    sha256: str


class Metric(ManifestPart):
    """A measured figure, its 95 % interval where one was taken, and what it was measured on."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    data_set: str
    split: str


class Licence(ManifestPart):
    """A source that went into the weights, and its licence."""

    source: str
    licence: str
    used_for: str


class Manifest(ManifestPart):
    """What `model.json` holds. Bundles that are no captioners will be of another kind, and are refused as one."""

    kind: Literal["captioner"] = "captioner"
    format: int = FORMAT
    name: str
    version: str
    graphs: dict[GraphName, Graph]
    sampling: SamplingPlan
    preprocessing: Preprocessing
    vocabulary: tuple[str, ...]
    concepts: ConceptHead
    calibration: dict[str, Calibration]
    decoding: Decoding
    phrasing: PhrasingFile | None = None
    metrics: tuple[Metric, ...] = ()
    licences: tuple[Licence, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_format_1(cls, manifest: Any) -> Any:
        if not isinstance(manifest, dict) or manifest.get("format") != 1:
            return manifest
        return {**with_first_words(manifest), "format": FORMAT}

    @field_validator("vocabulary")
    @classmethod
    def _begins_with_specials(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if words[: len(SPECIALS)] != SPECIALS or len(set(words)) != len(words):
            raise ValueError(f"must begin with {', '.join(SPECIALS)} and hold each word once")
        return words

    @model_validator(mode="after")
    def _is_complete(self) -> "Manifest":
        if self.format != FORMAT:
            raise ValueError(f"format {self.format} is not {FORMAT}")
        if len(self.sampling.gaps_s) not in (0, MOTION_CHANNELS):
            raise ValueError(f"sampling.gaps_s must name {MOTION_CHANNELS} gaps, or none")
        if not 0 < self.preprocessing.motion_crop <= 1:
            raise ValueError("preprocessing.motion_crop must be above 0 and at most 1")
        needed = [name for name in GraphName if name is not GraphName.MOTION or self.sampling.gaps_s]
        missing = [name.value for name in needed if name not in self.graphs]
        if missing:
            raise ValueError(f"graphs are missing: {', '.join(missing)}")
        wrong = [name.value for name, graph in self.graphs.items() if graph.signature != _SIGNATURES[name]]
        if wrong:
            raise ValueError(f"graphs have other inputs or outputs than they need: {', '.join(wrong)}")
        if self.graphs[GraphName.SEQUENCE].outputs["concepts"] != (len(self.concepts.names),):
            raise ValueError("the sequence graph scores another number of concepts than there are names")
        if not set(self.calibration) <= set(self.concepts.names):
            raise ValueError("calibration names an unknown concept")
        return self


class Bundle(Manifest):
    """A bundle on disk whose files were found whole."""

    folder: Path = Field(exclude=True)

    def load_phrasing(self) -> Phrasing | None:
        """What its sentences are chosen and shortened by. Raises BundleMismatch when the file is no phrasing."""
        if self.phrasing is None:
            return None
        path = self.folder / self.phrasing.file
        try:
            return Phrasing.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise _mismatch(path, "it is no phrasing") from error

    def path(self, name: GraphName) -> Path:
        """Where a graph lies."""
        return self.folder / self.graphs[name].file


def load_bundle(path: Path) -> Bundle:
    """Read and check the bundle in the folder `path`.

    Raises BundleMissing when there is none, BundleMismatch when it is damaged or made for another version.
    """
    hint = "Point INSTANTREACT_CAPTIONER_BUNDLE at a folder made by `instantreact export captioner`."
    manifest = read_manifest(path, Manifest, hint=hint)
    check_graphs(path, manifest.graphs.values())
    if manifest.phrasing is not None:
        _check_file(path / manifest.phrasing.file, manifest.phrasing.sha256)
    return Bundle(**dict(manifest), folder=path)


def read_manifest(path: Path, kind: type[Read], *, hint: str) -> Read:
    """Read `model.json` in the folder `path`.

    Raises BundleMissing with the `hint` when there is none, BundleMismatch when it is damaged or of another kind.
    """
    try:
        text = (path / MANIFEST).read_bytes()
    except OSError as error:
        raise BundleMissing(f"There is no bundle at {path}: {MANIFEST} cannot be read. {hint}") from error
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise _mismatch(path / MANIFEST, _first_complaint(error)) from error


def check_graphs(path: Path, graphs: Iterable[Graph]) -> None:
    """See that the graphs in the folder `path` are those that its manifest states. Raises BundleMismatch."""
    for graph in graphs:
        _check_file(path / graph.file, graph.sha256)


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hexadecimal. Raises OSError when it cannot be read."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_file(path: Path, sha256: str) -> None:
    try:
        found = sha256_of(path)
    except OSError as error:
        raise _mismatch(path, "it cannot be read") from error
    if found != sha256:
        raise _mismatch(path, "its checksum is not the one that model.json states")


def _mismatch(path: Path, reason: str) -> BundleMismatch:
    return BundleMismatch(f"The bundle file {path} cannot be used: {reason}. Copy or export the bundle again.")


def _first_complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
