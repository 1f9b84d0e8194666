"""The keys that open the API, as this process knows them: read anew every second, so that a revoked one is refused
everywhere by then, and a wrong one costs a look into a dictionary.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from instantreact.clock import Clock
from instantreact.domain.principal import Principal
from instantreact.errors import InstantReactError
from instantreact.logs import get_logger
from instantreact.storage import keys
from instantreact.storage.database import Database
from instantreact.storage.tables import ApiKey

READ_AGAIN_S = 1.0
WRITE_USE_AFTER = timedelta(minutes=1)

log = get_logger(__name__)


class KnownKeys:
    """For whom each key of the database vouches."""

    def __init__(self, database: Database, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._reading = asyncio.Lock()
        self._news = database.subscribe(keys.KEYS_CHANGED)
        self._read_at_s: float | None = None
        self._by_hash: dict[str, ApiKey] = {}
        self._by_id: dict[str, ApiKey] = {}
        self._used_at: dict[str, datetime] = {}
        self._uses: set[asyncio.Task[None]] = set()

    async def find(self, sha256: str) -> Principal | None:
        """For whom the key with this hash vouches; None where it is unknown, expired or revoked."""
        await self._read()
        row, now = self._by_hash.get(sha256), self._clock.now()
        if row is None or (row.expires_at is not None and row.expires_at <= now):
            return None
        if row.sha256 != sha256 and (row.old_until is None or row.old_until <= now):
            return None
        self._note_use(row)
        return keys.principal_of(row)

    async def find_by_id(self, key_id: str) -> Principal | None:
        """For whom a key vouches that is not here itself, but something that it signed for."""
        await self._read()
        row = self._by_id.get(key_id)
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock.now()):
            return None
        return keys.principal_of(row)

    async def close(self) -> None:
        """Let what is being written end."""
        await asyncio.gather(*self._uses, return_exceptions=True)

    async def _read(self) -> None:
        if self._is_fresh():
            return
        async with self._reading:
            if self._is_fresh():
                return
            self._news.clear()
            read_at_s = self._monotonic()
            async with self._database.reading() as session:
                rows = await keys.list_keys(session)
            self._by_id = {row.id: row for row in rows}
            self._by_hash = {hash_: row for row in rows for hash_ in (row.sha256, row.old_sha256) if hash_}
            self._read_at_s = read_at_s

    def _is_fresh(self) -> bool:
        return (
            self._read_at_s is not None
            and not self._news.is_set()
            and self._monotonic() - self._read_at_s < READ_AGAIN_S
        )

    def _note_use(self, row: ApiKey) -> None:
        """Write it down now and then, beside the request."""
        now = self._clock.now()
        last = max(filter(None, (row.last_used_at, self._used_at.get(row.id))), default=None)
        if last is not None and now - last < WRITE_USE_AFTER:
            return
        self._used_at[row.id] = now
        writing = asyncio.create_task(self._write_use(row.id, now=now))
        self._uses.add(writing)
        writing.add_done_callback(self._uses.discard)

    async def _write_use(self, key_id: str, *, now: datetime) -> None:
        try:
            async with self._database.unit_of_work() as session:
                await keys.mark_used(session, key_id, now=now)
        except InstantReactError as error:
            log.warning("keys.use_not_written", reason=str(error))
