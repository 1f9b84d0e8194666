"""The audit log, as it is shown and exported."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import PrincipalKind

_EXAMPLE: JsonDict = {
    "id": "c81e728d9d4c2f636f067f89cc14862c",
    "at": "2026-11-22T12:03:11Z",
    "action": "saw",
    "principal_kind": "key",
    "principal": "Night shift",
    "principal_id": "d3b07384d113edec49eaa6238ad5ff00",
    "source": "192.0.2.17",
    "route": "GET /events/{event_id}/snapshot.jpg",
    "subject": "8a7d5e3c1b9f4a2d8c6e0f1a2b3c4d5e",
    "status": 200,
    "request_id": "5b0c1d6f5c0e4f0f9d7c7a3f2b1e0a9c",
}


class AuditEntryView(BaseModel):
    """One thing that somebody did."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    at: datetime
    action: AuditAction
    principal_kind: PrincipalKind = Field(description="What vouched for them.")
    principal: str = Field(description="By the name that they had then.")
    principal_id: str | None = Field(description="Of their key or user, or of the recipient who answered.")
    source: str | None = Field(description="The address they came from; null for commands and chats.")
    route: str = Field(description="Method and template of the address, the command, or the channel and the answer.")
    subject: str = Field(description="The ids in the address, and of what was made.")
    status: int | None
    request_id: str | None = Field(description="The log knows it too.")
