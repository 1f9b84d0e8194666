"""Rules: named reactions to what is seen and heard."""

from datetime import datetime
from typing import ClassVar

from pydantic import AliasPath, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.config import JsonDict

from instantreact.api.schemas.conditions import ConditionDraft
from instantreact.api.schemas.fields import Draft, Flag, Id, Name, Number
from instantreact.domain.rule import Combine, Condition, Criteria, Severity
from instantreact.storage.rules import RuleChanges

DAY_S = 86_400.0
_DRAFT: JsonDict = {
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
    "enabled": True,
}
_CRITERIA = TypeAdapter(Criteria)


class RuleDraft(Draft):
    """What people decide about a rule."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})
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
    enabled: Flag = True

    def to_changes(self) -> RuleChanges:
        """As storage takes them, the conditions as the rules engine does."""
        return {
            "name": self.name,
            "criteria": _CRITERIA.validate_python(self.model_dump(include={"conditions", "combine"})),
            "camera_ids": self.camera_ids,
            "recipient_ids": self.recipient_ids,
            "severity": self.severity,
            "cooldown_s": self.cooldown_s,
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
                    **_DRAFT,
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
    enabled: bool
    created_at: datetime
    warning: str | None = Field(None, description="What it asks for that no loaded bundle can say: it never holds so.")
