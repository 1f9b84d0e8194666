"""What is kept of a span of a camera: which rows, and how many.

An event is in it that says something of it, be it one that began before. An evidence clip reaches beyond its event, and
an upload is one file: where only those touch the span, they go and the events stay.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import AlertState, DeliveryState
from instantreact.domain.erasure import ErasedCounts, ErasedKind, Span
from instantreact.storage.minutes import count_minutes
from instantreact.storage.tables import Alert, Clip, Delivery, Event, Utterance

LONGEST_EVENT = timedelta(minutes=5)
"""Live ones grow for a minute, and nobody is listened to for longer than that either."""

LONGEST_CLIP = timedelta(days=7)
"""From the first picture to the last of one file."""

LONGEST_EVIDENCE = timedelta(hours=1)
_EVIDENCE_BEFORE = timedelta(minutes=1)
"""So far an evidence clip may reach, where an earlier version has not written down how far it does."""

UNSENT = (DeliveryState.PENDING, DeliveryState.HELD)


def moment_of(event: Event, time_s: float) -> datetime:
    """When it was `time_s` on the clock of the event's footage."""
    return event.occurred_at + timedelta(seconds=time_s - event.start_s)


def reach_of(event: Event) -> tuple[datetime, datetime]:
    """From when to when the event says what was seen and heard, but for the words that led up to it.

    Words stand with the window in which they end, what was understood with that in which its utterance ends.
    """
    times = [(event.start_s, event.end_s)]
    if (transcript := event.observation.transcript) is not None:
        times += [(word.start_s, word.end_s) for word in transcript.words]
        for each in (*transcript.intents, *transcript.entities, *transcript.traits):
            if each.start_s is not None and each.end_s is not None:
                times.append((each.start_s, each.end_s))
    return moment_of(event, min(first for first, _ in times)), moment_of(event, max(last for _, last in times))


async def list_leading(session: AsyncSession, span: Span) -> list[Event]:
    """The events that began before the span and went on into it."""
    earlier = Event.occurred_at >= span.since - LONGEST_EVENT, Event.occurred_at < span.since
    found = select(Event).where(Event.camera_id == span.camera_id, *earlier).order_by(Event.occurred_at, Event.id)
    return [event for event in await session.scalars(found) if span.touches(*reach_of(event))]


def began_in(span: Span) -> ColumnElement[bool]:
    """Whether an event began in the span."""
    return and_(Event.camera_id == span.camera_id, Event.occurred_at >= span.since, Event.occurred_at < span.until)


def in_span(span: Span, leading: Sequence[Event]) -> ColumnElement[bool]:
    """Whether an event is in the span."""
    return or_(began_in(span), Event.id.in_([event.id for event in leading]))


def has_evidence_of(span: Span) -> ColumnElement[bool]:
    """Whether the evidence clip of an event shows something of the span."""
    near = Event.occurred_at >= span.since - LONGEST_EVIDENCE, Event.occurred_at < span.until + LONGEST_EVIDENCE
    known = Event.evidence_since < span.until, Event.evidence_until > span.since
    guessed = (
        Event.evidence_since.is_(None),
        Event.occurred_at > span.since - LONGEST_EVENT - _EVIDENCE_BEFORE,
        Event.occurred_at < span.until + _EVIDENCE_BEFORE,
    )
    shows = or_(and_(*known), and_(*guessed))
    return and_(Event.camera_id == span.camera_id, Event.evidence_key.is_not(None), *near, shows)


def is_outage_in(span: Span) -> ColumnElement[bool]:
    """Whether an alert tells of the camera itself, that it was lost or is back."""
    return and_(
        Alert.camera_id == span.camera_id,
        Alert.event_id.is_(None),
        Alert.raised_at >= span.since,
        Alert.raised_at < span.until,
    )


async def list_clips_in(session: AsyncSession, span: Span) -> list[str]:
    """The ids of the uploads that show something of the span."""
    began = func.coalesce(Clip.recorded_at, Clip.submitted_at, type_=Clip.submitted_at.type)
    columns = select(Clip.id, Clip.info, began.label("began")).where(Clip.camera_id == span.camera_id)
    near = columns.where(began >= span.since - LONGEST_CLIP, began < span.until).order_by(began, Clip.id)
    rows = await session.execute(near)
    return [
        clip_id
        for clip_id, info, start in rows
        if span.touches(start, start + timedelta(seconds=info.duration_s if info else 0.0))
    ]


async def list_sounds_in(session: AsyncSession, span: Span) -> list[Utterance]:
    """What was said in the span and is not recognised yet."""
    near = Utterance.ended_at > span.since, Utterance.ended_at < span.until + LONGEST_EVENT
    found = select(Utterance).where(Utterance.camera_id == span.camera_id, *near).order_by(Utterance.ended_at)
    return [each for each in await session.scalars(found) if span.touches(_began(each), each.ended_at)]


async def count_span(session: AsyncSession, span: Span) -> ErasedCounts:
    """How much is kept of the span."""
    leading = await list_leading(session, span)
    inside = in_span(span, leading)
    clips = select(func.count()).where(Clip.id.in_(await list_clips_in(session, span)), Clip.blob_key.is_not(None))
    counts = await count_events(session, inside)
    counts[ErasedKind.EVIDENCE] = await _count(session, select(func.count(Event.id)).where(has_evidence_of(span)))
    counts[ErasedKind.CLIPS] = await _count(session, clips)
    counts[ErasedKind.SOUNDS] = len(await list_sounds_in(session, span))
    counts[ErasedKind.MINUTES] = await count_minutes(session, span.camera_id, span.since, span.until)
    alerts = or_(Alert.event_id.in_(select(Event.id).where(inside)), is_outage_in(span))
    counts += await count_alerts(session, alerts)
    return +counts


async def count_events(session: AsyncSession, which: ColumnElement[bool]) -> Counter[ErasedKind]:
    """How many events, with how many pictures and evidence clips."""
    columns = func.count(), func.count(Event.snapshot_key), func.count(Event.evidence_key)
    row = (await session.execute(select(*columns).select_from(Event).where(which))).one()
    return Counter(dict(zip((ErasedKind.EVENTS, ErasedKind.PICTURES, ErasedKind.EVIDENCE), row, strict=True)))


async def count_alerts(session: AsyncSession, which: ColumnElement[bool]) -> Counter[ErasedKind]:
    """How many alerts, and deliveries of them."""
    alerts = select(func.count()).select_from(Alert).where(which)
    theirs = Delivery.alert_id.in_(select(Alert.id).where(which))
    return Counter(
        {
            ErasedKind.ALERTS: await _count(session, alerts),
            ErasedKind.UNANSWERED: await _count(session, alerts.where(Alert.state == AlertState.RAISED)),
            **await count_deliveries(session, theirs),
        }
    )


async def count_deliveries(session: AsyncSession, which: ColumnElement[bool]) -> Counter[ErasedKind]:
    """How many deliveries, and of these, how many that were not sent yet."""
    all_ = select(func.count()).select_from(Delivery).where(which)
    unsent = all_.where(Delivery.state.in_(UNSENT))
    return Counter(
        {ErasedKind.DELIVERIES: await _count(session, all_), ErasedKind.UNSENT: await _count(session, unsent)}
    )


async def _count(session: AsyncSession, statement: Select[int]) -> int:
    return await session.scalar(statement) or 0


def _began(utterance: Utterance) -> datetime:
    return utterance.started_at + timedelta(seconds=utterance.observation.window.start_s)
