"""Links that open one alert in a browser without an API key: whoever got the message may look, nobody can guess."""

import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Links:
    """Makes and checks the links of one service.

    public_url  where people reach this service, without a slash at its end; None when they cannot
    secret      signs the links
    """

    public_url: str | None
    secret: bytes = field(repr=False)

    def open_url(self, alert_id: str) -> str | None:
        """Where the button Open leads; None without a public address."""
        return f"{self.public_url}/open/{alert_id}/{self.sign(alert_id)}" if self.public_url else None

    def sign(self, alert_id: str) -> str:
        """128 bits of HMAC-SHA256 over the alert's id, in hexadecimal."""
        return hmac.new(self.secret, b"open:" + alert_id.encode(), hashlib.sha256).hexdigest()[:32]

    def is_signed(self, alert_id: str, signature: str) -> bool:
        """Whether the link was made by this service; compared in constant time."""
        return hmac.compare_digest(self.sign(alert_id).encode(), signature.encode())
