"""HTTP that a camera cannot drag out: what httpx calls a timeout begins anew with every byte that trickles in."""

import ssl
import time
from functools import cache
from typing import Any

import httpcore
import httpx


class Deadline:
    """A moment that may be put off; at first it is now."""

    def __init__(self) -> None:
        self._at_s = time.monotonic()

    def set_to(self, seconds: float) -> None:
        """So many seconds from now."""
        self._at_s = time.monotonic() + seconds

    def left_s(self) -> float:
        """Until then; below 0 afterwards."""
        return self._at_s - time.monotonic()


class PatientTransport(httpx.HTTPTransport):
    """Connections that read until the deadline and no longer: heads, interim answers and bodies alike."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(verify=_load_trust())
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_load_trust(), keepalive_expiry=5.0, network_backend=_Backend(deadline)
        )


@cache
def _load_trust() -> ssl.SSLContext:
    """Whom everybody trusts; reading it takes as long as opening many cameras."""
    return httpx.create_ssl_context(trust_env=False)


class _Backend(httpcore.SyncBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(*args, **options), self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left_s = self._deadline.left_s()
        if left_s <= 0:
            raise httpcore.ReadTimeout
        return self._stream.read(max_bytes, left_s if timeout is None else min(timeout, left_s))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
