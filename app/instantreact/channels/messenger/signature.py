"""The two keyed hashes of the Messenger Platform, over its app secret."""

import hashlib
import hmac

_PREFIX = "sha256="


def appsecret_proof(access_token: str, app_secret: str) -> str:
    """What proves to Graph that the caller holds the app secret besides the token (Meta, Secure Graph API Calls)."""
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


def is_signed(body: bytes, header: str | None, app_secret: str) -> bool:
    """Whether `header` (X-Hub-Signature-256) signs `body`, the request's bytes as they came, in constant time.

    Meta signs an escaped form of the JSON, which is what it sends: parsing and writing it again breaks the signature.
    """
    expected = _PREFIX + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), (header or "").encode("utf-8", "replace"))
