"""Recipients: whom to tell, and how."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic.config import JsonDict, JsonValue

from instantreact.api.schemas.fields import Draft, Flag, Id, Name
from instantreact.api.schemas.firing import ClockTime, ScheduleDraft, to_schedule
from instantreact.api.schemas.sites import TimeZone
from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import ChannelKind
from instantreact.domain.language import Language
from instantreact.storage.recipients import RecipientChanges

_DRAFT: JsonDict = {
    "name": "Night shift",
    "channel": "messenger",
    "address": "1254477777772919",
    "enabled": True,
    "quiet_hours": {"hours": [{"days": ["sat", "sun"], "start": "23:00", "end": "07:00"}], "holidays": []},
    "time_zone": "Europe/Paris",
    "report_at": "08:00",
    "fallback_id": None,
    "language": "en",
}
_EXAMPLE: JsonDict = {
    "id": "6f5902ac237024bdd0c176cb93063dc4",
    **_DRAFT,
    "window_open_until": "2026-11-23T11:00:00Z",
    "unreachable_reason": None,
    "opted_in_at": "2026-11-22T10:59:00Z",
    "opted_out_at": None,
    "created_at": "2026-11-22T10:59:00Z",
}

_ADDRESSES: list[JsonValue] = [
    {
        "if": {"properties": {"channel": {"const": kind.value}}},
        "then": {"properties": {"address": {"pattern": channel.address_pattern}}},
    }
    for kind, channel in CHANNELS.items()
    if channel.address_pattern
]
Address = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,1000}$")]


class RecipientDraft(Draft):
    """What people decide about a recipient."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT], "allOf": _ADDRESSES})
    read_only: ClassVar[frozenset[str]] = frozenset(
        {"id", "window_open_until", "unreachable_reason", "opted_in_at", "opted_out_at", "created_at"}
    )

    name: Name
    channel: ChannelKind
    address: Address = Field(
        description="Where the channel reaches them: for Messenger the page-scoped id (PSID), for a webhook what is "
        "called. Unique by channel."
    )
    enabled: Flag = True
    quiet_hours: ScheduleDraft | None = Field(
        None,
        description="When they are told of critical alerts only; the others come in one message afterwards.",
    )
    time_zone: TimeZone | None = Field(None, description="By whose clock; null for the service's.")
    fallback_id: Id | None = Field(
        None,
        description="The recipient that is told instead where the channel does not reach them, or their chat window is "
        "shut: often the same person on another channel.",
    )
    report_at: ClockTime | None = Field(None, description="When they are told daily how things stand; null for never.")
    language: Language | None = Field(
        None, description="Of what they are told; without it what their channel says, or INSTANTREACT_LANGUAGE."
    )

    def to_changes(self) -> RecipientChanges:
        """As storage takes them."""
        return {
            "name": self.name,
            "channel": self.channel,
            "address": self.address,
            "enabled": self.enabled,
            "quiet_hours": to_schedule(self.quiet_hours),
            "time_zone": self.time_zone,
            "report_at": self.report_at,
            "fallback_id": self.fallback_id,
            "language": self.language,
        }

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
    quiet_hours: ScheduleDraft | None
    time_zone: str | None
    report_at: ClockTime | None
    fallback_id: str | None
    language: Language | None
    window_open_until: datetime | None = Field(description="Until when Messenger lets us write to them.")
    unreachable_reason: str | None = Field(description="Why the channel does not reach them, until it does again.")
    opted_in_at: datetime | None = Field(description="When they said that they want to be told.")
    opted_out_at: datetime | None = Field(description="When they said that they do not, until they say otherwise.")
    created_at: datetime
