"""Utterances: what somebody said near a camera, until it is recognised; what a recogniser answered about a clip's."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import NotFound
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.tables import AnsweredUtterance, Utterance


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


async def insert_answer(session: AsyncSession, answer: AnsweredUtterance) -> None:
    """Keep it; a second answer about the same utterance changes nothing."""
    await insert_unless_there(session, answer)


async def list_answers(session: AsyncSession, clip_id: str, *, asked: str) -> Sequence[AnsweredUtterance]:
    """What is known of a clip's utterances from who was asked so."""
    here = AnsweredUtterance.clip_id == clip_id, AnsweredUtterance.asked == asked
    return (await session.scalars(select(AnsweredUtterance).where(*here))).all()


async def delete_answers(session: AsyncSession, clip_id: str) -> None:
    """All of the clip is answered, or given up."""
    await session.execute(delete(AnsweredUtterance).where(AnsweredUtterance.clip_id == clip_id))
