"""Takes away what is kept of a span of a camera, some rows a transaction, whatever an alert may still need."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.erasure import ErasedCounts, ErasedKind, Span
from instantreact.domain.media import ClipState, Listening
from instantreact.storage import clips
from instantreact.storage.events import list_clip_events, replace_observation
from instantreact.storage.minutes import delete_minutes
from instantreact.storage.removing import delete_events
from instantreact.storage.spans import (
    began_in,
    count_alerts,
    count_events,
    has_evidence_of,
    is_outage_in,
    list_leading,
    list_sounds_in,
    moment_of,
    reach_of,
)
from instantreact.storage.tables import Alert, Clip, Delivery, Event, Job, Utterance

_UNSEEN = {"synchronize_session": False}


@dataclass(frozen=True)
class Taken:
    """What is gone, and which files nothing refers to any more; `rows` is 0 where nothing was found."""

    rows: int
    counts: ErasedCounts
    keys: Sequence[str] = ()


NOTHING = Taken(0, {})

TakeSpan = Callable[[AsyncSession, Span, int], Awaitable[Taken]]
"""Takes at most so many rows."""


async def take_sounds(session: AsyncSession, span: Span, limit: int) -> Taken:
    """What was said and is not recognised yet, and with it the wish to have it recognised."""
    found = (await list_sounds_in(session, span))[:limit]
    ids = [utterance.id for utterance in found]
    await session.execute(delete(Job).where(Job.subject.in_(ids)).execution_options(**_UNSEEN))
    await session.execute(delete(Utterance).where(Utterance.id.in_(ids)).execution_options(**_UNSEEN))
    keys = [key for utterance in found for key in (utterance.sound_key, utterance.snapshot_key)]
    return Taken(len(found), {ErasedKind.SOUNDS: len(found)}, keys)


async def take_events(session: AsyncSession, span: Span, limit: int) -> Taken:
    """Events with their alerts and deliveries, which are not sent any more."""
    oldest = select(Event).where(began_in(span)).order_by(Event.occurred_at, Event.id).limit(limit)
    found = (await session.scalars(oldest.with_for_update(of=Event))).all()
    return await _take(session, found or (await list_leading(session, span))[:limit])


async def take_evidence(session: AsyncSession, span: Span, limit: int) -> Taken:
    """Evidence clips of events that lie outside: these stay."""
    found = select(Event).where(has_evidence_of(span)).limit(limit).with_for_update(of=Event)
    events = (await session.scalars(found)).all()
    ids = [event.id for event in events]
    without = update(Event).where(Event.id.in_(ids)).values(evidence_key=None, evidence_since=None, evidence_until=None)
    await session.execute(without.execution_options(**_UNSEEN))
    keys = [event.evidence_key for event in events if event.evidence_key]
    return Taken(len(ids), {ErasedKind.EVIDENCE: len(ids)}, keys)


async def take_outages(session: AsyncSession, span: Span, limit: int) -> Taken:
    """Alerts about the camera itself."""
    ids = list(await session.scalars(select(Alert.id).where(is_outage_in(span)).limit(limit)))
    counts = await count_alerts(session, Alert.id.in_(ids))
    deliveries = select(Delivery.id).where(Delivery.alert_id.in_(ids))
    await session.execute(delete(Job).where(Job.subject.in_(deliveries)).execution_options(**_UNSEEN))
    await session.execute(delete(Alert).where(Alert.id.in_(ids)).execution_options(**_UNSEEN))
    return Taken(len(ids), counts)


async def take_minutes(session: AsyncSession, span: Span, limit: int) -> Taken:
    """When the camera was seen and something moved."""
    gone = await delete_minutes(session, span.camera_id, span.since, span.until, limit)
    return Taken(gone, {ErasedKind.MINUTES: gone})


SPAN_STEPS: Sequence[TakeSpan] = (take_sounds, take_events, take_evidence, take_outages, take_minutes)
"""In this order: what was said becomes an event when it is recognised, and events have their evidence with them."""


async def take_unfinished_clip(session: AsyncSession, clip_id: str, limit: int) -> Taken:
    """Some of an upload that is not done yet, and at last the upload itself: its analysis ends with it."""
    clip = await _lock_clip(session, clip_id)
    if clip is None or _is_done(clip):
        return NOTHING
    found = await list_clip_events(session, clip_id, limit=limit)
    if found:
        return await _take(session, found)
    keys = await clips.delete_clip(session, clip_id)
    return Taken(1, {ErasedKind.CLIPS: 1}, keys)


async def take_clip(session: AsyncSession, clip_id: str) -> Taken:
    """The file of an upload that is done with, and the upload itself where no event of it is left."""
    clip = await _lock_clip(session, clip_id)
    if clip is None:
        return NOTHING
    keys = [clip.blob_key] if clip.blob_key else []
    clip.blob_key = None
    await session.flush()
    empty = delete(Clip).where(Clip.id == clip_id, ~exists().where(Event.clip_id == clip_id))
    await session.execute(empty.execution_options(**_UNSEEN))
    return Taken(len(keys), {ErasedKind.CLIPS: len(keys)}, keys)


async def take_words(
    session: AsyncSession, span: Span, clip_id: str, *, after: int, limit: int
) -> tuple[Taken, int | None]:
    """What an upload's events of another time say of the span, from the window behind `after` on; how far that was.

    They lose the words that led up to them; where they themselves, or their alerts, quote the span, they go.
    """
    some = await list_clip_events(session, clip_id, after=after, limit=limit)
    gone = [event for event in some if span.touches(*reach_of(event)) or await _is_quoted(session, span, event)]
    taken = await _take(session, gone)
    for event in some:
        if event not in gone:
            await _hush(session, span, event)
    return taken, some[-1].window_index if some else None


async def _take(session: AsyncSession, events: Collection[Event]) -> Taken:
    if not events:
        return NOTHING
    ids = [event.id for event in events]
    counts = await count_events(session, Event.id.in_(ids))
    counts += await count_alerts(session, Alert.event_id.in_(ids))
    return Taken(len(ids), counts, await delete_events(session, events))


async def _is_quoted(session: AsyncSession, span: Span, event: Event) -> bool:
    """Whether an alert of the event has evidence from the span: a phrase that began in it, say."""
    happenings = await session.scalars(select(Alert.happening).where(Alert.event_id == event.id))
    quoted = [evidence for each in happenings for evidence in getattr(each, "evidence", ())]
    return any(_is_in(span, event, each.start_s, each.end_s) for each in quoted)


async def _hush(session: AsyncSession, span: Span, event: Event) -> None:
    transcript = event.observation.transcript
    if transcript is None:
        return
    left = tuple(word for word in transcript.context if not _is_in(span, event, word.start_s, word.end_s))
    if left != transcript.context:
        hushed = replace(event.observation, transcript=replace(transcript, context=left))
        await replace_observation(session, event, hushed)


def _is_in(span: Span, event: Event, start_s: float, end_s: float) -> bool:
    start: datetime = moment_of(event, start_s)
    return span.touches(start, moment_of(event, end_s))


async def _lock_clip(session: AsyncSession, clip_id: str) -> Clip | None:
    statement = select(Clip).where(Clip.id == clip_id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one_or_none()


def _is_done(clip: Clip) -> bool:
    return clip.state in (ClipState.ANALYZED, ClipState.FAILED) and clip.listening is not Listening.PENDING
