"""Queued work, for those who look after the service."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.domain.job import JobState

_EXAMPLE: JsonDict = {
    "id": "900150983cd24fb0d6963f7d28e17f72",
    "kind": "deliver",
    "subject": "92eb5ffee6ae2fec3ad71c777531578f",
    "state": "buried",
    "attempts": 8,
    "max_attempts": 8,
    "error": "Messenger refused the Page's access token.",
    "created_at": "2026-11-22T12:00:01Z",
    "run_at": "2026-11-22T14:10:00Z",
}


class JobView(BaseModel):
    """A unit of queued work; one that is done is gone."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    kind: str
    subject: str = Field(description="The id of what it is about: a clip, a delivery, an incoming message.")
    state: JobState
    attempts: int
    max_attempts: int
    error: str | None = Field(description="Why the last attempt failed, in words.")
    created_at: datetime
    run_at: datetime = Field(description="When it is, or was last, due.")
