"""Rows that let people and programs in, as this process knows them: read anew every second, so that what was revoked or
ended is refused everywhere by then, and a wrong guess costs a look into a dictionary.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.clock import Clock
from instantreact.errors import InstantReactError
from instantreact.logs import get_logger
from instantreact.storage.database import Database

READ_AGAIN_S = 1.0
WRITE_USE_AFTER = timedelta(minutes=1)

log = get_logger(__name__)


class KnownRows(ABC):
    """What is read together, at once when this process announces `topic`; and when each row was last used."""

    topic: ClassVar[str]
    use_lost: ClassVar[str]
    """What the log says where a use could not be written down."""

    def __init__(self, database: Database, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._reading = asyncio.Lock()
        self._news = database.subscribe(self.topic)
        self._read_at_s: float | None = None
        self._used_at: dict[str, datetime] = {}
        self._uses: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Let what is being written end."""
        await asyncio.gather(*self._uses, return_exceptions=True)

    @abstractmethod
    async def _load(self, session: AsyncSession) -> None:
        """Read the rows and remember them."""

    @abstractmethod
    async def _mark_used(self, session: AsyncSession, row_id: str, *, now: datetime) -> None:
        """Write down that the row was used."""

    async def _read(self) -> None:
        if self._is_fresh():
            return
        async with self._reading:
            if self._is_fresh():
                return
            self._news.clear()
            read_at_s = self._monotonic()
            async with self._database.reading() as session:
                await self._load(session)
            self._read_at_s = read_at_s

    def _is_fresh(self) -> bool:
        return (
            self._read_at_s is not None
            and not self._news.is_set()
            and self._monotonic() - self._read_at_s < READ_AGAIN_S
        )

    def _note_use(self, row_id: str, written: datetime | None) -> None:
        """Write it down now and then, beside the request; `written` is what the row says of its last use."""
        now = self._clock.now()
        last = max(filter(None, (written, self._used_at.get(row_id))), default=None)
        if last is not None and now - last < WRITE_USE_AFTER:
            return
        self._used_at[row_id] = now
        writing = asyncio.create_task(self._write_use(row_id, now=now))
        self._uses.add(writing)
        writing.add_done_callback(self._uses.discard)

    async def _write_use(self, row_id: str, *, now: datetime) -> None:
        try:
            async with self._database.unit_of_work() as session:
                await self._mark_used(session, row_id, now=now)
        except InstantReactError as error:
            log.warning(self.use_lost, reason=str(error))
