"""https without a proxy: a certificate and its key, from files."""

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from instantreact.errors import Misconfigured

SOON = timedelta(days=14)


@dataclass(frozen=True)
class Certificate:
    """Where certificate and key lie."""

    path: Path
    key_path: Path

    def check(self) -> None:
        """Raise Misconfigured unless a server can be opened with them."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                self.path, self.key_path, password=_refuse_passphrase
            )
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise Misconfigured(
                f"INSTANTREACT_TLS_CERTIFICATE and INSTANTREACT_TLS_KEY cannot be used: {reason}. They take PEM files "
                "that belong together, the key without a passphrase."
            ) from error

    def find_end(self) -> datetime:
        """When it expires. Raises Misconfigured where it cannot be read."""
        self.check()
        return x509.load_pem_x509_certificate(self.path.read_bytes()).not_valid_after_utc

    def trusting(self) -> ssl.SSLContext:
        """For a client that knows this certificate alone, whatever name the server has: our own processes."""
        context = ssl.create_default_context(cafile=str(self.path))
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context


def _refuse_passphrase() -> str:
    raise ValueError("the key has a passphrase")
