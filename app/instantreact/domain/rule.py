"""What a rule asks of an observation, and what made it hold."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from instantreact.domain.camera import Point
from instantreact.domain.observation import Way


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


@dataclass(frozen=True)
class ObjectCondition:
    """From `min_count` to `max_count` things of a label are there at once, each for at least `for_s` by then.

    Where a `zone` is named, there means that their feet are in it: the middle of the lower edge of their boxes.
    """

    label: str
    min_score: float = 0.5
    min_count: int = 1
    max_count: int | None = None
    zone: str | None = None
    for_s: float = 0.0
    kind: Literal["object"] = "object"


@dataclass(frozen=True)
class AbsenceCondition:
    """Nothing of a label was seen, in `zone` where one is named, for at least `for_s`; `min_score` is of a sight."""

    label: str
    for_s: float
    zone: str | None = None
    min_score: float = 0.3
    kind: Literal["absence"] = "absence"


@dataclass(frozen=True)
class PassageCondition:
    """At least `min_count` things of a label go into a zone or out of it, or over a line, within a window.

    way   for a zone `enter` or `leave`, for a line `right` or `left` as one looks along it; None for either
    line  from one point to another, on every camera that the rule watches
    """

    label: str
    way: Way | None = None
    zone: str | None = None
    line: tuple[Point, Point] | None = None
    min_score: float = 0.5
    min_count: int = 1
    kind: Literal["passage"] = "passage"


PresenceCondition = ObjectCondition | AbsenceCondition | PassageCondition
"""What is asked of the things that are there."""

Condition = CaptionCondition | ConceptCondition | SpeechCondition | MeaningCondition | ZoneCondition | PresenceCondition


@dataclass(frozen=True)
class Criteria:
    """The conditions of a rule and how they combine."""

    conditions: tuple[Condition, ...]
    combine: Combine = Combine.ALL


def asked_zones(criteria: Criteria) -> tuple[str, ...]:
    """The zones that a rule asks about."""
    named = (getattr(condition, "zone", None) for condition in criteria.conditions)
    return tuple(zone for zone in named if zone is not None)


def presence_conditions(criteria: Criteria) -> tuple[PresenceCondition, ...]:
    """What a rule asks of the things that are there."""
    return tuple(condition for condition in criteria.conditions if isinstance(condition, PresenceCondition))


def asks_in_stillness(criteria: Criteria) -> bool:
    """Whether the rule may begin to hold while nothing moves: somebody sits there, or nobody came."""
    return any(not isinstance(condition, PassageCondition) for condition in presence_conditions(criteria))


def asks_who_lies(criteria: Criteria) -> bool:
    """Whether people's poses are to be looked at even where nobody can have fallen."""
    return any(isinstance(each, ConceptCondition) and each.concept == "lying" for each in criteria.conditions)


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
    """What made one condition hold: the phrase, concept, zone or label, its score, the words quoted and when.

    `start_s` and `end_s` are seconds on the footage's clock. Of things it says how many, where, for how long and
    which way.
    """

    kind: str
    what: str
    score: float
    quote: str
    start_s: float
    end_s: float
    count: int | None = None
    zone: str | None = None
    for_s: float | None = None
    way: Way | None = None
