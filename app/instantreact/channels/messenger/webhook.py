"""What Messenger's webhook brings, as values: contract, section 7. Pure; the signature is checked before.

A body holds entries, an entry holds items, and every item is one incoming message with a key of its own.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from instantreact.channels.bodies import read_body
from instantreact.channels.payloads import find_answer, find_words
from instantreact.channels.receiver import (
    Content,
    Delivered,
    Echo,
    Incoming,
    Invited,
    Json,
    Read,
    Wrote,
    find_invited,
)
from instantreact.errors import NotFound

MAX_ID_CHARACTERS = 512

GET_STARTED, STOP = "GET_STARTED", "STOP"
"""What the button Get Started and the menu's Stop alerts send: see page.py."""

_WRITTEN = {GET_STARTED: Wrote("start"), STOP: Wrote("stop")}


@dataclass(frozen=True)
class _Reading:
    """What one kind of item comes to; `identity` is what tells it from others of its kind (section 7.6)."""

    identity: tuple[object, ...]
    opens_chat_window: bool = False
    content: Content | None = None


def parse_webhook(body: bytes) -> tuple[Incoming, ...]:
    """Every item of every entry, in order: `messaging`, `standby` and `changes` alike; what is no object is left out.

    Raises InvalidInput for what is no JSON, NotFound for what is about anything but a Page, and nothing else.
    """
    value = read_body(body)
    if not isinstance(value, dict) or value.get("object") != "page":
        raise NotFound("webhook for anything but", "a Page")
    return tuple(read_item(item) for item in _items(value))


def read_item(body: Json) -> Incoming:
    """The incoming message that one item describes; a kind that is not known, or is damaged, asks for nothing."""
    item = _object(body, "value") or body if "field" in body else body
    kind = next((kind for kind in _READERS if isinstance(item.get(kind), dict)), "other")
    is_echo = kind == "message" and _object(item, kind).get("is_echo") is True
    if is_echo:
        kind, reading = "echo", _read_echo(item, _object(item, "message"))
    elif kind == "other":
        reading = _Reading(identity=(_digest(body),))
    else:
        reading = _READERS[kind](item, _object(item, kind))
    psid = _identifier(_object(item, "recipient" if is_echo else "sender"), "id")
    return Incoming(
        dedupe_key=f"{kind}:{_digest(reading.identity)}",
        address=psid,
        occurred_at=_time(item.get("timestamp")),
        opens_chat_window=reading.opens_chat_window and psid is not None,
        content=reading.content,
        body=body,
    )


def _items(value: Json) -> Iterator[Json]:
    for entry in _objects(value.get("entry")):
        for name in ("messaging", "standby", "changes"):
            yield from _objects(entry.get(name))


def _read_message(item: Json, message: Json) -> _Reading:
    payload, text = _text(_object(message, "quick_reply"), "payload"), _text(message, "text")
    mid = _identifier(message, "mid")
    identity = (mid,) if mid else (*_whose(item), _digest(message))
    words = find_words(payload or "") or text
    content = find_answer(payload or "") or _find_referred(message) or (Wrote(words) if words else None)
    return _Reading(identity, opens_chat_window=True, content=content)


def _read_echo(item: Json, message: Json) -> _Reading:
    mid = _identifier(message, "mid")
    if mid is None:
        return _Reading((*_whose(item), _digest(message)))
    return _Reading((mid,), content=Echo(mid, _identifier(message, "metadata")))


def _read_postback(item: Json, postback: Json) -> _Reading:
    mid, payload = _identifier(postback, "mid"), _text(postback, "payload")
    identity = (mid,) if mid else (*_whose(item), payload)
    words = find_words(payload or "")
    written = Wrote(words) if words else _WRITTEN.get(payload or "")
    content = find_answer(payload or "") or _find_referred(postback) or written
    return _Reading(identity, opens_chat_window=True, content=content)


def _read_delivery(item: Json, delivery: Json) -> _Reading:
    mids = delivery.get("mids")
    known = tuple(filter(_is_identifier, mids)) if isinstance(mids, list) else ()
    return _Reading(_watermark_identity(item, delivery), content=Delivered(known, _time(delivery.get("watermark"))))


def _read_read(item: Json, read: Json) -> _Reading:
    return _Reading(_watermark_identity(item, read), content=Read(_time(read.get("watermark"))))


def _read_reaction(item: Json, reaction: Json) -> _Reading:
    return _Reading((*_whose(item), _digest(reaction)), opens_chat_window=reaction.get("action") == "react")


def _read_referral(item: Json, referral: Json) -> _Reading:
    # An m.me link into the conversation opens the window; an advertisement only once the person writes.
    is_link = referral.get("source") == "SHORTLINK"
    content = find_invited(_text(referral, "ref")) if is_link else None
    return _Reading((*_whose(item), _digest(referral)), opens_chat_window=is_link, content=content)


def _read_optin(item: Json, optin: Json) -> _Reading:
    # Plugins give a `ref` and no type; opting in to marketing messages has a type and opens nothing.
    return _Reading((*_whose(item), _digest(optin)), opens_chat_window="ref" in optin and "type" not in optin)


_READERS: Mapping[str, Callable[[Json, Json], _Reading]] = {
    "message": _read_message,
    "postback": _read_postback,
    "delivery": _read_delivery,
    "read": _read_read,
    "reaction": _read_reaction,
    "referral": _read_referral,
    "optin": _read_optin,
}


def _find_referred(content: Json) -> Invited | None:
    """The invitation whose link led to what somebody did."""
    return find_invited(_text(_object(content, "referral"), "ref"))


def _whose(item: Json) -> tuple[object, ...]:
    return _text(_object(item, "sender"), "id"), item.get("timestamp")


def _watermark_identity(item: Json, content: Json) -> tuple[object, ...]:
    watermark = content.get("watermark")
    told = watermark if watermark is not None else _digest(content)
    return _text(_object(item, "sender"), "id"), told


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _object(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _objects(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Json, name: str) -> str | None:
    found = value.get(name)
    return found if isinstance(found, str) and found else None


def _identifier(value: Json, name: str) -> str | None:
    found = _text(value, name)
    return found if _is_identifier(found) else None


def _is_identifier(value: object) -> bool:
    """Whether it can be an id of Messenger's or ours; JSON may hold what no database takes: half a character, NUL."""
    return isinstance(value, str) and len(value) <= MAX_ID_CHARACTERS and value.isascii() and value.isprintable()


def _time(value: object) -> datetime | None:
    """Milliseconds since 1970; the few events in seconds are told by being a thousand times too small."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = value if abs(value) < 100_000_000_000 else value / 1000
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
