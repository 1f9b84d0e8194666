"""How many requests one key and one address may make, in this process. Webhooks and health checks are not counted."""

import math
import time

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from instantreact.api.addresses import find_source
from instantreact.api.errors import answer_problem, kind_of_status

UNCOUNTED = ("/webhooks/", "/internal/", "/livez", "/readyz")
"""A channel that is told to wait, or a check that fails for that, would do more harm than any flood."""


class RateLimit:
    """Counts what comes from whom; None: without end."""

    def __init__(self, rate: str | None) -> None:
        self._rate = parse(rate) if rate is not None else None
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def count(self, who: str) -> None:
        """One more. Raises an HTTPException with 429 that says when to come again."""
        if self._rate is None or await self._limiter.hit(self._rate, who):
            return
        stats = await self._limiter.get_window_stats(self._rate, who)
        wait_s = max(1, math.ceil(stats.reset_time - time.time()))
        detail = f"More requests than are taken from one key or address: {self._rate}."
        raise HTTPException(429, detail, headers={"Retry-After": str(wait_s)})


class AddressLimit:
    """Counts requests by the address that they come from, before anything is done about them."""

    def __init__(self, app: ASGIApp, *, rate: str | None) -> None:
        self._app = app
        self._limit = RateLimit(rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(UNCOUNTED):
            client = scope.get("client")
            try:
                await self._limit.count(find_source(tuple(client) if client else None))
            except HTTPException as error:
                await _refuse(error, scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _refuse(error: HTTPException, scope: Scope, receive: Receive, send: Send) -> None:
    kind = kind_of_status(error.status_code)
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.send_denial_response(answer_problem(socket, kind, error.detail, headers=error.headers))
    else:
        await answer_problem(Request(scope), kind, error.detail, headers=error.headers)(scope, receive, send)
