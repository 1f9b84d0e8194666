"""Around every request: an id, a principal, a line of the log, a count, an answer to the unforeseen, a cap on the body.

Plain ASGI, because Starlette's BaseHTTPMiddleware stands between a route and the client that leaves.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from fastapi import Request
from opentelemetry.trace import Span, SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from instantreact import tracing
from instantreact.api.errors import answer_failure
from instantreact.domain.principal import ANYBODY
from instantreact.figures import Figures
from instantreact.logs import Throttle, get_logger
from instantreact.storage.tables import new_id

log = get_logger(__name__)

_guessing = Throttle()

LEAST_BYTES_PER_S = 500
"""As Apache's mod_reqtimeout advises. Only time that the client is waited for counts."""

GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""What browsers are told about every answer: to take it for what it says it is, to show it in no other page's frame,
and to tell nobody its address, which may be a signed link."""

HSTS = {"Strict-Transport-Security": "max-age=31536000"}
"""To come by https only from now on; said by https alone, since others could not hear it unspoilt."""

_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


class RequestContext:
    """Names the request (X-Request-Id, the caller's own if it is sane) and logs it; turns a crash into a 500."""

    def __init__(self, app: ASGIApp, *, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = _choose_request_id(Headers(scope=scope))
        state = scope.setdefault("state", {})
        state["request_id"], state["principal"] = request_id, ANYBODY
        with structlog.contextvars.bound_contextvars(request_id=request_id, principal=ANYBODY.name):
            if scope["type"] == "http":
                answer = _Answer(send, request_id, is_encrypted=scope["scheme"] == "https")
                with tracing.span(
                    scope["method"],
                    Headers(scope=scope).get("traceparent"),
                    kind=SpanKind.SERVER,
                    request_id=request_id,
                ) as span:
                    await self._serve(scope, receive, answer)
                    _describe_span(span, scope, answer)
            else:  # a web socket
                await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        started = time.perf_counter()
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            if answer.status is not None:
                raise  # half of another answer is on its way: only the server can break off
            log.exception("http.failed", method=scope["method"], path=scope["path"])
            await answer_failure(Request(scope))(scope, receive, answer.send)
        finally:
            began_s = (answer.began_at or time.perf_counter()) - started
            self._figures.count_request(
                method=scope["method"], route=_find_template(scope), status=answer.status, took_s=began_s
            )
            took_ms = round((time.perf_counter() - started) * 1000, 1)
            if answer.status != HTTPStatus.TOO_MANY_REQUESTS or _guessing.admit("wrong_keys") is not None:
                log.info(
                    "http.request", method=scope["method"], path=scope["path"], status=answer.status, took_ms=took_ms
                )


class BodyLimit:
    """Refuses request bodies beyond a cap with 413 without reading on; `by_path` holds the exceptions.

    A body of which nothing comes for `stall_s` is given up with 408, so that nobody holds half a file for ever; so is
    one that trickles, slower than LEAST_BYTES_PER_S after its first `stall_s`.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, by_path: Mapping[str, int], stall_s: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._by_path = by_path
        self._stall_s = stall_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            max_bytes = self._by_path.get(scope["path"], self._max_bytes)
            body = _Capped(receive, max_bytes, _declared_length(Headers(scope=scope)), self._stall_s)
            receive = body.receive
        await self._app(scope, receive, send)


class _Answer:
    """Sends what the app says, with the request's id; remembers the status."""

    def __init__(self, send: Send, request_id: str, *, is_encrypted: bool) -> None:
        self._send = send
        self._request_id = request_id
        self._guards = GUARDS | HSTS if is_encrypted else GUARDS
        self.status: int | None = None
        self.began_at: float | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.began_at = message["status"], time.perf_counter()
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            for name, value in self._guards.items():
                headers.setdefault(name, value)
        await self._send(message)


class _Capped:
    """Receives a body until it is too large or stalls. A declared length counts before anything is asked for."""

    def __init__(self, receive: Receive, max_bytes: int, declared_bytes: int, stall_s: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._declared_bytes = declared_bytes
        self._received_bytes = 0
        self._stall_s = stall_s
        self._waited_s = 0.0
        self._is_whole = False

    async def receive(self) -> Message:
        self._check(self._declared_bytes)
        message = await (self._receive() if self._is_whole else self._receive_in_time())
        self._is_whole = not message.get("more_body", False)
        self._received_bytes += len(message.get("body", b""))
        self._check(self._received_bytes)
        return message

    async def _receive_in_time(self) -> Message:
        started_s = time.monotonic()
        allowed_s = self._stall_s + self._received_bytes / LEAST_BYTES_PER_S - self._waited_s
        try:
            async with asyncio.timeout(min(self._stall_s, allowed_s)):
                return await self._receive()
        except TimeoutError as error:
            detail = f"Nothing of the request came for {self._stall_s:g} s, or only a trickle."
            raise HTTPException(408, detail, headers={"Connection": "close"}) from error
        finally:
            self._waited_s += time.monotonic() - started_s

    def _check(self, size_bytes: int) -> None:
        if size_bytes > self._max_bytes:
            detail = f"The request is larger than {self._max_bytes} bytes, the most that is taken here."
            # Not TooLarge: FastAPI, reading a JSON body, lets nothing but an HTTPException through.
            raise HTTPException(413, detail, headers={"Connection": "close"})


def _describe_span(span: Span, scope: Scope, answer: _Answer) -> None:
    route = _find_template(scope) or "none"
    span.update_name(f"{scope['method']} {route}")
    attributes = {"http.request.method": scope["method"], "http.route": route}
    span.set_attributes(attributes | {"http.response.status_code": answer.status or 0})


def _find_template(scope: Scope) -> str | None:
    """Such as /clips/{clip_id}, whatever the caller asked for; None where no route fits."""
    return getattr(scope.get("route"), "path", None)


def _choose_request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_id()


def _declared_length(headers: Headers) -> int:
    declared = headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else 0
