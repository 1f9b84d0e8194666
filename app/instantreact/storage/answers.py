"""What a recogniser answered about some utterances of a clip, kept while others must be asked about again."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.tables import AnsweredUtterance


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
