"""A connection before any key: how large, how slow and how many they may be (docs/decisions/0015).

uvicorn's own reads heads and trailers without end, waits for them for ever, and takes in whoever comes.
"""

import asyncio
import json
import socket
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from instantreact.api.addresses import find_source, is_inside
from instantreact.logs import Throttle, get_logger
from instantreact.storage.tables import new_id

log = get_logger(__name__)

MAX_PIPELINED = 16
"""Requests sent ahead on one connection; browsers send none."""

UNSENT_BYTES = 16 * 1024
"""What of a web socket's messages waits to be sent before the next one waits to be written."""

_RETRY_S = 10
_SHOWN_BYTES = 200


@dataclass(frozen=True)
class ConnectionLimits:
    """What one connection, one address and all together may ask for.

    connections   open at once
    from_address  of these from one address
    head_bytes    a request's first line with its headers, and whatever else of it is not its body
    headers       how many, trailers included
    head_s        from connecting, or from a request's first byte, to the end of its headers
    unread_s      an answer of which nothing is taken for so long is given up
    trusted_proxies  addresses and networks of which each connection may be somebody else's: not counted by address
    """

    connections: int = 512
    from_address: int = 128
    head_bytes: int = 32 * 1024
    headers: int = 100
    head_s: float = 10.0
    unread_s: float = 60.0
    trusted_proxies: tuple[str, ...] = ()


class _Refused(Exception):
    """Ends the parsing of a request."""


class GuardedConnection(HttpToolsProtocol):
    """uvicorn's connection within limits. What breaks them is answered, logged once a minute, and hung up on."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ConnectionLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.waits_since_s = self.loop.time()
        self._limits = limits
        self._fault: tuple[HTTPStatus, str] = (HTTPStatus.BAD_REQUEST, "not_http")
        self._patience: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._is_in_request = False
        self._is_web_socket = False
        self._head_bytes = 0
        self._loose_bytes = 0

    @property
    def is_waiting(self) -> bool:
        """Whether it is the client's turn."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the client in where there is room, or room can be made."""
        super().connection_made(transport)
        if self._make_room():
            self._grow_impatient()
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_connections")

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        self._calm_down()
        self._stop_counting_unread()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse a piece of what the client sends."""
        self._loose_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing() or self._is_web_socket:  # which is waited for no more
            return
        if self._loose_bytes > self._limits.head_bytes:  # a line, extension or trailer that does not end
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large")
        elif self.is_waiting:
            self._grow_impatient()
        else:
            self._calm_down()

    def handle_websocket_upgrade(self) -> None:
        """From here on it is a web socket, which has limits of its own. What is not sent yet does not pile up, neither
        here nor in the system: it would be old when it arrives.
        """
        self._calm_down()
        self._is_web_socket = True
        self.transport.set_write_buffer_limits(high=UNSENT_BYTES)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            own: socket.socket = self.transport.get_extra_info("socket")
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        self._is_in_request = True
        if len(self.pipeline) >= MAX_PIPELINED:
            self._break_off(HTTPStatus.TOO_MANY_REQUESTS, "too_many_pipelined")
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        if len(self.headers) >= self._limits.headers:
            self._break_off(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too_many_headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The request can be answered."""
        self._loose_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._loose_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._loose_bytes = 0
        self._is_in_request = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer has been sent whole; the rest of a request that it did not wait for may still come."""
        self.waits_since_s = self.loop.time()
        super().on_response_complete()
        if self._is_in_request and not self.transport.is_closing():
            self._grow_impatient()

    def pause_writing(self) -> None:
        """The client takes nothing of its answer."""
        super().pause_writing()
        self._unread = self.loop.call_later(self._limits.unread_s, self._give_up_writing)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        self._stop_counting_unread()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn when the parser stopped, by itself or because one of the above broke off."""
        self._refuse(*self._fault)

    def make_room(self) -> None:
        """Give way to somebody else, before anything was asked."""
        _report("gave_way", self)
        self.transport.close()

    def _make_room(self) -> bool:
        everybody: list[Any] = [each for each in self.connections if not each.transport.is_closing()]
        source = find_source(self.client)
        near = [each for each in everybody if find_source(each.client) == source]
        if len(near) > self._limits.from_address and not is_inside(source, self._limits.trusted_proxies):
            return _close_longest_waiting(near, but=self)
        return len(everybody) <= self._limits.connections or _close_longest_waiting(everybody, but=self)

    def _grow_impatient(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(self._limits.head_s, self._lose_patience)

    def _calm_down(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "too_slow")

    def _give_up_writing(self) -> None:
        _report("not_read", self)
        self.transport.abort()

    def _stop_counting_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _count_head(self, more_bytes: int) -> None:
        self._head_bytes += more_bytes
        if self._head_bytes > self._limits.head_bytes:
            self._break_off(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large")

    def _break_off(self, status: HTTPStatus, kind: str) -> None:
        self._fault = status, kind
        raise _Refused(kind)

    def _refuse(self, status: HTTPStatus, kind: str) -> None:
        """Hang up, with a word unless an answer is on its way already."""
        request_id = new_id()
        _report(kind, self, request_id)
        if self.transport.get_write_buffer_size():
            self.transport.abort()
            return
        if self.is_waiting or not self.cycle.response_started:
            path = getattr(self, "url", b"").partition(b"?")[0][:_SHOWN_BYTES].decode("ascii", "replace")
            self.transport.write(_write_refusal(status, path or "/", request_id))
        self.transport.close()


def _close_longest_waiting(crowd: Collection[Any], *, but: GuardedConnection) -> bool:
    waiting = [each for each in crowd if isinstance(each, GuardedConnection) and each.is_waiting and each is not but]
    if waiting:
        min(waiting, key=lambda each: each.waits_since_s).make_room()
    return bool(waiting)


_throttle = Throttle()


def _report(kind: str, connection: GuardedConnection, request_id: str | None = None) -> None:
    skipped = _throttle.admit(kind)
    if skipped is not None:
        source = find_source(connection.client)
        log.warning("http.hung_up", kind=kind, source=source, more_before=skipped, request_id=request_id)


_DETAILS = {
    HTTPStatus.BAD_REQUEST: "This is not HTTP.",
    HTTPStatus.REQUEST_TIMEOUT: "The request did not come in time.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests were sent ahead on one connection.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The request's address and headers are too long or too many.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too many connections are open; try again in a moment.",
}


def _write_refusal(status: HTTPStatus, path: str, request_id: str) -> bytes:
    slug = status.phrase.lower().replace(" ", "-")
    problem = {
        "type": f"urn:problem-type:instantreact:{slug}",
        "title": status.phrase,
        "status": status.value,
        "detail": _DETAILS[status],
        "instance": path,
        "request_id": request_id,
    }
    body = json.dumps(problem).encode()
    later = f"Retry-After: {_RETRY_S}\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\n{later}X-Request-Id: {request_id}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
