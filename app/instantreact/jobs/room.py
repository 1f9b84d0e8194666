"""How many jobs the workers behind a shared broker have room for, all of them together."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import WorkerRoom


async def offer_room(
    session: AsyncSession, owner: str, room: Mapping[str, int], *, now: datetime, lease_s: float
) -> None:
    """The process `owner` runs so many jobs of each kind at once, and lives for at least `lease_s`."""
    values = {"room": dict(room), "lease_until": now + timedelta(seconds=lease_s)}
    statement = insert_into(session, WorkerRoom).values(owner=owner, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["owner"], set_=values))


async def count_room(session: AsyncSession, *, now: datetime) -> Mapping[str, int]:
    """How many jobs of each kind the workers that live run at once; nothing where there is none."""
    total: Counter[str] = Counter()
    for room in await session.scalars(select(WorkerRoom.room).where(WorkerRoom.lease_until > now)):
        total.update(room)
    return total


async def withdraw_room(session: AsyncSession, owner: str) -> None:
    """The process takes no jobs any more."""
    await session.execute(delete(WorkerRoom).where(WorkerRoom.owner == owner))
