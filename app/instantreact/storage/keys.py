"""API keys, kept as hashes. The keys are long and random, so a plain SHA-256 does not help a thief."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.tables import ApiKey


async def insert_key(session: AsyncSession, *, name: str, key: str, now: datetime) -> bool:
    """A key of this name unless there is one; whether it was taken."""
    return await insert_unless_there(session, ApiKey(name=name, sha256=_hash(key), created_at=now))


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """All of them, by name."""
    return list(await session.scalars(select(ApiKey).order_by(ApiKey.name)))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
