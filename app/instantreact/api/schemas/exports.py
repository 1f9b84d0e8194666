"""What stands in an export and is shown by no route: a row a line."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from instantreact.api.schemas.alerts import DeliveryView
from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.alert import AlertState, ChannelKind


class SoundView(BaseModel):
    """Something that was said near a camera and is not recognised yet."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    camera_id: str
    ended_at: datetime
    caption: str = Field(validation_alias=AliasPath("observation", "caption", "text"))


class MinuteView(BaseModel):
    """What is known of a camera's minute: in how many of its seconds it was seen and something moved."""

    at: datetime
    watched_s: int
    seen_s: int
    moving_s: int
    motion: float = Field(description="The largest share that moved at once, 0..1.")


class SentView(DeliveryView):
    """A delivery, with the words that it told."""

    alert_id: str
    raised_at: datetime = Field(validation_alias=AliasPath("alert", "raised_at"))
    title: Annotated[str, BeforeValidator(compose_title)] = Field(validation_alias=AliasPath("alert", "happening"))
    text: Annotated[str, BeforeValidator(compose_text)] = Field(validation_alias=AliasPath("alert", "happening"))


class AnswerView(BaseModel):
    """An alert that somebody answered."""

    model_config = ConfigDict(from_attributes=True)

    alert_id: str = Field(validation_alias="id")
    raised_at: datetime
    state: AlertState
    answered_at: datetime | None
    answered_by: str | None


class MessageView(BaseModel):
    """What a channel brought, as it brought it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    channel: ChannelKind
    received_at: datetime
    handled_at: datetime | None
    body: dict[str, Any]
