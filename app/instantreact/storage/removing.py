"""Take away what other rows and files hang on: a file is doomed with its row, and deleted once that is sure."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, delete, exists, func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.retention import KeptKind
from instantreact.domain.verdict import Outcome
from instantreact.storage.inserting import insert_into, insert_unless_there
from instantreact.storage.tables import (
    Alert,
    Clip,
    Delivery,
    DoomedFile,
    Event,
    Job,
    News,
    Rendition,
    Utterance,
    Verdict,
)

FILE_KEYS = (
    Clip.blob_key,
    Event.snapshot_key,
    Event.evidence_key,
    Utterance.sound_key,
    Utterance.snapshot_key,
    Rendition.blob_key,
)
"""Where rows name files."""


_TOLD: Mapping[str, type[Event | Alert | Delivery]] = {"event": Event, "alert": Alert, "delivery": Delivery}
_NEWS_AT_ONCE = 5000


async def list_referenced(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Those of `keys` that a clip, an event, an utterance or a rendition refers to."""
    found = await session.scalars(union(*(select(column).where(column.in_(keys)) for column in FILE_KEYS)))
    return {key for key in found if key is not None}


_UNSEEN = {"synchronize_session": False}


RELEASE = "release"
"""The kind of a job that raises what was part of an alert that is gone."""


async def delete_jobs_about(session: AsyncSession, event_ids: Select[str]) -> None:
    """What is left to do about events, their alerts and deliveries; a job that runs finds its lease lost.

    What had become part of these alerts elsewhere, and nobody has heard of, gets a job of its own.
    """
    alert_ids = select(Alert.id).where(Alert.event_id.in_(event_ids))
    await _put_release_jobs(session, alert_ids, event_ids)
    delivery_ids = select(Delivery.id).where(Delivery.alert_id.in_(alert_ids))
    for subjects in (delivery_ids, alert_ids, event_ids):
        await session.execute(delete(Job).where(Job.subject.in_(subjects)).execution_options(**_UNSEEN))


async def _put_release_jobs(session: AsyncSession, alert_ids: Select[str], event_ids: Select[str]) -> None:
    untold = Verdict.outcome == Outcome.GROUPED, Verdict.is_told.is_(False), Verdict.event_id.not_in(event_ids)
    statement = select(Verdict.event_id, func.min(Verdict.decided_at)).where(Verdict.alert_id.in_(alert_ids), *untold)
    found = await session.execute(statement.group_by(Verdict.event_id), execution_options=_UNSEEN)
    for event_id, decided_at in found.all():
        job = Job(kind=RELEASE, subject=event_id, run_at=decided_at, rank_at=decided_at, created_at=decided_at)
        await insert_unless_there(session, job)


async def delete_events(session: AsyncSession, events: Collection[Event]) -> list[str]:
    """With their alerts, deliveries and jobs; the keys of the files that nothing refers to afterwards."""
    ids = [event.id for event in events]
    await delete_jobs_about(session, select(Event.id).where(Event.id.in_(ids)))
    await session.execute(delete(Event).where(Event.id.in_(ids)).execution_options(**_UNSEEN))
    return [key for event in events for key in (event.snapshot_key, event.evidence_key) if key]


async def forget_gone_news(session: AsyncSession, *, after: int) -> int | None:
    """Of some news behind the number `after`, delete those of what is gone; how far that was, None at the end.

    Whoever follows the news is told of it no more. News have no index by what they are about.
    """
    first = await session.scalar(select(func.min(News.id)).where(News.id > after))
    if first is None:
        return None
    after = first - 1
    until = after + _NEWS_AT_ONCE
    for topic, table in _TOLD.items():
        is_gone = ~exists().where(table.id == News.subject)
        gone = delete(News).where(News.id > after, News.id <= until, News.topic == topic, is_gone)
        await session.execute(gone.execution_options(**_UNSEEN))
    return until


async def doom_files(session: AsyncSession, keys: Collection[str], kind: KeptKind | None = None) -> None:
    """Have these files, and their renditions, deleted once this transaction is committed, whatever happens to this
    process.
    """
    if keys:
        gone = delete(Rendition).where(Rendition.source_key.in_(keys)).returning(Rendition.blob_key)
        made = await session.scalars(gone.execution_options(**_UNSEEN, whole=True))
        rows = [{"key": key, "kind": kind} for key in {*keys, *filter(None, made)}]
        await session.execute(insert_into(session, DoomedFile).on_conflict_do_nothing(), rows)


async def list_doomed(session: AsyncSession, *, limit: int) -> Sequence[DoomedFile]:
    """Files to be deleted."""
    return (await session.scalars(select(DoomedFile).limit(limit))).all()


async def forget_doomed(session: AsyncSession, keys: Collection[str]) -> None:
    """They are deleted."""
    await session.execute(delete(DoomedFile).where(DoomedFile.key.in_(keys)).execution_options(**_UNSEEN))
