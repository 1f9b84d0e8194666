"""Invitations: how people become recipients by themselves."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Name
from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import ChannelKind
from instantreact.domain.language import Language

_DRAFT: JsonDict = {"name": "Ana", "channel": "messenger", "language": "fr", "expires_in_s": 604800}
_VIEW: JsonDict = {
    "id": "0d7d8c2a4b5e4f6c8a9b0c1d2e3f4a5b",
    "name": "Ana",
    "channel": "messenger",
    "language": "fr",
    "created_at": "2026-11-22T10:59:00Z",
    "expires_at": "2026-11-29T10:59:00Z",
    "code_expires_at": "2026-11-22T11:14:00Z",
    "used_at": None,
    "recipient_id": None,
}
_MADE: JsonDict = {
    **_VIEW,
    "url": "https://m.me/1122334455?ref=dGhpcyBpcyBhIHRva2Vu",
    "code": "042137",
    "qr_svg": '<svg xmlns="http://www.w3.org/2000/svg" width="37" height="37"></svg>',
}
_INVITING = [kind.value for kind, channel in CHANNELS.items() if channel.invites]


class InvitationDraft(Draft):
    """Whom to invite. They get the name that stands here, and can be told as soon as they have opened the link."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})

    name: Name
    channel: Annotated[ChannelKind, WithJsonSchema({"type": "string", "enum": _INVITING})]
    language: Language | None = Field(None, description="Of what they are told; otherwise as for a recipient.")
    expires_in_s: Annotated[int, Field(ge=60, le=30 * 86400, description="How long the link opens, in seconds.")] = (
        7 * 86400
    )


class InvitationView(BaseModel):
    """An invitation, without what opens it."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_VIEW]})

    id: str
    name: str
    channel: ChannelKind
    language: Language | None
    created_at: datetime
    expires_at: datetime = Field(description="Until when the link opens.")
    code_expires_at: datetime = Field(description="Until when the code does.")
    used_at: datetime | None = Field(description="When somebody used it, once.")
    recipient_id: str | None = Field(description="Who they are now.")


class MadeInvitationView(InvitationView):
    """A new invitation with what opens it, which is shown this once."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_MADE]})

    url: str = Field(description="To be opened by the person who is invited, on the device with the channel's app.")
    code: str = Field(description="Six digits to write to the Page or bot where the link does not work.")
    qr_svg: str = Field(description="The link as a QR code, an SVG picture.")
