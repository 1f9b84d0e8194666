"""A training configuration: one TOML file says everything that makes a captioner."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from instantreact.domain.media import SamplingPlan
from instantreact.inference.bundle import Decoding, Licence
from instantreact.inference.concepts import Concepts, first_words
from instantreact.inference.lexicon import Lexicon, Part
from instantreact.inference.preprocess import MOTION_CHANNELS
from instantreact.training.recipes import read_recipe


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Backbones(_Section):
    """The networks that turn a frame and a motion image into features, by name.

    grid         cells along each side of a picture that get features of their own; 1 averages over the picture
    moving       whether there is a motion stream, which needs three gaps in the sampling plan
    motion_gain  factor on the difference of two frames
    motion_crop  side of the square, where most moves, that a motion image shows, as a share of the picture's side
    motion_steady  whether what happens to the whole picture (light, knocks, cuts) is taken out of motion images
    """

    appearance: str = "mobilenet_v2"
    motion: str = "mobilenet_v2"
    grid: int = Field(default=1, ge=1)
    moving: bool = True
    motion_gain: float = Field(default=4.0, gt=0)
    motion_crop: float = Field(default=1.0, gt=0, le=1)
    motion_steady: bool = False

    @property
    def streams(self) -> tuple[str, ...]:
        """The backbone of each stream, appearance first."""
        return (self.appearance, self.motion) if self.moving else (self.appearance,)

    @property
    def cells(self) -> int:
        """How many cells a picture has."""
        return self.grid * self.grid


class Architecture(_Section):
    """The sizes of the sequence model.

    embedding_std  standard deviation of the words' embeddings before training. They are the output layer, too: at 1
                   the first epochs go into shrinking them, which a large vocabulary feels most
    """

    projection: int = Field(default=128, ge=1)
    hidden: int = Field(default=256, ge=2, multiple_of=2)
    embedding: int = Field(default=128, ge=1)
    dropout: float = Field(default=0.4, ge=0, lt=1)
    embedding_std: float = Field(default=1.0, gt=0)


class Schedule(_Section):
    """How long and how hard it trains.

    patience        epochs without a better validation loss before it stops; None trains all epochs
    sentences_per_window  captions drawn of each clip in an epoch
    concept_weight  of the auxiliary concept loss beside the captions'
    concept_ridge   penalty on the weights of the concept head, which is fitted by itself
    averaging       decay of the running average of the weights that is kept (0 keeps the weights themselves)
    bfloat16_on_cpu  mixed precision on the processor, too, while it learns words (not for reward); twice as fast where
                     it has AVX-512 BF16 or AMX, else slower
    """

    epochs: int = Field(default=60, ge=1)
    windows_per_batch: int = Field(default=32, ge=1)
    sentences_per_window: int = Field(default=2, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=1e-2, ge=0)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    concept_weight: float = Field(default=1.0, ge=0)
    concept_ridge: float = Field(default=0.1, gt=0)
    clip_norm: float = Field(default=1.0, gt=0)
    averaging: float = Field(default=0.99, ge=0, lt=1)
    patience: int | None = Field(default=None, ge=1)
    bfloat16_on_cpu: bool = False
    seed: int = 1


class Reward(_Section):
    """Training for reward, the CIDEr-D of sampled sentences, after the epochs of the schedule (see `reward.py`).

    epochs         0 leaves it out; the schedule's patience holds for each of the two parts
    sentences_per_window  sampled of each clip in an epoch, and compared with each other
    """

    epochs: int = Field(default=0, ge=0)
    sentences_per_window: int = Field(default=6, ge=2)
    learning_rate: float = Field(default=2e-4, gt=0)


class PhrasingOptions(_Section):
    """How sentences say less, but surely (see `inference.phrasing`).

    lexicon  which word says what; in a recipe, the name of its file beside the recipe
    least    what the words of each part, how probable they are less it, are worth: what is worth less than nothing is
             left out. Parts that are not named stay
    """

    lexicon: Lexicon
    least: Mapping[Part, Annotated[float, Field(ge=0, le=1)]]


class Views(_Section):
    """Changed copies of each clip that training draws from; a copy has one crop, flip and colour for all its frames."""

    count: int = Field(default=3, ge=0)
    smallest_crop: float = Field(default=0.75, gt=0, le=1)
    colour: float = Field(default=0.2, ge=0, lt=1)
    seed: int = 1


class TrainingConfig(_Section):
    """The whole file; `licences` names what goes into the weights, and ends up in the bundle."""

    name: str = "captioner"
    version: str = "0.1.0"
    sampling: SamplingPlan
    backbones: Backbones = Backbones()
    views: Views = Views()
    model: Architecture = Architecture()
    training: Schedule = Schedule()
    reward: Reward = Reward()
    decoding: Decoding
    phrasing: PhrasingOptions | None = None
    concepts: Concepts = Concepts()
    least_word_count: int = Field(default=2, ge=1)
    licences: tuple[Licence, ...] = ()

    @field_validator("concepts", mode="before")
    @classmethod
    def _from_names(cls, concepts: Any) -> Any:
        """Names alone, as in recipes and checkpoints from before words were part of them."""
        return {"words": first_words(concepts)} if isinstance(concepts, list) else concepts

    @model_validator(mode="after")
    def _has_gaps_where_it_moves(self) -> "TrainingConfig":
        needed = MOTION_CHANNELS if self.backbones.moving else 0
        if len(self.sampling.gaps_s) != needed:
            raise ValueError(f"sampling.gaps_s must name {needed} gaps")
        return self


def load_config(path: Path) -> TrainingConfig:
    """Read a configuration, and the lexicon beside it that it names.

    Raises InvalidInput that names the file and the first thing wrong with it.
    """
    return read_recipe(path, TrainingConfig, beside=[("phrasing", "lexicon")])
