"""What a refusal by the Bot API means: it has no error codes, so HTTP's status and a few words decide."""

import json
from dataclasses import dataclass, field

from instantreact.errors import (
    ChannelBroken,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    RecipientUnreachable,
)

AMBIGUOUS_WAIT_S = 30.0
"""How long to wait before a message that may have been accepted is sent again; Telegram has no echo."""

_UNKNOWN_CHATS = ("chat not found", "user not found", "peer_id_invalid", "group chat was upgraded", "chat_id is empty")


@dataclass(frozen=True)
class Reply:
    """What the Bot API answered: its object, empty where it sent none, such as a proxy's HTML."""

    status: int
    value: dict[str, object] = field(default_factory=dict)

    @property
    def description(self) -> str:
        """Telegram's words for what is wrong."""
        said = self.value.get("description")
        return said[:300] if isinstance(said, str) else f"HTTP {self.status} without an explanation"

    def find_parameter(self, name: str) -> int | None:
        """A number that goes with the refusal, such as how long to wait."""
        parameters = self.value.get("parameters")
        found = parameters.get(name) if isinstance(parameters, dict) else None
        return found if isinstance(found, int) and not isinstance(found, bool) else None


def read_reply(status: int, body: bytes) -> Reply:
    """The reply that a body holds."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    return Reply(status, value if isinstance(value, dict) else {})


def error_for(reply: Reply) -> DeliveryError:
    """The error to raise for a reply that is no result."""
    text = f"{reply.description} (HTTP {reply.status})"
    if not reply.value and reply.status < 500:
        return DeliveryDeferred(
            f"That was not Telegram's answer. {text}", retry_after_s=AMBIGUOUS_WAIT_S, ambiguous=True, is_outage=True
        )
    match reply.status:
        case 401 | 404:
            return ChannelBroken(f"Telegram does not know the bot: ask @BotFather for its token and set it. {text}")
        case 403:
            return RecipientUnreachable(f"Telegram does not reach this chat. {text}")
        case 400 if any(words in reply.description.lower() for words in _UNKNOWN_CHATS):
            return RecipientUnreachable(f"Telegram does not reach this chat.{_moved(reply)} {text}")
        case 400 | 413:
            return DeliveryRefused(f"Telegram refuses this message. {text}")
        case 429:
            wait_s = reply.find_parameter("retry_after")
            return DeliveryDeferred(f"Telegram limits how much may be sent. {text}", retry_after_s=float(wait_s or 60))
        case _:
            return DeliveryDeferred(f"Telegram failed for the moment. {text}", is_outage=True)


def _moved(reply: Reply) -> str:
    new_id = reply.find_parameter("migrate_to_chat_id")
    return f" The group has another id now: {new_id}." if new_id is not None else ""
