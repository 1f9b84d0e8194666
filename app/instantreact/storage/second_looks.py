"""The budget of second looks, by the hour (UTC)."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import SecondLookUse

KEPT = timedelta(days=32)


async def take_look(session: AsyncSession, per_hour: int | None, *, now: datetime) -> bool:
    """Count one look more in this hour; False, and nothing counted, where there were so many.

    Of two at once for the last one only one gets it. Hours that are long over are forgotten.
    """
    if per_hour is not None and per_hour < 1:
        return False
    statement = insert_into(session, SecondLookUse).values(hour=_hour(now), looks=1)
    more = statement.on_conflict_do_update(
        index_elements=["hour"],
        set_={"looks": SecondLookUse.looks + 1},
        where=None if per_hour is None else SecondLookUse.looks < per_hour,
    )
    taken = (await session.execute(more.returning(SecondLookUse.hour))).first() is not None
    old = delete(SecondLookUse).where(SecondLookUse.hour < _hour(now - KEPT))
    await session.execute(old.execution_options(synchronize_session=False))
    return taken


def _hour(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H}"
