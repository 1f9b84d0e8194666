"""What is too old: found and taken away some rows at a time, so that nobody waits for it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import AlertState
from instantreact.domain.media import ClipState, Listening
from instantreact.domain.retention import KeptKind
from instantreact.storage.events import replace_observation
from instantreact.storage.inserting import insert_into
from instantreact.storage.minutes import delete_old_minutes
from instantreact.storage.removing import delete_events
from instantreact.storage.tables import (
    Alert,
    AuditEntry,
    Clip,
    Erasure,
    Event,
    IncomingMessage,
    RetentionCounts,
    Utterance,
)

_UNSEEN = {"synchronize_session": False}
_MINUTES_A_ROW = 20


@dataclass(frozen=True)
class Purged:
    """How many rows lost something, and which files nothing refers to any more."""

    rows: int
    keys: Sequence[str] = ()


Take = Callable[[AsyncSession, datetime, int], Awaitable[Purged]]
"""Takes away at most so many of what is older."""


async def take_pictures(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """Of events without an alert."""
    there = Event.snapshot_key.is_not(None), Event.occurred_at < before, ~_has_alert()
    return await _strip(session, await _list(session, _oldest(limit).where(*there)))


async def take_events(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """Those without an alert."""
    found = await _list(session, _oldest(limit).where(Event.occurred_at < before, ~_has_alert()))
    return Purged(len(found), await delete_events(session, found))


async def take_evidence(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """Pictures and clips of events whose alerts were all answered before."""
    there = or_(Event.snapshot_key.is_not(None), Event.evidence_key.is_not(None))
    return await _strip(session, await _list(session, _oldest(limit).where(there, *_answered(before))))


async def take_alerts(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """With the events they are about, once all were answered before; those without an event in any case."""
    found = await _list(session, _oldest(limit).where(*_answered(before)))
    keys = await delete_events(session, found)
    ids = select(Alert.id).where(Alert.event_id.is_(None), Alert.raised_at < before).limit(limit)
    gone = await session.execute(
        delete(Alert).where(Alert.id.in_(ids)).returning(Alert.id).execution_options(**_UNSEEN)
    )
    return Purged(len(found) + len(gone.all()), keys)


async def take_clips(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """The files of uploads that are done with and have no alert that waits; and clips that have nothing left."""
    of_clip = select(Event.id).where(Event.clip_id == Clip.id)
    pinned = exists().where(Alert.event_id.in_(of_clip), _pins(before))
    done = Clip.state.in_((ClipState.ANALYZED, ClipState.FAILED)), Clip.listening != Listening.PENDING
    there = or_(Clip.blob_key.is_not(None), ~exists(of_clip))
    oldest = select(Clip).where(Clip.submitted_at < before, *done, there, ~pinned).order_by(Clip.submitted_at)
    found = (await session.scalars(oldest.limit(limit).with_for_update(skip_locked=True))).all()
    keys = [clip.blob_key for clip in found if clip.blob_key]
    ids = [clip.id for clip in found]
    await session.execute(update(Clip).where(Clip.id.in_(ids)).values(blob_key=None).execution_options(**_UNSEEN))
    empty = delete(Clip).where(Clip.id.in_(ids), ~exists(of_clip))
    await session.execute(empty.execution_options(**_UNSEEN))
    return Purged(len(found), keys)


async def take_transcripts(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """What was said, of events none of whose alerts waits for an answer."""
    spoken = Event.speech != "", Event.occurred_at < before, ~_is_pinned(before)
    found = await _list(session, _oldest(limit).where(*spoken))
    for event in found:
        await replace_observation(session, event, replace(event.observation, transcript=None))
    return Purged(len(found))


async def take_messages(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """Handled ones."""
    ids = select(IncomingMessage.id).where(IncomingMessage.handled_at < before).limit(limit)
    gone = delete(IncomingMessage).where(IncomingMessage.id.in_(ids)).returning(IncomingMessage.id)
    return Purged(len((await session.execute(gone.execution_options(**_UNSEEN))).all()))


async def take_utterances(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """Those that nobody recognised."""
    ids = select(Utterance.id).where(Utterance.ended_at < before).limit(limit)
    gone = delete(Utterance).where(Utterance.id.in_(ids)).returning(Utterance.sound_key, Utterance.snapshot_key)
    rows = (await session.execute(gone.execution_options(**_UNSEEN))).all()
    return Purged(len(rows), [key for row in rows for key in row])


async def take_audit(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """Entries of the audit log, oldest first, and what was erased by then."""
    ids = select(AuditEntry.id).where(AuditEntry.at < before).order_by(AuditEntry.at).limit(limit)
    gone = delete(AuditEntry).where(AuditEntry.id.in_(ids)).returning(AuditEntry.id)
    entries = (await session.execute(gone.execution_options(**_UNSEEN))).all()
    over = select(Erasure.id).where(Erasure.finished_at < before).limit(limit)
    forgotten = delete(Erasure).where(Erasure.id.in_(over)).returning(Erasure.id)
    return Purged(len(entries) + len((await session.execute(forgotten.execution_options(**_UNSEEN))).all()))


async def take_minutes(session: AsyncSession, before: datetime, limit: int) -> Purged:
    """What is known of cameras minute by minute. Such rows are small and have no files: more of them go at once."""
    return Purged(await delete_old_minutes(session, before, limit * _MINUTES_A_ROW))


TAKERS: Mapping[KeptKind, Take] = {
    KeptKind.PICTURES: take_pictures,
    KeptKind.TRANSCRIPTS: take_transcripts,
    KeptKind.EVIDENCE: take_evidence,
    KeptKind.EVENTS: take_events,
    KeptKind.ALERTS: take_alerts,
    KeptKind.CLIPS: take_clips,  # after their events: one that has none left goes
    KeptKind.MESSAGES: take_messages,
    KeptKind.UTTERANCES: take_utterances,
    KeptKind.AUDIT: take_audit,
    KeptKind.MINUTES: take_minutes,
}


async def count_purged(
    session: AsyncSession, kind: KeptKind, *, now: datetime, rows: int = 0, files: int = 0, size_bytes: int = 0
) -> None:
    """Add to what was purged of a kind."""
    counted = {"purged_rows": rows, "purged_files": files, "purged_bytes": size_bytes}
    added = {name: getattr(RetentionCounts, name) + number for name, number in counted.items()}
    await _put(session, kind, {**counted, "purged_at": now}, {**added, "purged_at": now})


async def note_kept(session: AsyncSession, kind: KeptKind, *, now: datetime, files: int, size_bytes: int) -> None:
    """So many files of a kind are there."""
    found = {"kept_files": files, "kept_bytes": size_bytes, "measured_at": now}
    await _put(session, kind, found, found)


async def list_counts(session: AsyncSession) -> Mapping[KeptKind, RetentionCounts]:
    """By kind; one of which nothing was purged or measured is left out."""
    return {row.kind: row for row in await session.scalars(select(RetentionCounts))}


async def _put(
    session: AsyncSession, kind: KeptKind, values: Mapping[str, object], changes: Mapping[str, object]
) -> None:
    statement = insert_into(session, RetentionCounts).values(kind=kind, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["kind"], set_=changes))


def _oldest(limit: int) -> Select[Event]:
    return select(Event).order_by(Event.occurred_at, Event.id).limit(limit)


async def _list(session: AsyncSession, statement: Select[Event]) -> Sequence[Event]:
    """On PostgreSQL what others are changing is left for another turn."""
    return (await session.scalars(statement.with_for_update(skip_locked=True, of=Event))).all()


def _has_alert() -> ColumnElement[bool]:
    return exists().where(Alert.event_id == Event.id)


def _pins(before: datetime) -> ColumnElement[bool]:
    """An alert that nobody answered yet, or not before."""
    return or_(Alert.state == AlertState.RAISED, Alert.answered_at >= before)


def _is_pinned(before: datetime) -> ColumnElement[bool]:
    return exists().where(Alert.event_id == Event.id, _pins(before))


def _answered(before: datetime) -> tuple[ColumnElement[bool], ...]:
    old = select(Alert.event_id).where(Alert.state != AlertState.RAISED, Alert.answered_at < before)
    return Event.id.in_(old), ~_is_pinned(before)


async def _strip(session: AsyncSession, events: Sequence[Event]) -> Purged:
    """Take the files of events away."""
    keys = [key for event in events for key in (event.snapshot_key, event.evidence_key) if key]
    stripped = update(Event).where(Event.id.in_([event.id for event in events]))
    await session.execute(stripped.values(snapshot_key=None, evidence_key=None).execution_options(**_UNSEEN))
    return Purged(len(events), keys)
