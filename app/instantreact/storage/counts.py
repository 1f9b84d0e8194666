"""How many there are of what, by state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from instantreact.domain.job import JobState
from instantreact.storage.tables import Alert, Clip, Delivery, Job


@dataclass(frozen=True)
class JobCounts:
    """Jobs of a kind and state; the oldest of them waits or runs since `since`, and for later ones that is to come."""

    kind: str
    state: JobState
    number: int
    since: datetime


@dataclass(frozen=True)
class Counts:
    """For each kind how many are in which state; states that nothing is in are left out."""

    clips: Mapping[str, int]
    alerts: Mapping[str, int]
    deliveries: Mapping[tuple[str, str], int]  # by channel and state
    jobs: tuple[JobCounts, ...]


async def count_all(session: AsyncSession) -> Counts:
    """As of now."""
    deliveries = select(Delivery.channel, Delivery.state, func.count()).group_by(Delivery.channel, Delivery.state)
    since = func.min(case((Job.state == JobState.DUE, Job.run_at), else_=Job.created_at), type_=Job.run_at.type)
    jobs = select(Job.kind, Job.state, func.count(), since).group_by(Job.kind, Job.state)
    return Counts(
        clips=await _count(session, Clip.state),
        alerts=await _count(session, Alert.state),
        deliveries={(channel, state): number for channel, state, number in await session.execute(deliveries)},
        jobs=tuple(JobCounts(*row) for row in await session.execute(jobs)),
    )


async def _count(session: AsyncSession, state: InstrumentedAttribute[str]) -> Mapping[str, int]:
    found = await session.execute(select(state, func.count()).group_by(state))
    return {str(value): number for value, number in found}
