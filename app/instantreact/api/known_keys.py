"""The keys that open the API, as this process knows them."""

import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.api.known_rows import KnownRows
from instantreact.clock import Clock
from instantreact.domain.principal import Principal
from instantreact.storage import keys
from instantreact.storage.database import Database
from instantreact.storage.tables import ApiKey


class KnownKeys(KnownRows):
    """For whom each key of the database vouches."""

    topic = keys.KEYS_CHANGED
    use_lost = "keys.use_not_written"

    def __init__(self, database: Database, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(database, clock, monotonic=monotonic)
        self._by_hash: dict[str, ApiKey] = {}
        self._by_id: dict[str, ApiKey] = {}

    async def find(self, sha256: str) -> Principal | None:
        """For whom the key with this hash vouches; None where it is unknown, expired or revoked."""
        await self._read()
        row, now = self._by_hash.get(sha256), self._clock.now()
        if row is None or (row.expires_at is not None and row.expires_at <= now):
            return None
        if row.sha256 != sha256 and (row.old_until is None or row.old_until <= now):
            return None
        self._note_use(row.id, row.last_used_at)
        return keys.principal_of(row)

    async def find_by_id(self, key_id: str) -> Principal | None:
        """For whom a key vouches that is not here itself, but something that it signed for."""
        await self._read()
        row = self._by_id.get(key_id)
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock.now()):
            return None
        return keys.principal_of(row)

    async def _load(self, session: AsyncSession) -> None:
        rows = await keys.list_keys(session)
        self._by_id = {row.id: row for row in rows}
        self._by_hash = {hash_: row for row in rows for hash_ in (row.sha256, row.old_sha256) if hash_}

    async def _mark_used(self, session: AsyncSession, row_id: str, *, now: datetime) -> None:
        await keys.mark_used(session, row_id, now=now)
