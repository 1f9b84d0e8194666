"""A day of a camera, as its timeline is drawn: read by indexes, and of events and alerts only what is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import JSON, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import AlertState
from instantreact.domain.happening import Happening
from instantreact.domain.minutes import Gap, Minute, Span, find_gaps, minute_of, start_of, touched_minutes
from instantreact.domain.rule import Severity
from instantreact.storage.minutes import find_first_minute, list_minutes, list_pauses
from instantreact.storage.paging import between, newest_first
from instantreact.storage.tables import Alert, Camera, Event

_SEVERITIES = list(Severity)


class EventMark(NamedTuple):
    """An event; of its alerts the most severe one, if there is any."""

    id: str
    occurred_at: datetime
    duration_s: float
    caption: str
    has_snapshot: bool
    has_evidence: bool
    severity: Severity | None = None
    alert_id: str | None = None


class AlertMark(NamedTuple):
    """An alert."""

    id: str
    event_id: str | None
    rule_id: str | None
    raised_at: datetime
    state: AlertState
    happening: Happening


@dataclass(frozen=True)
class DayLimits:
    """How many events and alerts of a day are read at most."""

    events: int
    alerts: int


@dataclass(frozen=True)
class CameraDay:
    """What is known of a day of a camera, events and alerts the newest first.

    as_of       until when minutes and gaps are told
    known_from  when the first minute began of which something is kept
    minutes     by their numbers, and so is how many events occurred in each
    """

    span: Span
    as_of: datetime
    known_from: datetime | None
    minutes: Mapping[int, Minute]
    event_counts: Mapping[int, int]
    gaps: Sequence[Gap]
    events: Sequence[EventMark]
    alerts: Sequence[AlertMark]

    @property
    def passed(self) -> range:
        """The numbers of the minutes that are told of."""
        return touched_minutes(self.span[0], self.as_of)


async def read_day(
    session: AsyncSession, camera: Camera, span: Span, *, as_of: datetime, limits: DayLimits
) -> CameraDay:
    """All of a camera's day from when it begins to when it ends, as far as it has passed."""
    since, until = span
    as_of = max(since, min(until, as_of))
    minutes = await list_minutes(session, camera.id, since, as_of)
    first = await find_first_minute(session, camera.id)
    pauses = [(since, max(since, camera.created_at)), *await list_pauses(session, camera.id, since, as_of)]
    return CameraDay(
        span,
        as_of,
        None if first is None else start_of(first),
        minutes,
        await _count_events(session, camera.id, span),
        find_gaps(minutes, since, as_of, pauses),
        await _list_events(session, camera.id, span, limit=limits.events),
        await _list_alerts(session, camera.id, span, limit=limits.alerts),
    )


async def _list_events(session: AsyncSession, camera_id: str, span: Span, *, limit: int) -> Sequence[EventMark]:
    columns = Event.id, Event.occurred_at, Event.end_s - Event.start_s, Event.caption
    files = Event.snapshot_key.is_not(None), Event.evidence_key.is_not(None)
    shown = between(select(*columns, *files).where(Event.camera_id == camera_id), Event.occurred_at, *span)
    rows = (await session.execute(newest_first(shown, Event.occurred_at, Event.id, after=None, limit=limit))).all()
    alerted = await _find_most_severe(session, camera_id, (rows[-1].occurred_at, span[1])) if rows else {}
    return [EventMark(*row, *alerted.get(row.id, ())) for row in rows]


async def _count_events(session: AsyncSession, camera_id: str, span: Span) -> Mapping[int, int]:
    on_postgres = session.get_bind().dialect.name == "postgresql"
    # SQLite has times as texts, and is faster at taking their beginning than at reading them.
    minute = func.date_trunc("minute", Event.occurred_at) if on_postgres else func.substr(Event.occurred_at, 1, 16)
    counted = between(select(minute, func.count()).where(Event.camera_id == camera_id), Event.occurred_at, *span)
    found = (await session.execute(counted.group_by(minute))).all()
    return {minute_of(at if on_postgres else datetime.fromisoformat(f"{at}+00:00")): number for at, number in found}


async def _list_alerts(session: AsyncSession, camera_id: str, span: Span, *, limit: int) -> Sequence[AlertMark]:
    columns = Alert.id, Alert.event_id, Alert.rule_id, Alert.raised_at, Alert.state, Alert.happening
    shown = between(select(*columns).where(Alert.camera_id == camera_id), Alert.raised_at, *span)
    rows = await session.execute(newest_first(shown, Alert.raised_at, Alert.id, after=None, limit=limit))
    return [AlertMark(*row) for row in rows]


async def _find_most_severe(session: AsyncSession, camera_id: str, span: Span) -> Mapping[str, tuple[Severity, str]]:
    """The severity and id of an alert of each event within the span that has any, whenever it was raised."""
    severity = type_coerce(Alert.happening, JSON)["severity"].as_string()
    alerts = select(Alert.event_id, severity, Alert.id).join(Event, Alert.event_id == Event.id)
    alerts = between(alerts.where(Event.camera_id == camera_id), Event.occurred_at, *span)
    found: dict[str, tuple[Severity, str]] = {}
    for event_id, told, alert_id in await session.execute(alerts.order_by(Alert.raised_at, Alert.id)):
        new, known = Severity(told), found.get(str(event_id))
        if known is None or _SEVERITIES.index(new) > _SEVERITIES.index(known[0]):
            found[str(event_id)] = new, alert_id
    return found
