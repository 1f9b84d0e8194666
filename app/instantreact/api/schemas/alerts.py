"""Alerts, and how telling people about them went."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Id
from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.alert import AlertState, ChannelKind, DeliveryState, PartKind
from instantreact.domain.rule import Evidence, Severity
from instantreact.domain.second_look import LookMode, LookState
from instantreact.storage.tables import Verdict

_EXAMPLE: JsonDict = {
    "id": "0cc175b9c0f1b6a831c399e269772661",
    "rule_id": "b1946ac92492d2347c6235b4d2611184",
    "event_id": "8a7d5e3c1b9f4a2d8c6e0f1a2b3c4d5e",
    "camera_id": None,
    "title": "A fight at the counter",
    "text": "two men are fighting near the counter",
    "severity": "critical",
    "state": "raised",
    "evidence": [
        {
            "kind": "concept",
            "what": "fight",
            "score": 0.93,
            "quote": "two men are fighting near the counter",
            "start_s": 0.0,
            "end_s": 2.0,
        }
    ],
    "escalated": 0,
    "raised_at": "2026-11-22T12:00:01Z",
    "answered_at": None,
    "answered_by": None,
    "untold_reason": None,
    "incident": {
        "count": 12,
        "first_at": "2026-11-22T12:00:00Z",
        "latest_at": "2026-11-22T12:00:57Z",
        "camera_ids": ["4a8a08f09d37b73795649038408b5f33", "8277e0910d750195b448797616e091ad"],
        "rule_ids": ["b1946ac92492d2347c6235b4d2611184"],
    },
    "second_look": {
        "mode": "after",
        "state": "confirmed",
        "sentence": None,
        "model": "qwen3-vl:8b",
        "due_at": "2026-11-22T12:00:21Z",
        "took_s": 2.41,
        "why": None,
    },
    "deliveries": [
        {
            "id": "92eb5ffee6ae2fec3ad71c777531578f",
            "recipient_id": "6f5902ac237024bdd0c176cb93063dc4",
            "recipient_name": "Night shift",
            "channel": "messenger",
            "state": "sent",
            "created_at": "2026-11-22T12:00:01Z",
            "parts": [
                {
                    "kind": "text",
                    "state": "sent",
                    "attempts": 1,
                    "error": None,
                    "message_id": "m_AG5Hz2Uq7tuwNEhXfYYKj8mJEM",
                    "sent_at": "2026-11-22T12:00:02Z",
                }
            ],
        }
    ],
}


class TrialDraft(Draft):
    """Whom to send a test alert."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recipient_ids": None}]})

    recipient_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="null: everybody who is told of alerts."
    )


class PartView(BaseModel):
    """The text or the picture of a delivery."""

    model_config = ConfigDict(from_attributes=True)

    kind: PartKind
    state: DeliveryState
    attempts: int
    error: str | None = Field(description="Why the last attempt failed, in words.")
    message_id: str | None = Field(description="What the channel calls the message it accepted.")
    sent_at: datetime | None


class DeliveryView(BaseModel):
    """One alert to one recipient on one channel."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    recipient_id: str
    recipient_name: str = Field(validation_alias=AliasPath("recipient", "name"))
    channel: ChannelKind
    state: DeliveryState
    created_at: datetime
    parts: list[PartView]


class IncidentView(BaseModel):
    """What is part of one alert: what rules found at one place, each not long after the one before."""

    count: int = Field(description="How often something was seen or heard for which a rule held.")
    first_at: datetime
    latest_at: datetime
    camera_ids: list[str] = Field(description="Where, in the order in which they saw it.")
    rule_ids: list[str] = Field(description="Which rules held, likewise.")

    @classmethod
    def of(cls, verdicts: Sequence[Verdict]) -> Self | None:
        """None where an alert is of one thing alone."""
        if len(verdicts) < 2:
            return None
        seen = sorted(verdicts, key=lambda each: (each.event.occurred_at, each.event_id))
        return cls(
            count=len({each.event_id for each in seen}),
            first_at=seen[0].event.occurred_at,
            latest_at=seen[-1].event.occurred_at,
            camera_ids=list(dict.fromkeys(each.event.camera_id for each in seen if each.event.camera_id)),
            rule_ids=list(dict.fromkeys(each.rule_id for each in seen)),
        )


class SecondLookView(BaseModel):
    """What a second model says of an alert."""

    model_config = ConfigDict(from_attributes=True)

    mode: LookMode = Field(description="Whether people are told before it, or after it.")
    state: LookState
    sentence: str | None = Field(description="What it sees, where it does not agree with the caption.")
    model: str | None
    due_at: datetime = Field(description="When people are told without it, at the latest.")
    took_s: float | None
    why: str | None = Field(description="What went wrong.")


class AlertView(BaseModel):
    """The decision to tell people, who was told, and what they answered."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    rule_id: str | None
    event_id: str | None
    camera_id: str | None
    title: Annotated[str, BeforeValidator(compose_title)] = Field(validation_alias=AliasPath("happening"))
    text: Annotated[str, BeforeValidator(compose_text)] = Field(
        validation_alias=AliasPath("happening"), description="What happened, in words; each channel finds its own."
    )
    severity: Severity = Field(validation_alias=AliasPath("happening", "severity"))
    state: AlertState
    evidence: tuple[Evidence, ...] = Field(
        (),
        validation_alias=AliasPath("happening", "evidence"),
        description="What made each condition of the rule hold; empty where none did, as when a camera is lost.",
    )
    escalated: int = Field(description="How many steps of its rule's escalation were taken.")
    raised_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    untold_reason: str | None = Field(
        description="Why nobody was told, where that is somebody's choice: a mute, a second look that rejects it."
    )
    incident: Annotated[IncidentView | None, BeforeValidator(IncidentView.of)] = Field(
        validation_alias=AliasPath("verdicts"), description="What became part of it since; null where nothing did."
    )
    second_look: SecondLookView | None = Field(
        None,
        validation_alias=AliasPath("happening", "second_look"),
        description="What a second model says of it, where its rule asks for that.",
    )
    deliveries: list[DeliveryView]
