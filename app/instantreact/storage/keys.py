"""API keys, kept as hashes. The keys are long and random, so a plain SHA-256 does not help a thief."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import ApiKey


async def set_key(session: AsyncSession, *, name: str, key: str, now: datetime) -> None:
    """The key of this name from now on; the one it had before opens nothing any more."""
    values = {"sha256": _hash(key), "created_at": now}
    statement = insert_into(session, ApiKey).values(name=name, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """All of them, by name."""
    return list(await session.scalars(select(ApiKey).order_by(ApiKey.name)))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
