"""How a receiver knows that a call is ours and new: Standard Webhooks, version 1 (standardwebhooks.com)."""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"
_BYTES = range(24, 65)
"""How long a secret is, by the specification."""


def find_key(secret: str) -> bytes | None:
    """The key that a secret stands for; None for what is no secret."""
    text = secret.removeprefix(_PREFIX)
    if text == secret:
        return None
    try:
        key = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) in _BYTES else None


def sign_call(keys: Sequence[bytes], message_id: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """The headers of a call: one signature for each key, so that receivers may change keys at their time."""
    seconds = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    signatures = (b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
