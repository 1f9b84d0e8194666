"""The conditions of a rule as people write them, checked against what can be answered. Mirrors domain/rule.py."""

import math
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from instantreact.api.schemas.cameras import PointDraft
from instantreact.api.schemas.fields import Count, Draft, Name, Number, Several
from instantreact.domain.mention import tokenize
from instantreact.domain.observation import Way
from instantreact.domain.rule import MeaningKind

_SHORTEST_LINE = 0.01

Share = Annotated[Number, Field(ge=0.0, le=1.0)]


def _check_words(phrase: str) -> str:
    if not tokenize(phrase):
        raise ValueError("holds no word")
    return phrase


Phrase = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_check_words)]
Phrases = Annotated[list[Phrase], Field(min_length=1, max_length=50, description="One of them is enough.")]


class CaptionConditionDraft(Draft):
    """The caption mentions one of the phrases, whatever the form of its words."""

    kind: Literal["caption"]
    phrases: Phrases
    min_score: Share = Field(0.5, description="The least probability that the caption mentions it.")


class ConceptConditionDraft(Draft):
    """The caption mentions a happening: one of a group of words."""

    kind: Literal["concept"]
    concept: Name = Field(
        description="One that a loaded bundle knows; `GET /bundles` lists them.",
        json_schema_extra={"format": "concept"},
    )
    min_score: Share = Field(0.5, description="The least probability that the caption mentions it.")


class SpeechConditionDraft(Draft):
    """One of the phrases was said."""

    kind: Literal["speech"]
    phrases: Phrases
    max_distance: Count = Field(0, ge=0, le=10, description="How many letters may differ, for what was misheard.")


class MeaningConditionDraft(Draft):
    """The recogniser understood an intent, entity or trait."""

    kind: Literal["meaning"]
    meaning: MeaningKind
    name: Name
    value: Name | None = Field(None, description="Its value; null for any.")
    min_confidence: Share = 0.7


class ZoneConditionDraft(Draft):
    """What moves lies inside a zone of the camera."""

    kind: Literal["zone"]
    zone: Name
    min_share: Share = Field(0.5, description="The least share of the moving pixels.")


Label = Annotated[
    Name,
    Field(
        description="One that the detector looks for, such as person; `GET /bundles` lists them.",
        json_schema_extra={"format": "label"},
    ),
]
LeastScore = Annotated[Number, Field(ge=0.05, le=1.0)]
LongTime = Annotated[Number, Field(ge=0.0, le=86_400.0)]
ZoneName = Annotated[Name | None, Field(description="Where its feet are: the middle of its box's lower edge.")]


class ObjectConditionDraft(Draft):
    """So many things of a label are there at once."""

    kind: Literal["object"]
    label: Label
    min_score: LeastScore = Field(0.5, description="The least score of each of them.")
    min_count: Count = Field(1, ge=1, le=1000)
    max_count: Several | None = Field(None, description="Null for any number.")
    zone: ZoneName = None
    for_s: LongTime = Field(0.0, description="For how long each of them must have been there by then, in seconds.")

    @model_validator(mode="after")
    def _check_counts(self) -> Self:
        if self.max_count is not None and self.max_count < self.min_count:
            raise ValueError("`max_count` is less than `min_count`; for nobody there is the kind `absence`")
        return self


class AbsenceConditionDraft(Draft):
    """Nothing of a label was seen for a time in which somebody looked without a break."""

    kind: Literal["absence"]
    label: Label
    for_s: Number = Field(ge=1.0, le=86_400.0, description="For so many seconds.")
    zone: ZoneName = None
    min_score: LeastScore = Field(0.3, description="What scores less is nobody.")


class PassageConditionDraft(Draft):
    """Things of a label go into a zone, out of it, or over a line."""

    kind: Literal["passage"]
    label: Label
    way: Way | None = Field(
        None,
        description="`enter` or `leave` a zone; over a line to its `right` or `left`, as one looks along it from its "
        "first point to its second. Null for either.",
    )
    zone: ZoneName = None
    line: Annotated[list[PointDraft], Field(min_length=2, max_length=2)] | None = Field(
        None, description="Its two ends, as shares of the picture's width and height, on each camera that is watched."
    )
    min_score: LeastScore = 0.5
    min_count: Count = Field(1, ge=1, le=1000, description="How many of them within a window.")

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        if (self.zone is None) is (self.line is None):
            raise ValueError("names either a `zone` or a `line`")
        if self.line is not None and _is_short(*self.line):
            raise ValueError("the ends of the `line` are one point, or nearly")
        ways = {Way.ENTER, Way.LEAVE} if self.line is None else {Way.RIGHT, Way.LEFT}
        if self.way is not None and self.way not in ways:
            raise ValueError(f"`way` is {' or '.join(sorted(ways))} here")
        return self


def _is_short(one: PointDraft, other: PointDraft) -> bool:
    """Whether nobody could step over it."""
    return math.hypot(one.x - other.x, one.y - other.y) < _SHORTEST_LINE


ConditionDraft = Annotated[
    CaptionConditionDraft
    | ConceptConditionDraft
    | SpeechConditionDraft
    | MeaningConditionDraft
    | ZoneConditionDraft
    | ObjectConditionDraft
    | AbsenceConditionDraft
    | PassageConditionDraft,
    Field(discriminator="kind"),
]
