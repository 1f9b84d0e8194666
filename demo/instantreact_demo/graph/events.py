"""What Messenger's webhook brings: events, the way Meta writes them down, the way it signs them."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

Event = Mapping[str, Any]


class Signing(StrEnum):
    """How a call to the webhook is signed."""

    GOOD = "good"
    BAD = "bad"
    NONE = "none"


def from_person(psid: str, page_id: str, at_ms: int, content: Event) -> Event:
    """An item of `messaging` that a person caused."""
    return {"sender": {"id": psid}, "recipient": {"id": page_id}, "timestamp": at_ms, **content}


def postback(psid: str, page_id: str, at_ms: int, *, title: str, payload: str) -> Event:
    """A tap on a button."""
    content = {"mid": f"m_tap_{psid}_{at_ms}", "title": title, "payload": payload}
    return from_person(psid, page_id, at_ms, {"postback": content})


def message(psid: str, page_id: str, at_ms: int, *, mid: str, text: str, payload: str | None = None) -> Event:
    """Words that a person wrote; with a payload they tapped a quick reply."""
    content: dict[str, Any] = {"mid": mid, "text": text}
    if payload is not None:
        content["quick_reply"] = {"payload": payload}
    return from_person(psid, page_id, at_ms, {"message": content})


def echo(psid: str, page_id: str, at_ms: int, *, mid: str, metadata: str | None) -> Event:
    """Our own message, told to us."""
    message: dict[str, Any] = {"is_echo": True, "app_id": 1517776481860111, "mid": mid}
    if metadata is not None:
        message["metadata"] = metadata
    return from_person(page_id, psid, at_ms, {"message": message})


def delivery(psid: str, page_id: str, at_ms: int, *, mids: Sequence[str] | None) -> Event:
    """Messages reached the person's device."""
    content: dict[str, Any] = {"watermark": at_ms}
    if mids is not None:
        content["mids"] = list(mids)
    return from_person(psid, page_id, at_ms, {"delivery": content})


def read(psid: str, page_id: str, at_ms: int) -> Event:
    """The person has seen everything up to now."""
    return from_person(psid, page_id, at_ms, {"read": {"watermark": at_ms}})


def encode_body(page_id: str, events: Sequence[Event], at_ms: int) -> bytes:
    """One webhook body with all events, escaped as Meta escapes it before it signs."""
    body = {"object": "page", "entry": [{"id": page_id, "time": at_ms, "messaging": list(events)}]}
    text = json.dumps(body, separators=(",", ":")).replace("/", "\\/")
    for letter in "<%@":
        text = text.replace(letter, f"\\u{ord(letter):04X}")
    return text.encode("ascii")


def sign(body: bytes, app_secret: str) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def post(url: str, body: bytes, app_secret: str, signing: Signing = Signing.GOOD) -> int:
    """Call a webhook; the HTTP status of its answer."""
    headers = {"Content-Type": "application/json"}
    if signing is not Signing.NONE:
        headers["X-Hub-Signature-256"] = sign(body, app_secret if signing is Signing.GOOD else "not the app secret")
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
