"""A detector's recipe: one TOML file says everything that makes it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from instantreact.inference.bundle import Licence
from instantreact.training.recipes import read_recipe

Scale = Annotated[float, Field(gt=0, le=1)]
Ratio = Annotated[float, Field(gt=1, le=10)]
MAPS = 6


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DetectorData(_Section):
    """The parts of the data for each split, as `load_pictures` takes them.

    val   chooses the best weights; empty keeps the last ones
    """

    train: tuple[str, ...] = Field(default=("train",), min_length=1)
    val: tuple[str, ...] = ("val",)
    test: tuple[str, ...] = ("test",)


class DetectorArchitecture(_Section):
    """The network: SSD's six maps and heads on a base (Liu et al. 2016, arXiv:1512.02325).

    size    side of the input picture in pixels; 300 gives maps of 38, 19, 10, 5, 3 and 1 cells a side
    scales  side of a square prior of each map, in shares of the input; between two of them lies the extra square
    ratios  of each map: width to height of its other priors, each with its inverse
    """

    base: Literal["vgg16", "mobilenet_v2"] = "vgg16"
    size: int = Field(default=300, ge=64, le=1024, multiple_of=4)
    scales: tuple[Scale, ...] = (0.1, 0.2, 0.375, 0.55, 0.725, 0.9)
    ratios: tuple[tuple[Ratio, ...], ...] = ((2,), (2, 3), (2, 3), (2, 3), (2,), (2,))

    @model_validator(mode="after")
    def _has_six_of_each(self) -> "DetectorArchitecture":
        if len(self.scales) != MAPS or len(self.ratios) != MAPS:
            raise ValueError(f"scales and ratios must each have {MAPS} entries, one a map")
        return self


class Augmentation(_Section):
    """What is done to a training picture, as in the paper; each can be left out.

    distort  brightness, contrast, saturation, hue
    expand   the picture may lie in a larger one of the mean colour, at most so many times as wide and high; 1 for never
    crop     a part of it, chosen by how much of an object it keeps
    flip     left to right in half of all cases
    """

    distort: bool = True
    expand: float = Field(default=4.0, ge=1, le=8)
    crop: bool = True
    flip: bool = True


class DetectorSchedule(_Section):
    """How long and how hard it trains.

    warm_up         steps in which the rate rises from nearly nothing
    decay_at        steps after which the rate is a tenth of what it was
    base_rate       factor on the rate of the base's weights, which know something already
    frozen_blocks   of the base, from the picture on, that stay as they are: 7 of mobilenet_v2's, up to stride 8, take
                    half of the time of a step
    bias_factor     factor on the rate of biases, which have no weight decay
    negatives       background priors learnt for each one with an object, the hardest ones
    least_negatives of a picture at least so many; 0 as published: a picture without an object teaches nothing
    learn_difficult whether objects marked as difficult are learnt
    val_every       steps between two looks at val, and between two states that an interrupted run goes on from
    """

    steps: int = Field(default=120_000, ge=1)
    batch: int = Field(default=32, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=5e-4, ge=0)
    base_rate: float = Field(default=1.0, ge=0)
    frozen_blocks: int = Field(default=0, ge=0)
    bias_factor: float = Field(default=2.0, gt=0)
    warm_up: int = Field(default=500, ge=0)
    decay_at: tuple[int, ...] = (80_000, 100_000)
    clip_norm: float = Field(default=10.0, gt=0)
    overlap: float = Field(default=0.5, gt=0, lt=1)
    negatives: float = Field(default=3.0, gt=0)
    least_negatives: int = Field(default=0, ge=0)
    learn_difficult: bool = True
    val_every: int = Field(default=1000, ge=1)
    bfloat16_on_cpu: bool = False
    seed: int = 1


class DetectorConfig(_Section):
    """The whole file; `licences` names what goes into the weights, and ends up in the bundle.

    labels  what it finds, each with the names that mean it in the data; a list is of labels that are named alike.
            Boxes of other names are left out
    """

    name: str = "detector"
    version: str = "0.1.0"
    labels: dict[str, tuple[str, ...]] = Field(min_length=1)
    data: DetectorData = DetectorData()
    network: DetectorArchitecture = DetectorArchitecture()
    augmentation: Augmentation = Augmentation()
    training: DetectorSchedule = DetectorSchedule()
    licences: tuple[Licence, ...] = ()

    @field_validator("labels", mode="before")
    @classmethod
    def _from_list(cls, labels: Any) -> Any:
        return {str(label): (str(label),) for label in labels} if isinstance(labels, list | tuple) else labels

    @field_validator("labels")
    @classmethod
    def _are_told_apart(cls, labels: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        names = [name for named in labels.values() for name in named]
        if len(set(names)) != len(names):
            raise ValueError("a name in the data can mean one label only")
        return labels


def load_detector_config(path: Path) -> DetectorConfig:
    """Read a recipe. Raises InvalidInput that names the file and the first thing wrong with it."""
    return read_recipe(path, DetectorConfig)
