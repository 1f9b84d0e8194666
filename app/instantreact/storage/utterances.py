"""What somebody said near a camera, until it is recognised."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import NotFound
from instantreact.storage.tables import Utterance


async def insert_utterance(session: AsyncSession, utterance: Utterance) -> Utterance:
    """Keep it; its files are written already."""
    session.add(utterance)
    await session.flush()
    return utterance


async def get_utterance(session: AsyncSession, utterance_id: str) -> Utterance:
    """Raises NotFound."""
    utterance = await session.get(Utterance, utterance_id)
    if utterance is None:
        raise NotFound("utterance", utterance_id)
    return utterance


async def is_waiting(session: AsyncSession, utterance_id: str) -> bool:
    """Whether it is not recognised yet."""
    return await session.scalar(select(Utterance.id).where(Utterance.id == utterance_id)) is not None


async def delete_utterance(session: AsyncSession, utterance_id: str) -> None:
    """It is recognised, or nobody listens any more."""
    await session.execute(delete(Utterance).where(Utterance.id == utterance_id))
