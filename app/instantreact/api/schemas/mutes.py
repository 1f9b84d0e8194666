"""Mutes: what is quiet, for whom and until when."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Id
from instantreact.storage.mutes import LONGEST, SHORTEST

_CAMERA = "f3c8a1d27e5b4c6f9a0b1c2d3e4f5a6b"
_DRAFT: JsonDict = {"rule_id": None, "camera_id": _CAMERA, "recipient_id": None, "duration_s": 3600}
_EXAMPLE: JsonDict = {
    "id": "5d41402abc4b2a76b9719d911017c592",
    "rule_id": None,
    "camera_id": _CAMERA,
    "recipient_id": None,
    "until": "2026-11-22T13:00:00Z",
    "made_by": "Ana",
    "created_at": "2026-11-22T12:00:00Z",
}
_SHORTEST_S, _LONGEST_S = int(SHORTEST.total_seconds()), int(LONGEST.total_seconds())


class MuteDraft(Draft):
    """What is to be quiet: a rule, a camera or, without either, everything; for one recipient or for everybody."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})

    rule_id: Id | None = None
    camera_id: Id | None = Field(None, description="What rules raise at this camera; not that it is lost.")
    recipient_id: Id | None = Field(None, description="Who is not told; without it nobody is.")
    duration_s: Annotated[int, Field(ge=_SHORTEST_S, le=_LONGEST_S, description="For how long, in seconds.")]

    @model_validator(mode="after")
    def _check_one(self) -> "MuteDraft":
        if self.rule_id is not None and self.camera_id is not None:
            raise ValueError("name a rule, a camera, or neither for everything; not both")
        return self


class MuteView(BaseModel):
    """A mute that is not over."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    rule_id: str | None
    camera_id: str | None
    recipient_id: str | None = Field(description="Who is not told; null: nobody is.")
    until: datetime
    made_by: str = Field(description="Who muted it, here or in a chat.")
    created_at: datetime
