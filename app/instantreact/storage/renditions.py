"""Which file browsers play instead of which. A rendition goes with its file (`removing.doom_files`)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.tables import Clip, Event, Rendition


async def find_rendition(session: AsyncSession, source_key: str) -> Rendition | None:
    """What was found or made for a file, if anything."""
    return await session.get(Rendition, source_key)


async def insert_rendition(
    session: AsyncSession, source_key: str, blob_key: str | None, *, now: datetime
) -> str | None:
    """What is played instead of a file from now on, `source_key` where it is the file itself: what somebody else found
    earlier, perhaps. None when nothing refers to the file any more.
    """
    if not await _lock_owner(session, source_key):
        return None
    await insert_unless_there(session, Rendition(source_key=source_key, blob_key=blob_key, made_at=now))
    found = await session.scalar(select(Rendition.blob_key).where(Rendition.source_key == source_key))
    return found or source_key


async def _lock_owner(session: AsyncSession, source_key: str) -> bool:
    """Whoever takes the file away waits until this transaction is over, and then finds the rendition as well."""
    for column in (Event.evidence_key, Clip.blob_key):
        owner = column.class_
        statement = select(owner.id).where(column == source_key).with_for_update(of=owner)
        if await session.scalar(statement) is not None:
            return True
    return False
