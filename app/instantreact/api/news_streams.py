"""Streams of server-sent events: what changes, told to each who listens as fast as they take it.

Nothing is queued for anybody: a stream reads the next page from the database when the last one was taken, so that a
slow client costs a page. Whoever takes nothing for a minute is hung up on by the connection (docs/decisions/0015).
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.types import Receive, Scope, Send

from instantreact.api.stream_room import StreamLimit, StreamRoom
from instantreact.logs import get_logger
from instantreact.storage.database import Database
from instantreact.storage.news import NewsCursor, NewsFilter, Told, find_newest, has_gap, list_news

PAGE = 200
POLL_S = 0.25

log = get_logger(__name__)


class NewsStreams:
    """All streams of this process: one look at the database tells all of them whether there is news."""

    def __init__(self, database: Database, closing: asyncio.Event, limit: StreamLimit) -> None:
        self._database = database
        self._closing = closing
        self._limit = limit
        self._room = StreamRoom(limit)
        self._newest = NewsCursor()
        self._looked_at_s = -POLL_S
        self._looking = asyncio.Lock()

    async def open(
        self, database: Database, after: NewsCursor | None, which: NewsFilter, *, source: str, principal: str
    ) -> EventSourceResponse:
        """News after a cursor, or from now on, of what `database` shows.

        Raises an HTTPException with 429 where there are too many.
        """
        release = self._room.enter(source, principal)
        try:
            async with self._database.reading() as session:
                is_gap = after is not None and await has_gap(session, after)
                begin = await find_newest(session) if after is None or is_gap else after
        except BaseException:
            release()
            raise
        return _StreamResponse(self._tell(database, begin, which, is_gap=is_gap), release)

    def count(self) -> int:
        """How many are open."""
        return self._room.count()

    async def _tell(
        self, database: Database, begin: NewsCursor, which: NewsFilter, *, is_gap: bool
    ) -> AsyncIterator[bytes]:
        ends_at_s = time.monotonic() + self._limit.life_s
        if is_gap:
            yield format_sse_event(event="gap", data_str="{}", id=str(begin))
        else:
            yield format_sse_event(id=str(begin))  # where to go on, should it break before the first news
        beat_at_s = time.monotonic() + self._limit.beat_s
        while not self._closing.is_set() and time.monotonic() < ends_at_s:
            if await self._look() > begin:
                page, begin = await _read(database, begin, which)
                for told in page:
                    yield _format(told)
                continue
            if time.monotonic() > beat_at_s:
                yield KEEPALIVE_COMMENT + format_sse_event(id=str(begin))
                beat_at_s = time.monotonic() + self._limit.beat_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(POLL_S, self._limit.beat_s)):
                    await self._closing.wait()

    async def _look(self) -> NewsCursor:
        """As far as there is news: of all who ask at once one looks, the others are told."""
        async with self._looking:
            if time.monotonic() - self._looked_at_s >= POLL_S:
                async with self._database.reading() as session:
                    self._newest = await find_newest(session)
                self._looked_at_s = time.monotonic()
            return self._newest


async def _read(database: Database, begin: NewsCursor, which: NewsFilter) -> tuple[list[Told], NewsCursor]:
    """A page, and how far it goes."""
    async with database.reading() as session:
        page = await list_news(session, begin, which, limit=PAGE)
        return page, page[-1].cursor if len(page) == PAGE else await find_newest(session)


class _StreamResponse(EventSourceResponse):
    """Gives its place back when it is over, whether or not it has begun."""

    def __init__(self, content: AsyncIterator[bytes], release: Callable[[], None]) -> None:
        super().__init__(content, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()


def _format(told: Told) -> bytes:
    data = {
        "id": told.subject,
        "change": told.change,
        "state": told.state,
        "camera_id": told.camera_id,
        "at": told.at.isoformat().replace("+00:00", "Z"),
    }
    return format_sse_event(event=told.topic, data_str=json.dumps(data), id=str(told.cursor))
