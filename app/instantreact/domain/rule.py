"""What a rule asks of an observation, and what made it hold."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Severity(StrEnum):
    """How much an alert matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def weight(self) -> int:
        """0 for the least."""
        return list(Severity).index(self)


class Combine(StrEnum):
    """Whether every condition of a rule must hold, or one is enough."""

    ALL = "all"
    ANY = "any"


class MeaningKind(StrEnum):
    """The three things Wit.ai understands in an utterance."""

    INTENT = "intent"
    ENTITY = "entity"
    TRAIT = "trait"


@dataclass(frozen=True)
class CaptionCondition:
    """The caption mentions one of `phrases`, compared by stems, with a probability of at least `min_score`."""

    phrases: tuple[str, ...]
    min_score: float = 0.5
    kind: Literal["caption"] = "caption"


@dataclass(frozen=True)
class ConceptCondition:
    """The caption mentions the happening `concept` with a probability of at least `min_score`."""

    concept: str
    min_score: float = 0.5
    kind: Literal["concept"] = "concept"


@dataclass(frozen=True)
class SpeechCondition:
    """One of `phrases` was said; `max_distance` letters may differ in all, for what the recogniser misheard."""

    phrases: tuple[str, ...]
    max_distance: int = 0
    kind: Literal["speech"] = "speech"


@dataclass(frozen=True)
class MeaningCondition:
    """The recogniser understood an intent, entity or trait called `name` (with `value`, if given)."""

    meaning: MeaningKind
    name: str
    value: str | None = None
    min_confidence: float = 0.7
    kind: Literal["meaning"] = "meaning"


@dataclass(frozen=True)
class ZoneCondition:
    """At least `min_share` of the moving pixels lie inside the camera's zone called `zone`."""

    zone: str
    min_share: float = 0.5
    kind: Literal["zone"] = "zone"


Condition = CaptionCondition | ConceptCondition | SpeechCondition | MeaningCondition | ZoneCondition


@dataclass(frozen=True)
class Criteria:
    """The conditions of a rule and how they combine."""

    conditions: tuple[Condition, ...]
    combine: Combine = Combine.ALL


def asked_zones(criteria: Criteria) -> tuple[str, ...]:
    """The zones that a rule asks about."""
    return tuple(condition.zone for condition in criteria.conditions if isinstance(condition, ZoneCondition))


@dataclass(frozen=True)
class HitsConfirmation:
    """The rule's conditions hold in at least `hits` of the last `of` windows."""

    hits: int
    of: int
    kind: Literal["hits"] = "hits"


@dataclass(frozen=True)
class DurationConfirmation:
    """The rule's conditions hold without a break for at least so many seconds of footage."""

    at_least_s: float
    kind: Literal["duration"] = "duration"


@dataclass(frozen=True)
class MeanConfirmation:
    """The mean of each condition's score over so many seconds of footage is as high as the condition asks."""

    over_s: float
    kind: Literal["mean"] = "mean"


Confirmation = HitsConfirmation | DurationConfirmation | MeanConfirmation
"""What must be seen beyond one window before a rule fires."""


@dataclass(frozen=True)
class Evidence:
    """What made one condition hold: the phrase, concept or zone, its score, the words quoted and when.

    `start_s` and `end_s` are seconds on the footage's clock.
    """

    kind: str
    what: str
    score: float
    quote: str
    start_s: float
    end_s: float
