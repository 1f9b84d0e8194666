"""Browsers in which people are told, as the browsers themselves describe what they subscribed to."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Name
from instantreact.channels.webpush.subscription import (
    AUTH_PATTERN,
    ENDPOINT_PATTERN,
    MOST_LETTERS,
    P256DH_PATTERN,
    PushSubscription,
)
from instantreact.domain.language import Language

_KEYS: JsonDict = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
_DRAFT: JsonDict = {
    "name": "Ana's laptop",
    "language": "en",
    "endpoint": "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
    "expirationTime": None,
    "keys": _KEYS,
}
_KEY: JsonDict = {
    "applicationServerKey": "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
}


class PushKeysDraft(Draft):
    """The browser's half of the encryption."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEYS]})

    p256dh: Annotated[str, StringConstraints(pattern=P256DH_PATTERN)]
    auth: Annotated[str, StringConstraints(pattern=AUTH_PATTERN)]


class BrowserDraft(Draft):
    """A browser's subscription, as `PushSubscription.toJSON()` gives it, and what to call the browser."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})

    name: Name = Field(description="As it is shown among recipients.")
    language: Language | None = Field(None, description="Of what is told there; without it INSTANTREACT_LANGUAGE.")
    endpoint: Annotated[str, StringConstraints(pattern=ENDPOINT_PATTERN, max_length=MOST_LETTERS)] = Field(
        description="Of the push service that the browser's maker runs. It is kept sealed, and never shown."
    )
    expirationTime: float | None = Field(  # noqa: N815 as browsers call it
        None, description="Taken and not looked at: push services say themselves when it is over."
    )
    keys: PushKeysDraft

    def to_subscription(self) -> PushSubscription:
        """As it is kept."""
        return PushSubscription(self.endpoint, self.keys.p256dh, self.keys.auth)


class PushKeyView(BaseModel):
    """Who we are to push services."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY]})

    applicationServerKey: str = Field(  # noqa: N815 as browsers call it
        description="For `PushManager.subscribe()`, with `userVisibleOnly: true`. It stays the same, also in a backup."
    )
