"""Links that are permissions: one alert for whoever got its message, one address for a while for whoever has its link.

Nobody can guess them: they are signed with what all processes of the service share.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

_MAC_DIGITS = 40  # 160 bits, in hexadecimal
_NUMBER = re.compile(r"[0-9]{1,11}", re.ASCII)


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

    def sign_address(self, address: str, holder: str, until: datetime, *, bound_to: str = "") -> str:
        """What goes behind `address` (path and query) for it to be read in the name of `holder` until then.

        `bound_to` is a secret of the holder's that does not stand in it: without it, or with another, it is void.
        """
        ends_s = int(until.timestamp())
        said = "\0".join(("address", address, holder, str(ends_s), bound_to)).encode()
        mac = hmac.new(self.secret, said, hashlib.sha256).hexdigest()[:_MAC_DIGITS]
        return f"{ends_s}.{holder}.{mac}"

    def read_signature(self, signature: str) -> tuple[str, datetime] | None:
        """Whose it says it is and until when, which `sign_address` proves; None for what is no signature."""
        ends_s, _, rest = signature.partition(".")
        holder, _, mac = rest.rpartition(".")
        if not (_NUMBER.fullmatch(ends_s) and holder and len(mac) == _MAC_DIGITS):
            return None
        return holder, datetime.fromtimestamp(int(ends_s), UTC)
