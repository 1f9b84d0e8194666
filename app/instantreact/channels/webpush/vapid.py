"""Who we are to push services: a key pair of ours, made once, and a token signed with it (VAPID, RFC 8292)."""

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from instantreact.channels.channel import ChannelSafe

KEY = "vapid"
"""What the key is called in the safe."""

LIFE = timedelta(hours=12)
"""Of a token; push services take 24 hours at most, by their clock."""


async def load_key(safe: ChannelSafe) -> ECKey:
    """The pair that browsers know us by, made when it is first asked for. Raises Misconfigured where it is sealed."""
    return ECKey.import_key(await safe.find_or_make(KEY, _make_key))


def write_public(key: ECKey) -> str:
    """The public half, as browsers take it for `applicationServerKey`."""
    point = key.get_op_key("verify").public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def authorize(key: ECKey, endpoint: httpx.URL, contact: str, *, now: datetime) -> str:
    """The header Authorization of a message to this endpoint."""
    origin = f"{endpoint.scheme}://{endpoint.netloc.decode('ascii')}"
    claims = {"aud": origin, "exp": int((now + LIFE).timestamp()), "sub": contact}
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, key)
    return f"vapid t={token}, k={write_public(key)}"


def _make_key() -> str:
    return ECKey.generate_key("P-256").as_pem(private=True).decode()
