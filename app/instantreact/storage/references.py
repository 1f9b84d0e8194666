"""Which files the rows refer to."""

from collections.abc import Sequence

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.tables import Clip, Event, Utterance


async def list_referenced(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Those of `keys` that a clip, an event or an utterance refers to."""
    columns = (Clip.blob_key, Event.snapshot_key, Event.evidence_key, Utterance.sound_key, Utterance.snapshot_key)
    found = await session.scalars(union(*(select(column).where(column.in_(keys)) for column in columns)))
    return {key for key in found if key is not None}
