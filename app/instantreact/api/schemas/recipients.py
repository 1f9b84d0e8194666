"""Recipients: whom to tell, and how."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Flag, Name
from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import ChannelKind
from instantreact.storage.recipients import RecipientChanges

_DRAFT: JsonDict = {"name": "Night shift", "channel": "messenger", "address": "1254477777772919", "enabled": True}
_EXAMPLE: JsonDict = {
    "id": "6f5902ac237024bdd0c176cb93063dc4",
    **_DRAFT,
    "window_open_until": "2026-11-23T11:00:00Z",
    "unreachable_reason": None,
    "opted_in_at": "2026-11-22T10:59:00Z",
    "opted_out_at": None,
    "created_at": "2026-11-22T10:59:00Z",
}

Address = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]


class RecipientDraft(Draft):
    """What people decide about a recipient."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})
    read_only: ClassVar[frozenset[str]] = frozenset(
        {"id", "window_open_until", "unreachable_reason", "opted_in_at", "opted_out_at", "created_at"}
    )

    name: Name
    channel: ChannelKind
    address: Address = Field(
        description="Where the channel reaches them: for Messenger the page-scoped id (PSID). Unique by channel."
    )
    enabled: Flag = True

    def to_changes(self) -> RecipientChanges:
        """As storage takes them."""
        return {"name": self.name, "channel": self.channel, "address": self.address, "enabled": self.enabled}

    @field_validator("address")
    @classmethod
    def _check_address(cls, address: str, info: ValidationInfo) -> str:
        channel = info.data.get("channel")
        fault = CHANNELS[channel].find_address_fault(address) if channel else None
        if fault is not None:
            raise ValueError(fault)
        return address


class RecipientView(BaseModel):
    """A recipient as it is stored."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    name: str
    channel: ChannelKind
    address: str
    enabled: bool
    window_open_until: datetime | None = Field(description="Until when Messenger lets us write to them.")
    unreachable_reason: str | None = Field(description="Why the channel does not reach them, until they act again.")
    opted_in_at: datetime | None = Field(description="When they said that they want to be told.")
    opted_out_at: datetime | None = Field(description="When they said that they do not, until they say otherwise.")
    created_at: datetime
