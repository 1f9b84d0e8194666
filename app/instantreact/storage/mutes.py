"""Mutes: which rule, camera or everything is quiet, for whom and until when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.happening import Digest
from instantreact.errors import InvalidInput, NotFound
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.tables import Alert, Base, Camera, Mute, Recipient, Rule

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=7)
"""Every mute ends by itself, so that none is forgotten."""

ALL_MUTED = "Everybody who would have been told has muted it."


async def insert_mute(session: AsyncSession, mute: Mute, *, now: datetime) -> Mute:
    """In the place of an earlier one of the same for the same people. Those that are over go.

    Raises InvalidInput for a time out of bounds, and for a rule, camera or recipient that is not there.
    """
    if not SHORTEST <= mute.until - now <= LONGEST:
        raise InvalidInput("A mute lasts from one minute to seven days.")
    for kind, table, wanted in (
        ("rule", Rule, mute.rule_id),
        ("camera", Camera, mute.camera_id),
        ("recipient", Recipient, mute.recipient_id),
    ):
        await _check_there(session, kind, table, wanted)
    same = [column.is_not_distinct_from(getattr(mute, column.key)) for column in (Mute.rule_id, Mute.camera_id)]
    same.append(Mute.recipient_id.is_not_distinct_from(mute.recipient_id))
    await session.execute(delete(Mute).where(or_(Mute.until <= now, and_(*same))))
    session.add(mute)
    await session.flush()
    return mute


async def list_mutes(
    session: AsyncSession, *, now: datetime, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> list[Mute]:
    """Those that are not over, newest first."""
    statement = select(Mute).where(Mute.until > now)
    return list(await session.scalars(newest_first(statement, Mute.created_at, Mute.id, after=after, limit=limit)))


async def delete_mute(session: AsyncSession, mute_id: str) -> None:
    """Raises NotFound."""
    mute = await session.get(Mute, mute_id)
    if mute is None:
        raise NotFound("mute", mute_id)
    await session.delete(mute)
    await session.flush()


async def end_mutes(session: AsyncSession, recipient_id: str, *which: ColumnElement[bool]) -> int:
    """End what one person has muted for themselves; how many mutes that were."""
    theirs = delete(Mute).where(Mute.recipient_id == recipient_id, *which).returning(Mute.id)
    return len((await session.scalars(theirs)).all())


async def find_end_of_all(session: AsyncSession, recipient_id: str, *, now: datetime) -> datetime | None:
    """Until when everything is muted for somebody; None where it is not."""
    theirs = or_(Mute.recipient_id == recipient_id, Mute.recipient_id.is_(None))
    everything = select(func.max(Mute.until)).where(Mute.rule_id.is_(None), Mute.camera_id.is_(None), theirs)
    return await session.scalar(everything.where(Mute.until > now))


async def list_awake(
    session: AsyncSession, alert: Alert, people: Sequence[Recipient], *, now: datetime
) -> list[Recipient]:
    """Those of `people` for whom an alert that is about to be told is not muted.

    A digest never is: it tells of what was raised before. What no rule raises (a camera is lost, a channel fails) is
    muted by a mute of everything alone.
    """
    if isinstance(alert.happening, Digest):
        return list(people)
    covers = and_(Mute.rule_id.is_(None), Mute.camera_id.is_(None))
    if alert.rule_id is not None:
        covers = or_(covers, Mute.rule_id == alert.rule_id, Mute.camera_id == alert.camera_id)
    muted = set(await session.scalars(select(Mute.recipient_id).where(Mute.until > now, covers)))
    return [] if None in muted else [person for person in people if person.id not in muted]


async def _check_there(session: AsyncSession, kind: str, table: type[Base], wanted: str | None) -> None:
    if wanted is not None and await session.get(table, wanted) is None:
        raise InvalidInput(f"There is no {kind} {wanted}.")
