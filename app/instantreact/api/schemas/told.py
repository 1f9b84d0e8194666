"""What one person was told of, and what became of it."""

from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.schemas.alerts import PartView
from instantreact.channels.words import compose_title
from instantreact.domain.alert import AlertState, ChannelKind, DeliveryState
from instantreact.domain.rule import Severity
from instantreact.storage.tables import Delivery

_EXAMPLE: JsonDict = {
    "id": "92eb5ffee6ae2fec3ad71c777531578f",
    "alert_id": "0cc175b9c0f1b6a831c399e269772661",
    "camera_id": "c4ca4238a0b923820dcc509a6f75849b",
    "title": "A fight at the counter",
    "severity": "critical",
    "alert_state": "raised",
    "channel": "messenger",
    "state": "held",
    "reason": "Messenger's 24-hour window is shut until this person writes to the Page again.",
    "instead_of": None,
    "job_id": None,
    "created_at": "2026-11-22T12:00:01Z",
    "parts": [
        {
            "kind": "text",
            "state": "held",
            "attempts": 1,
            "error": "Messenger's 24-hour window is shut until this person writes to the Page again.",
            "message_id": None,
            "sent_at": None,
        }
    ],
}


class ToldView(BaseModel):
    """An alert as one person was told of it, or not."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    alert_id: str
    camera_id: str | None = Field(validation_alias=AliasPath("alert", "camera_id"))
    title: Annotated[str, BeforeValidator(compose_title)] = Field(validation_alias=AliasPath("alert", "happening"))
    severity: Severity = Field(validation_alias=AliasPath("alert", "happening", "severity"))
    alert_state: AlertState = Field(validation_alias=AliasPath("alert", "state"))
    channel: ChannelKind
    state: DeliveryState
    reason: str | None = Field(
        None, description="Why it, or a part of it, was not sent: what it is held for, in which digest it is told."
    )
    instead_of: str | None = Field(
        description="The delivery that did not reach whoever falls back on this recipient; null where there is none."
    )
    job_id: str | None = Field(None, description="Sends it again where it was given up: POST /jobs/{job_id}/rerun.")
    created_at: datetime
    parts: list[PartView]

    @classmethod
    def of(cls, row: Delivery, job_id: str | None) -> "ToldView":
        """A delivery with the job that was buried with it."""
        view = cls.model_validate(row)
        reason = next((part.error for part in view.parts if part.error), None)
        return view.model_copy(update={"reason": reason, "job_id": job_id})
