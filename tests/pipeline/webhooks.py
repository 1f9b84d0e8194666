"""Bodies of Messenger's webhook."""

import json
from typing import Any

from tests.storage.factories import NOW

AT_MS = int(NOW.timestamp() * 1000)


def make_body(*items: dict[str, Any]) -> bytes:
    return json.dumps({"object": "page", "entry": [{"id": "1000", "time": AT_MS, "messaging": list(items)}]}).encode()


def make_message(psid: str, text: str) -> bytes:
    return make_body(_from(psid) | {"message": {"mid": f"m_{text}", "text": text}})


def make_postback(psid: str, payload: str) -> bytes:
    return make_body(_from(psid) | {"postback": {"mid": f"m_{payload}", "title": "tap", "payload": payload}})


def make_echo(psid: str, mid: str, metadata: str) -> bytes:
    message = {"is_echo": True, "mid": mid, "metadata": metadata}
    return make_body({"sender": {"id": "1000"}, "recipient": {"id": psid}, "timestamp": AT_MS, "message": message})


def make_delivery(psid: str, *mids: str) -> bytes:
    return make_body(_from(psid) | {"delivery": {"mids": list(mids), "watermark": AT_MS}})


def make_read(psid: str, at_ms: int) -> bytes:
    return make_body(_from(psid) | {"read": {"watermark": at_ms}})


def _from(psid: str) -> dict[str, Any]:
    return {"sender": {"id": psid}, "recipient": {"id": "1000"}, "timestamp": AT_MS}
