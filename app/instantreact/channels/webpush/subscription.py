"""A browser's subscription: where it is told, and the keys with which only it can read that. Pure."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode
from dataclasses import asdict, dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from instantreact.channels.calling import PLACE_PATTERN
from instantreact.errors import InvalidInput

ENDPOINT_PATTERN = rf"^https://{PLACE_PATTERN}$"
P256DH_PATTERN = r"^[A-Za-z0-9_-]{87}=?$"
AUTH_PATTERN = r"^[A-Za-z0-9_-]{22}(==)?$"
MOST_LETTERS = 2000
"""Of an endpoint: browsers' are of 150 to 700."""

_ENDPOINT = re.compile(ENDPOINT_PATTERN)


@dataclass(frozen=True)
class PushSubscription:
    """As a browser gives it; whoever knows all three can write to it.

    p256dh, auth   its public key and the secret that goes with it, in URL-safe base64
    """

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)

    @property
    def name(self) -> str:
        """By which it is known here, and which tells nothing of it."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()[:32]

    @property
    def public_key(self) -> bytes:
        """The browser's."""
        return _decode(self.p256dh)

    @property
    def secret(self) -> bytes:
        """That the browser shares with us."""
        return _decode(self.auth)

    def check(self) -> None:
        """Raises InvalidInput for what no browser gives."""
        if len(self.endpoint) > MOST_LETTERS or not _ENDPOINT.fullmatch(self.endpoint):
            raise InvalidInput("The endpoint is no https:// address of a push service.")
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.public_key)
            secret_bytes = len(self.secret)
        except ValueError as error:
            raise InvalidInput("The key p256dh is no point of the curve P-256.") from error
        if secret_bytes != 16:
            raise InvalidInput("The key auth is not 16 bytes long.")


def write_subscription(subscription: PushSubscription) -> str:
    """As it is sealed."""
    return json.dumps(asdict(subscription))


def read_subscription(text: str) -> PushSubscription:
    """As it was sealed."""
    return PushSubscription(**json.loads(text))


def _decode(text: str) -> bytes:
    kept = text.rstrip("=")
    return urlsafe_b64decode(kept + "=" * (-len(kept) % 4))
