"""Messenger's webhook (Meta, Messenger Platform: Webhooks): a token verifies the setting up, a signature every call."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from instantreact.channels.messenger.signature import is_signed
from instantreact.channels.messenger.webhook import parse_webhook, read_item
from instantreact.channels.receiver import Call, Incoming, Json
from instantreact.errors import Misconfigured, NotAllowed

MAX_CHALLENGE_CHARACTERS = 256


@dataclass(frozen=True)
class MessengerReceiver:
    """Takes in what happened on Messenger. Implements Receiver.

    app_secret      verifies Messenger's calls; without it the webhook is closed
    verify_token    what Messenger must repeat when the webhook is set up
    """

    app_secret: str | None = field(default=None, repr=False)
    verify_token: str | None = field(default=None, repr=False)
    reply: str = "EVENT_RECEIVED"

    def missing_settings(self) -> tuple[str, ...]:
        """The app secret and the token."""
        known = {"APP_SECRET": self.app_secret, "VERIFY_TOKEN": self.verify_token}
        return tuple(f"INSTANTREACT_MESSENGER_{name}" for name, value in known.items() if value is None)

    def greet(self, query: Mapping[str, str]) -> str:
        """The challenge, for whoever knows the token."""
        if self.verify_token is None:
            raise Misconfigured("No token to verify Messenger's webhook with: set INSTANTREACT_MESSENGER_VERIFY_TOKEN.")
        challenge = query.get("hub.challenge", "")
        knows = hmac.compare_digest(query.get("hub.verify_token", "").encode(), self.verify_token.encode())
        if query.get("hub.mode") != "subscribe" or not knows or not 0 < len(challenge) <= MAX_CHALLENGE_CHARACTERS:
            raise NotAllowed("This is not how Messenger asks, or its token is not the one that was agreed upon.")
        return challenge

    def verify(self, call: Call) -> None:
        """Whether X-Hub-Signature-256 signs the bytes of the body."""
        if self.app_secret is None:
            raise Misconfigured("No app secret to verify Messenger with: set INSTANTREACT_MESSENGER_APP_SECRET.")
        if not is_signed(call.body, call.headers.get("x-hub-signature-256"), self.app_secret):
            raise NotAllowed("The signature in X-Hub-Signature-256 is not that of this body.")

    def parse(self, body: bytes) -> tuple[Incoming, ...]:
        """Every item of the call. Raises NotFound for one about anything but a Page."""
        return parse_webhook(body)

    def read_item(self, body: Json) -> Incoming:
        """What one item says."""
        return read_item(body)
