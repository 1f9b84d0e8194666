"""The conditions of a rule as people write them, checked against what can be answered. Mirrors domain/rule.py."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from instantreact.api.schemas.fields import Count, Draft, Name, Number
from instantreact.domain.mention import tokenize
from instantreact.domain.rule import MeaningKind

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


ConditionDraft = Annotated[
    CaptionConditionDraft | ConceptConditionDraft | SpeechConditionDraft | MeaningConditionDraft | ZoneConditionDraft,
    Field(discriminator="kind"),
]
