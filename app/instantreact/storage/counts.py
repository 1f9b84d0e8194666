"""How many there are of what, by state."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from instantreact.storage.tables import Alert, Clip, Delivery, Job


@dataclass(frozen=True)
class Counts:
    """For each kind how many are in which state; states that nothing is in are left out."""

    clips: Mapping[str, int]
    jobs: Mapping[str, int]
    alerts: Mapping[str, int]
    deliveries: Mapping[str, int]


async def count_all(session: AsyncSession) -> Counts:
    """As of now."""
    return Counts(
        clips=await _count(session, Clip.state),
        jobs=await _count(session, Job.state),
        alerts=await _count(session, Alert.state),
        deliveries=await _count(session, Delivery.state),
    )


async def _count(session: AsyncSession, state: InstrumentedAttribute[str]) -> Mapping[str, int]:
    found = await session.execute(select(state, func.count()).group_by(state))
    return {str(value): number for value, number in found}
