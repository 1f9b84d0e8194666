"""Rules: named reactions to what is seen and heard."""

from datetime import datetime
from typing import ClassVar, Self

from pydantic import AliasPath, BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic.config import JsonDict

from instantreact.api.schemas.conditions import ConditionDraft
from instantreact.api.schemas.fields import Draft, Flag, Id, Name, Number
from instantreact.api.schemas.firing import (
    ConfirmationDraft,
    EscalationStepDraft,
    ScheduleDraft,
    SecondLookDraft,
    to_schedule,
)
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.rule import Combine, Condition, Confirmation, Criteria, Severity
from instantreact.domain.second_look import LookRequest
from instantreact.storage.rules import RuleChanges

DAY_S = 86_400.0
RULE_EXAMPLE: JsonDict = {
    "name": "A fight at the counter",
    "conditions": [
        {"kind": "concept", "concept": "fight", "min_score": 0.6},
        {"kind": "caption", "phrases": ["counter", "till"], "min_score": 0.3},
    ],
    "combine": "all",
    "camera_ids": None,
    "recipient_ids": None,
    "severity": "critical",
    "cooldown_s": 120.0,
    "escalation": [],
    "schedule": {
        "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "22:00", "end": "06:00"}],
        "holidays": ["2026-12-25"],
    },
    "confirmation": {"kind": "hits", "hits": 2, "of": 3},
    "second_look": {"question": "Do people fight?", "may_reject": None},
    "enabled": True,
}
OBJECT_RULE_EXAMPLE: JsonDict = {
    "name": "Two at the till, and nobody at the desk",
    "conditions": [
        {
            "kind": "object",
            "label": "person",
            "min_score": 0.5,
            "min_count": 2,
            "max_count": None,
            "zone": None,
            "for_s": 10.0,
        },
        {"kind": "absence", "label": "person", "for_s": 600.0, "zone": None, "min_score": 0.3},
        {
            "kind": "passage",
            "label": "person",
            "way": "right",
            "zone": None,
            "line": [{"x": 0.2, "y": 0.9}, {"x": 0.8, "y": 0.9}],
            "min_score": 0.5,
            "min_count": 1,
        },
    ],
    "combine": "any",
}
"""Zones are left out: they are those of cameras that are there."""
_CRITERIA = TypeAdapter(Criteria)
_STEPS = TypeAdapter(tuple[EscalationStep, ...])
_LOOK: TypeAdapter[LookRequest | None] = TypeAdapter(LookRequest | None)
_CONFIRMATION: TypeAdapter[Confirmation | None] = TypeAdapter(Confirmation | None)


class RuleDraft(Draft):
    """What people decide about a rule."""

    model_config = ConfigDict(json_schema_extra={"examples": [RULE_EXAMPLE, OBJECT_RULE_EXAMPLE]})
    read_only: ClassVar[frozenset[str]] = frozenset({"id", "created_at", "warning"})

    name: Name = Field(description="Unique among the rules.")
    conditions: list[ConditionDraft] = Field(min_length=1, max_length=20)
    combine: Combine = Field(Combine.ALL, description="Whether every condition must hold, or one is enough.")
    camera_ids: list[Id] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="The cameras it watches; null for every camera and upload.",
    )
    recipient_ids: list[Id] | None = Field(
        None, min_length=1, max_length=1000, description="Whom it tells; null for every recipient."
    )
    severity: Severity = Severity.WARNING
    cooldown_s: Number = Field(
        60.0, ge=0.0, le=30 * DAY_S, description="Quiet time after an alert, for each camera, in seconds."
    )
    escalation: list[EscalationStepDraft] = Field(
        default_factory=list,
        max_length=10,
        description="Who is told besides while nobody has answered, step by step; the last step is the end of it.",
    )
    schedule: ScheduleDraft | None = Field(
        None, description="When it may fire, by when it was seen; null for at any time."
    )
    confirmation: ConfirmationDraft | None = Field(
        None,
        description="What must be seen beyond one window; null where one is enough. Not for rules about what is said.",
    )
    second_look: SecondLookDraft | None = Field(
        None,
        description="That its alerts are looked at by the model of INSTANTREACT_SECOND_LOOK_URL, which gets their "
        "pictures; null for no.",
    )
    enabled: Flag = True

    @model_validator(mode="after")
    def _check_confirmation(self) -> Self:
        spoken = [each.kind for each in self.conditions if each.kind in {"speech", "meaning"}]
        if self.confirmation is not None and spoken:
            raise ValueError("a confirmation looks at windows that were seen; what is said is said once")
        return self

    @model_validator(mode="after")
    def _check_steps(self) -> Self:
        times = [step.after_s for step in self.escalation]
        if times != sorted(set(times)):
            raise ValueError("the steps of an escalation come one after the other: `after_s` must grow")
        return self

    def to_changes(self) -> RuleChanges:
        """As storage takes them, the conditions as the rules engine does."""
        return {
            "name": self.name,
            "criteria": _CRITERIA.validate_python(self.model_dump(include={"conditions", "combine"})),
            "camera_ids": self.camera_ids,
            "recipient_ids": self.recipient_ids,
            "severity": self.severity,
            "cooldown_s": self.cooldown_s,
            "escalation": _STEPS.validate_python(self.model_dump(mode="json")["escalation"]),
            "schedule": to_schedule(self.schedule),
            "confirmation": _CONFIRMATION.validate_python(self.model_dump()["confirmation"]),
            "second_look": _LOOK.validate_python(self.model_dump()["second_look"]),
            "enabled": self.enabled,
        }


class RuleView(BaseModel):
    """A rule as it is stored."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "b1946ac92492d2347c6235b4d2611184",
                    **RULE_EXAMPLE,
                    "created_at": "2026-11-22T12:00:00Z",
                    "warning": None,
                },
            ]
        },
    )

    id: str
    name: str
    conditions: tuple[Condition, ...] = Field(validation_alias=AliasPath("criteria", "conditions"))
    combine: Combine = Field(validation_alias=AliasPath("criteria", "combine"))
    camera_ids: list[str] | None
    recipient_ids: list[str] | None
    severity: Severity
    cooldown_s: float
    escalation: list[EscalationStepDraft]
    schedule: ScheduleDraft | None
    confirmation: Confirmation | None
    second_look: SecondLookDraft | None
    enabled: bool
    created_at: datetime
    warning: str | None = Field(
        None,
        description="What it asks for that no loaded bundle can say, that nobody takes the second look it asks for, or "
        "that most of its alerts were false alarms.",
    )
