"""What is added to an event of a camera after it was filed: that it went on, and its clip."""

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.tables import Alert, Event


async def extend_event(session: AsyncSession, event_id: str, *, end_s: float) -> Event | None:
    """The event, which went on until `end_s` on the footage's clock; None when it is gone."""
    statement = update(Event).where(Event.id == event_id).values(end_s=end_s).returning(Event)
    return (await session.scalars(statement)).one_or_none()


async def has_alert(session: AsyncSession, event_id: str) -> bool:
    """Whether the event raised an alert."""
    return bool(await session.scalar(select(exists().where(Alert.event_id == event_id))))


async def attach_clip(session: AsyncSession, event_id: str, key: str) -> bool:
    """The event's evidence clip lies under `key`; False when the event is gone."""
    statement = update(Event).where(Event.id == event_id).values(evidence_key=key).returning(Event.id)
    return (await session.execute(statement)).first() is not None
