"""The one door to the audit log: whatever a route is, what goes through here is written down.

A change is written before its answer leaves. What was seen, and who was refused, is written within a second, the same
of the same caller once a minute: players ask for a file in many pieces.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from instantreact.clock import Clock
from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import Principal, PrincipalKind
from instantreact.errors import InstantReactError
from instantreact.logs import Throttle, get_logger
from instantreact.storage.database import Database
from instantreact.storage.tables import AuditEntry

log = get_logger(__name__)

ONCE_IN = timedelta(minutes=1)
_WAIT_S = 1.0
_MAX_WAITING = 5_000
_MAX_REMEMBERED = 10_000
_MEDIA = ("image/", "video/", "audio/", "multipart/", "application/x-ndjson", "application/zip", "application/octet")
_SECRET = frozenset({"signature", "token"})
_ELSEWHERE = frozenset({PrincipalKind.CHANNEL, PrincipalKind.PROCESS})
"""What channels bring is written down where it is acted on; our own processes ask on behalf of somebody."""

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])

_loss = Throttle()


def audits(action: AuditAction) -> Callable[[_Endpoint], _Endpoint]:
    """Mark the function of a route whose use is something else than a change, or than the sight of media."""

    def mark(endpoint: _Endpoint) -> _Endpoint:
        endpoint.__dict__["action"] = action
        return endpoint

    return mark


class AuditTrail:
    """Writes entries: at once, or soon and together."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[AuditEntry] = []
        self._flushing = asyncio.Lock()
        self._seen: OrderedDict[tuple[str | None, ...], datetime] = OrderedDict()
        self._writing: asyncio.Task[None] | None = None

    async def take(self, scope: Scope, status: int, headers: Headers) -> None:
        """Write down what an answer that is about to leave tells of, if anything."""
        action = _judge(scope, status, headers)
        if action is None:
            return
        entry = _describe(scope, action, status, headers, now=self._clock.now())
        if action in {AuditAction.SAW, AuditAction.REFUSED}:
            self._note(entry)
        else:
            await self._write([entry])

    def note_sight(self, scope: Scope, subject: str) -> None:
        """Somebody sees something of this id, over a connection that shows several one after the other."""
        entry = _describe(scope, AuditAction.SAW, 101, Headers(), now=self._clock.now())
        entry.subject = subject
        self._note(entry)

    async def flush(self) -> None:
        """Write what waits; what is being written is there as well, then."""
        async with self._flushing:
            waiting, self._waiting = self._waiting, []
            if waiting:
                await self._write(waiting)

    async def close(self) -> None:
        """Write what waits, and let what is being written end."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self.flush()

    def _note(self, entry: AuditEntry) -> None:
        key = (entry.action, entry.principal_id, entry.principal, entry.source, entry.route, entry.subject)
        last = self._seen.pop(key, None)
        is_known = last is not None and entry.at - last < ONCE_IN
        self._seen[key] = last if last is not None and is_known else entry.at
        if len(self._seen) > _MAX_REMEMBERED:
            self._seen.popitem(last=False)
        if is_known:
            return
        if len(self._waiting) >= _MAX_WAITING:
            _report_loss(1, "too many wait")
            return
        self._waiting.append(entry)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        await asyncio.sleep(_WAIT_S)
        await asyncio.shield(self.flush())

    async def _write(self, entries: list[AuditEntry]) -> None:
        """What was done is done: that it cannot be written down, for want of room say, is told in the log instead."""
        try:
            async with self._database.unit_of_work() as session:
                session.add_all(entries)
        except InstantReactError as error:
            _report_loss(len(entries), str(error))


class AuditContext:
    """Around every route."""

    def __init__(self, app: ASGIApp, *, trail: AuditTrail) -> None:
        self._app = app
        self._trail = trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_audited(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                await self._trail.take(scope, message["status"], Headers(raw=message.get("headers", [])))
            if message["type"] == "websocket.accept":
                await self._trail.take(scope, 101, Headers())
            await send(message)

        await self._app(scope, receive, send_audited)


def _judge(scope: Scope, status: int, headers: Headers) -> AuditAction | None:
    principal: Principal = scope["state"]["principal"]
    if principal.kind in _ELSEWHERE or _find_template(scope) is None:
        return None
    if status in {401, 403}:
        return AuditAction.REFUSED if status == 403 or _shows_something(scope) else None
    if status >= 400:
        return None
    marked: AuditAction | None = getattr(scope.get("endpoint"), "action", None)
    if scope.get("method", "POST") not in {"GET", "HEAD", "OPTIONS"}:
        return marked or AuditAction.CHANGED
    is_media = scope["method"] == "GET" and headers.get("content-type", "").startswith(_MEDIA)
    return marked or (AuditAction.SAW if is_media else None)


def _find_template(scope: Scope) -> str | None:
    return getattr(scope.get("route"), "path", None)


def _shows_something(scope: Scope) -> bool:
    tried = scope["state"].get("tried") or scope.get("query_string")
    return "x-api-key" in Headers(scope=scope) or bool(tried)


def _describe(scope: Scope, action: AuditAction, status: int, headers: Headers, *, now: datetime) -> AuditEntry:
    principal: Principal = scope["state"]["principal"]
    client = scope.get("client")
    return AuditEntry(
        at=now,
        action=action,
        principal_kind=principal.kind,
        principal=principal.name,
        principal_id=principal.id,
        source=client[0] if client else None,
        route=f"{scope.get('method', 'WEBSOCKET')} {_find_template(scope)}",
        subject=scope["state"].get("tried") or _find_subject(scope.get("path_params", {}), headers),
        status=status,
        request_id=scope["state"]["request_id"],
    )


def _find_subject(path_params: Mapping[str, Any], headers: Headers) -> str:
    """Ids only. A Location that is no path of ours may be a signature."""
    named = [str(value)[:64] for name, value in path_params.items() if name not in _SECRET]
    made = headers.get("location", "")
    return ",".join([*named, made.rsplit("/", 1)[-1][:64]] if made.startswith("/") else named)


def _report_loss(count: int, reason: str) -> None:
    skipped = _loss.admit("audit")
    if skipped is not None:
        log.error("audit.not_written", entries=count, reason=reason, more_before=skipped)
