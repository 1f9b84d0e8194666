"""Reads what is kept of a span of a camera, or of a person, the oldest first."""

from collections.abc import AsyncIterator
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from instantreact.domain.erasure import Person, Span
from instantreact.domain.minutes import Minute, minute_of, start_of
from instantreact.storage.alerts import with_incident
from instantreact.storage.clips import find_clip
from instantreact.storage.database import Database
from instantreact.storage.minutes import find_first_minute, list_minutes
from instantreact.storage.people import acts_of, answers_of, mutes_of
from instantreact.storage.reading import read_in_order
from instantreact.storage.spans import in_span, is_outage_in, list_clips_in, list_leading
from instantreact.storage.tables import Alert, AuditEntry, Clip, Delivery, Event, Mute

_MINUTES_AT_ONCE = timedelta(days=7)


async def read_events(database: Database, span: Span) -> AsyncIterator[Event]:
    """Of the span, with those that went on into it."""
    async with database.reading() as session:
        leading = await list_leading(session, span)
    async for event in read_in_order(
        database, select(Event).where(in_span(span, leading)), Event.occurred_at, Event.id
    ):
        yield event


async def read_alerts(database: Database, span: Span) -> AsyncIterator[Alert]:
    """About these events and the camera itself, with their deliveries."""
    async with database.reading() as session:
        leading = await list_leading(session, span)
    about = Alert.event_id.in_(select(Event.id).where(in_span(span, leading)))
    found = with_incident(select(Alert).where(or_(about, is_outage_in(span))))
    async for alert in read_in_order(database, found, Alert.raised_at, Alert.id):
        yield alert


async def read_clips(database: Database, span: Span) -> AsyncIterator[Clip]:
    """Uploads that show something of it."""
    async with database.reading() as session:
        clip_ids = await list_clips_in(session, span)
    for clip_id in clip_ids:
        async with database.reading() as session:
            clip = await find_clip(session, clip_id)
        if clip is not None:
            yield clip


async def read_minutes(database: Database, span: Span) -> AsyncIterator[tuple[int, Minute]]:
    """What is known of the minutes that have a part in it, some days in each transaction."""
    async with database.reading() as session:
        first = await find_first_minute(session, span.camera_id)
    if first is None:
        return
    since = start_of(max(minute_of(span.since), first))
    while since < span.until:
        until = min(span.until, since + _MINUTES_AT_ONCE)
        async with database.reading() as session:
            some = await list_minutes(session, span.camera_id, since, until)
        for each in some.items():
            yield each
        since = until


def read_sent(database: Database, person: Person) -> AsyncIterator[Delivery]:
    """What a recipient was sent, or is to be, with the alerts."""
    theirs = select(Delivery).where(Delivery.recipient_id == person.recipient_id)
    alert = selectinload(Delivery.alert)
    found = theirs.options(
        selectinload(Delivery.parts), selectinload(Delivery.recipient), alert.selectinload(Alert.event)
    )
    return read_in_order(database, found, Delivery.created_at, Delivery.id)


def read_muted(database: Database, person: Person) -> AsyncIterator[Mute]:
    """What they have muted, or is muted for them."""
    return read_in_order(database, select(Mute).where(mutes_of(person)), Mute.created_at, Mute.id)


def read_answered(database: Database, person: Person) -> AsyncIterator[Alert]:
    """The alerts that they answered."""
    return read_in_order(database, select(Alert).where(answers_of(person)), Alert.raised_at, Alert.id)


def read_acts(database: Database, person: Person) -> AsyncIterator[AuditEntry]:
    """What the audit log knows that they did."""
    return read_in_order(database, select(AuditEntry).where(acts_of(person)), AuditEntry.at, AuditEntry.id)
