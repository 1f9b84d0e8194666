"""How much of a camera's sound Wit.ai was asked about, by day (UTC): counted with the answer that was filed."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.camera import SpeechBudget
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import SpeechUse

KEPT = timedelta(days=32)


async def add_use(session: AsyncSession, camera_id: str, *, now: datetime, seconds: float) -> None:
    """One utterance more of this length. Days that are long over are forgotten."""
    day = _day(now)
    statement = insert_into(session, SpeechUse).values(camera_id=camera_id, day=day, utterances=1, seconds=seconds)
    more = {"utterances": SpeechUse.utterances + 1, "seconds": SpeechUse.seconds + seconds}
    await session.execute(statement.on_conflict_do_update(index_elements=["camera_id", "day"], set_=more))
    old = SpeechUse.camera_id == camera_id, SpeechUse.day < _day(now - KEPT)
    await session.execute(delete(SpeechUse).where(*old).execution_options(synchronize_session=False))


async def is_spent(session: AsyncSession, camera_id: str, budget: SpeechBudget, *, now: datetime) -> bool:
    """Whether nothing of the camera's budget is left for today."""
    used = await session.get(SpeechUse, (camera_id, _day(now)))
    return budget.is_spent(used.utterances, used.seconds) if used else budget.is_spent(0, 0.0)


async def count_spent(session: AsyncSession, budget: SpeechBudget, *, now: datetime) -> int:
    """How many cameras' budget is spent for today."""
    used = await session.scalars(select(SpeechUse).where(SpeechUse.day == _day(now)))
    return sum(budget.is_spent(each.utterances, each.seconds) for each in used)


def _day(now: datetime) -> str:
    return now.date().isoformat()
