"""Taking away what other rows and files hang on: a file is doomed with its row, and deleted once that is sure."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.retention import KeptKind
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import Alert, Delivery, DoomedFile, Event, Job

_UNSEEN = {"synchronize_session": False}


async def delete_jobs_about(session: AsyncSession, event_ids: Select[str]) -> None:
    """What is left to do about events, their alerts and deliveries; a job that runs finds its lease lost."""
    alert_ids = select(Alert.id).where(Alert.event_id.in_(event_ids))
    delivery_ids = select(Delivery.id).where(Delivery.alert_id.in_(alert_ids))
    for subjects in (delivery_ids, alert_ids, event_ids):
        await session.execute(delete(Job).where(Job.subject.in_(subjects)).execution_options(**_UNSEEN))


async def delete_events(session: AsyncSession, events: Collection[Event]) -> list[str]:
    """With their alerts, deliveries and jobs; the keys of the files that nothing refers to afterwards."""
    ids = [event.id for event in events]
    await delete_jobs_about(session, select(Event.id).where(Event.id.in_(ids)))
    await session.execute(delete(Event).where(Event.id.in_(ids)).execution_options(**_UNSEEN))
    return [key for event in events for key in (event.snapshot_key, event.evidence_key) if key]


async def doom_files(session: AsyncSession, keys: Collection[str], kind: KeptKind | None = None) -> None:
    """Have these files deleted once this transaction is committed, whatever happens to this process."""
    if keys:
        rows = [{"key": key, "kind": kind} for key in keys]
        await session.execute(insert_into(session, DoomedFile).on_conflict_do_nothing(), rows)


async def list_doomed(session: AsyncSession, *, limit: int) -> Sequence[DoomedFile]:
    """Files to be deleted."""
    return (await session.scalars(select(DoomedFile).limit(limit))).all()


async def forget_doomed(session: AsyncSession, keys: Collection[str]) -> None:
    """They are deleted."""
    await session.execute(delete(DoomedFile).where(DoomedFile.key.in_(keys)).execution_options(**_UNSEEN))
