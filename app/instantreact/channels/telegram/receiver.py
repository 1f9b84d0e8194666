"""Telegram's webhook: a secret in a header shows that a call is Telegram's; each brings one update."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from instantreact.channels.bodies import read_body
from instantreact.channels.payloads import find_answer, find_words
from instantreact.channels.receiver import Call, Incoming, Invited, Json, Wrote, find_invited
from instantreact.domain.alert import Answer
from instantreact.domain.language import find_language
from instantreact.errors import InvalidInput, Misconfigured, NotAllowed, NotFound

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105
_MOST = 1 << 52
"""Ids have at most 52 significant bits (Bot API)."""


@dataclass(frozen=True)
class TelegramReceiver:
    """Takes in updates of a bot. Implements Receiver.

    secret      what Telegram was given with setWebhook and repeats in every call; without it the webhook is closed
    """

    secret: str | None = field(default=None, repr=False)
    reply: str = "OK"

    def missing_settings(self) -> tuple[str, ...]:
        """The secret."""
        return () if self.secret is not None else ("INSTANTREACT_TELEGRAM_WEBHOOK_SECRET",)

    def greet(self, query: Mapping[str, str]) -> str:
        """Telegram does not ask."""
        raise NotFound("page for", "whoever looks at Telegram's webhook")

    def verify(self, call: Call) -> None:
        """Whether the call repeats the secret."""
        if self.secret is None:
            raise Misconfigured("No secret to verify Telegram with: set INSTANTREACT_TELEGRAM_WEBHOOK_SECRET.")
        given = call.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.secret.encode()):
            raise NotAllowed("X-Telegram-Bot-Api-Secret-Token is not what was agreed upon with setWebhook.")

    def parse(self, body: bytes) -> tuple[Incoming, ...]:
        """The one update of the call."""
        value = read_body(body)
        if not isinstance(value, dict) or _find_int(value, "update_id") is None:
            raise InvalidInput("The body is no update of Telegram's: it has no update_id.")
        return (self.read_item(value),)

    def read_item(self, body: Json) -> Incoming:
        """What an update asks for; a kind that is not known, or is damaged, asks for nothing."""
        tap, member = _object(body, "callback_query"), _object(body, "my_chat_member")
        message = _object(tap, "message") if tap else _object(body, "message")
        chat = _object(member or message, "chat")
        chat_id, name, data = _find_int(chat, "id"), chat.get("username"), tap.get("data")
        is_let_in = _object(member, "new_chat_member").get("status") in {"member", "administrator"}
        return Incoming(
            dedupe_key=f"update:{_find_int(body, 'update_id')}",
            address=str(chat_id) if chat_id else None,
            alias=f"@{name.lower()}" if isinstance(name, str) and name.isascii() and name.isidentifier() else None,
            occurred_at=_time(_find_int(member or ({} if tap else message), "date")),
            opens_chat_window=bool(chat_id) and (is_let_in if member else bool(tap or message)),
            content=_find_tapped(data) if tap else _find_written(message, is_group=(chat_id or 0) < 0),
            body=body,
            language=find_language(_object(tap or message, "from").get("language_code")),
        )


def find_callback_id(body: Json) -> str | None:
    """What the tap is called that an update tells of."""
    found = _object(body, "callback_query").get("id")
    return found if isinstance(found, str) and found.isascii() and found.isprintable() else None


def _find_tapped(data: object) -> Answer | Wrote | None:
    if not isinstance(data, str):
        return None
    words = find_words(data)
    return Wrote(words) if words else find_answer(data)


def _find_written(message: Json, *, is_group: bool) -> Invited | Wrote | None:
    """Commands are words to us; the one of a link brings the link's token. In a group people talk to each other."""
    text = message.get("text")
    if not isinstance(text, str):
        return None
    word, _, token = text.partition(" ")
    if word == "/start" and token:
        return find_invited(token)
    return Wrote(text.removeprefix("/"), is_to_us=text.startswith("/") or not is_group)


def _object(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _find_int(value: Json, name: str) -> int | None:
    found = value.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and abs(found) < _MOST else None


def _time(seconds: int | None) -> datetime | None:
    """Seconds since 1970, up to the year 9999."""
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 <= seconds < 253_402_300_800 else None
