"""Handing out: which due jobs go to a worker next, so that every kind has its places and short work is not kept."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.job import JobState
from instantreact.jobs.claims import GIVEN_BACK, Handover
from instantreact.jobs.outbox import IN_HAND, SHORT
from instantreact.storage.tables import Job, WorkerRoom


async def hand_out(
    session: AsyncSession, limits: Mapping[str, int], *, now: datetime, deadline_s: float, owner: str | None = None
) -> list[Handover]:
    """Claim the jobs that are due, by their rank, as far as fewer than `limits[kind]` of a kind are in hand.

    Where long jobs fill all of them, there is one more place, for a short one: nobody waits minutes for seconds.
    They go to the worker of the process `owner`, whose own ones are counted; for None to any that shares a broker.
    What nobody took before its deadline, or whose lease has passed, is due again first.
    """
    await _expire(session, now)
    due = await _list_due_kinds(session, limits, now=now)
    in_hand = await _count_in_hand(session, _of(owner)) if due else {}
    deadline = now + timedelta(seconds=deadline_s)
    handovers: list[Handover] = []
    for kind in due:
        limit, long = limits[kind], in_hand.get((kind, False), 0)
        room = limit - in_hand.get((kind, True), 0) - long
        if room > 0:
            handovers += await _claim_kind(session, kind, room, now=now, deadline=deadline, owner=owner)
        elif room == 0 and long == limit:
            handovers += await _claim_kind(session, kind, 1, now=now, deadline=deadline, owner=owner, only=SHORT)
    return handovers


async def _expire(session: AsyncSession, now: datetime) -> None:
    statement = update(Job).where(Job.state.in_(IN_HAND), Job.lease_until <= now).values(GIVEN_BACK)
    await session.execute(statement.execution_options(synchronize_session=False))


def _of(owner: str | None) -> ColumnElement[bool]:
    if owner is not None:
        return Job.owner == owner
    return or_(Job.owner.is_(None), Job.owner.in_(select(WorkerRoom.owner)))


async def _list_due_kinds(session: AsyncSession, kinds: Mapping[str, int], *, now: datetime) -> list[str]:
    """Those of which a job is due: one look into the index for each, by one statement."""
    if not kinds:
        return []
    return list(await session.scalars(_due_kinds(tuple(kinds)), {"now": now}))


@lru_cache(8)
def _due_kinds(kinds: tuple[str, ...]) -> CompoundSelect[str]:
    now = bindparam("now", type_=Job.run_at.type)
    due = Job.state == JobState.DUE, Job.run_at <= now
    return union_all(*(select(literal(kind)).where(exists().where(Job.kind == kind, *due)) for kind in kinds))


async def _count_in_hand(session: AsyncSession, which: ColumnElement[bool]) -> dict[tuple[str, bool], int]:
    """By kind, and whether they are short."""
    is_short = case((SHORT, 1), else_=0)
    statement = (
        select(Job.kind, is_short, func.count()).where(Job.state.in_(IN_HAND), which).group_by(Job.kind, is_short)
    )
    return {(kind, bool(short)): count for kind, short, count in await session.execute(statement)}


async def _claim_kind(
    session: AsyncSession,
    kind: str,
    room: int,
    *,
    now: datetime,
    deadline: datetime,
    owner: str | None,
    only: ColumnElement[bool] | None = None,
) -> list[Handover]:
    due = (
        select(Job.id)
        .where(Job.kind == kind, Job.state == JobState.DUE, Job.run_at <= now, true() if only is None else only)
        .order_by(Job.rank_at, Job.id)
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    batch = uuid4().hex
    statement = (
        update(Job)
        .where(Job.id.in_(due))
        .values(
            state=JobState.HANDED,
            token=literal(batch, Job.id.type).concat(Job.id),
            owner=owner,
            lease_until=deadline,
        )
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return [Handover(job_id, batch + job_id, kind) for job_id in (await session.execute(statement)).scalars()]
