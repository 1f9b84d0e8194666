"""How many jobs the workers behind a shared broker have room for, all of them together."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.job import JobState
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import Job, WorkerRoom

LATE = timedelta(seconds=60)
"""A job that is due for so long, while nobody has any in hand, waits for workers that are not there."""


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


async def find_idle_workers(session: AsyncSession, *, now: datetime, is_shared: bool) -> str | None:
    """What is wrong with whoever runs jobs, in words; `is_shared` where they come through a broker."""
    if is_shared and not await count_room(session, now=now):
        return "No worker lives that takes jobs from RabbitMQ: start `instantreact worker`."
    late = await session.scalar(select(func.min(Job.run_at)).where(Job.state == JobState.DUE))
    has_work = await session.scalar(select(Job.id).where(Job.state.in_((JobState.HANDED, JobState.RUNNING))).limit(1))
    if late is None or has_work is not None or now - late < LATE:
        return None
    waits_s = round((now - late).total_seconds())
    return f"Nobody takes jobs: one has been due for {waits_s} s. Is a `serve`, or a `relay` and a `worker`, running?"


async def withdraw_room(session: AsyncSession, owner: str) -> None:
    """The process takes no jobs any more."""
    await session.execute(delete(WorkerRoom).where(WorkerRoom.owner == owner))
