"""The concepts of a bundle as `model.json` states them: names, words, version, and how their scores are calibrated."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.domain.mention import tokenize

FIRST_VERSION = 1


def _holds_a_word(phrase: str) -> str:
    if not tokenize(phrase):
        raise ValueError("holds no word")
    return phrase


ConceptName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
Phrase = Annotated[str, StringConstraints(max_length=200), AfterValidator(_holds_a_word)]
Phrases = Annotated[tuple[Phrase, ...], Field(min_length=1)]


class Concepts(BaseModel):
    """Groups of words that mean one happening, as a recipe states them.

    version  goes up with every change of the words: scores are comparable within one version only
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = FIRST_VERSION
    words: Mapping[ConceptName, Phrases] = Field(default_factory=lambda: dict(FIRST_CONCEPTS), min_length=1)


class ConceptHead(Concepts):
    """The concepts that a bundle's sequence graph scores; `names` has them in the order of its output."""

    names: tuple[str, ...]

    @model_validator(mode="after")
    def _names_what_has_words(self) -> "ConceptHead":
        if sorted(self.names) != sorted(self.words):
            raise ValueError("names and words must hold the same concepts, each once")
        return self


class Calibration(BaseModel):
    """Turns a concept's logit into a probability: sigmoid(slope * logit + offset), Platt 1999."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: float
    offset: float


def first_words(names: Any) -> dict[str, tuple[str, ...]]:
    """The words of version 1 of these concepts. Raises ValueError for a concept that it does not have."""
    if not isinstance(names, list | tuple) or not set(names) <= set(FIRST_CONCEPTS):
        raise ValueError(f"version {FIRST_VERSION} has the concepts {', '.join(FIRST_CONCEPTS)}")
    return {name: FIRST_CONCEPTS[name] for name in names}


def with_first_words(manifest: Any) -> Any:
    """A manifest of format 1, which left words to the code, with its words. Raises ValueError for other concepts."""
    concepts = manifest.get("concepts")
    if not isinstance(concepts, dict):
        return manifest
    version = concepts.get("version")
    if version != FIRST_VERSION:
        raise ValueError(
            f"concepts of version {version} came without their words, only those of {FIRST_VERSION} are known"
        )
    return {**manifest, "concepts": {**concepts, "words": first_words(concepts.get("names"))}}
