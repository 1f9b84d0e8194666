"""Incidents: what rules found at one place within a short time is one alert, and people are told when it grows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import AlertState
from instantreact.domain.verdict import Outcome
from instantreact.storage.alerts import with_deliveries
from instantreact.storage.tables import Alert, Camera, Clip, Event, Rule, Site, Verdict

LONGEST = timedelta(minutes=30)
"""What was seen later than so long after an incident began is a new one, with an alert that asks for an answer."""

PARTS = (Outcome.RAISED, Outcome.GROUPED)
"""What is part of an incident."""


@dataclass(frozen=True)
class Place:
    """Where things happen together: a site, a camera of none, or a clip of no camera."""

    site_id: str | None
    camera_id: str | None
    clip_id: str | None

    @property
    def holds(self) -> ColumnElement[bool]:
        """Of events: whether they were there."""
        if self.site_id is not None:
            return Event.camera_id.in_(select(Camera.id).where(Camera.site_id == self.site_id))
        if self.camera_id is not None:
            return Event.camera_id == self.camera_id
        return Event.clip_id == self.clip_id


@dataclass(frozen=True)
class Sighting:
    """One part of an incident: which rule held, where, when, how surely, and whether people know."""

    event_id: str
    rule_id: str
    rule: str
    camera_id: str | None
    camera: str | None
    occurred_at: datetime
    caption: str
    snapshot_key: str | None
    score: float
    is_told: bool


@dataclass(frozen=True, eq=False)
class Released:
    """That a rule held for an event, which is to be told after all; the name of its camera, if it has one."""

    rule_id: str
    event: Event
    camera: str | None


async def lock_place(session: AsyncSession, event: Event) -> Place:
    """Hold the place of an event until the transaction ends: of two events there at once one waits for the other."""
    site_id = None
    if event.camera_id is not None:
        site_id = await session.scalar(select(Camera.site_id).where(Camera.id == event.camera_id))
    place = Place(site_id, event.camera_id, event.clip_id)
    table, key = next((table, key) for table, key in _rows(place) if key is not None)
    # Weak enough not to wait for those who only refer to the row, as whoever files an event does.
    await session.execute(select(table.id).where(table.id == key).with_for_update(key_share=True))
    return place


async def list_open(session: AsyncSession, place: Place, event: Event, *, within: timedelta) -> Sequence[Alert]:
    """The alerts of rules that an event may be part of, with deliveries, the newest first.

    Part of each was seen there less than `within` before or after the event, nobody has called it a false alarm, and
    it did not begin too long before.
    """
    near = (
        select(Verdict.alert_id)
        .join(Event, Verdict.event_id == Event.id)
        .where(
            Verdict.outcome.in_(PARTS),
            place.holds,
            Event.occurred_at > event.occurred_at - within,
            Event.occurred_at < event.occurred_at + within,
        )
    )
    began = select(Event.id).where(Event.occurred_at > event.occurred_at - LONGEST)
    statement = (
        with_deliveries(select(Alert))
        .where(Alert.id.in_(near), Alert.state != AlertState.DISMISSED, Alert.event_id.in_(began))
        .order_by(Alert.raised_at.desc(), Alert.id.desc())
    )
    return (await session.scalars(statement)).all()


async def list_grouped(session: AsyncSession, event_id: str) -> Collection[str]:
    """The rules whose holding for the event is part of an alert that was raised before."""
    grouped = select(Verdict.rule_id).where(Verdict.event_id == event_id, Verdict.outcome == Outcome.GROUPED)
    return set(await session.scalars(grouped))


async def list_rule_ids(session: AsyncSession, alert_id: str) -> Collection[str]:
    """The rules that hold in an incident."""
    return set(await session.scalars(select(Verdict.rule_id).where(Verdict.alert_id == alert_id).distinct()))


async def list_sightings(session: AsyncSession, alert_id: str) -> list[Sighting]:
    """All of an incident, in the order in which it was seen."""
    statement = (
        select(
            Event.id,
            Rule.id,
            Rule.name,
            Event.camera_id,
            Camera.name,
            Event.occurred_at,
            Event.caption,
            Event.snapshot_key,
            Verdict.score,
            Verdict.is_told,
        )
        .select_from(Verdict)
        .join(Event, Verdict.event_id == Event.id)
        .join(Rule, Verdict.rule_id == Rule.id)
        .outerjoin(Camera, Event.camera_id == Camera.id)
        .where(Verdict.alert_id == alert_id)
        .order_by(Event.occurred_at, Event.id, Rule.id)
    )
    return [Sighting(*row[:8], row[8] or 0.0, row[9]) for row in await session.execute(statement)]


def find_unheard(seen: Sequence[Sighting]) -> list[Sighting]:
    """Those of an incident that nobody was told of, of another rule or camera than any that people were told of."""
    known = [each for each in seen if each.is_told]
    rule_ids, camera_ids = {each.rule_id for each in known}, {each.camera_id for each in known}
    return [
        each for each in seen if not each.is_told and (each.rule_id not in rule_ids or each.camera_id not in camera_ids)
    ]


async def mark_told(session: AsyncSession, alert_id: str, event_ids: Collection[str]) -> None:
    """No follow-up has to tell of these parts any more."""
    of_these = Verdict.alert_id == alert_id, Verdict.event_id.in_(event_ids)
    await session.execute(update(Verdict).where(*of_these).values(is_told=True))


async def release_untold(session: AsyncSession, alert: Alert) -> list[Released]:
    """What is part of an alert, of another rule or camera than anything that people were told of; it is no more."""
    untold = {(each.event_id, each.rule_id) for each in find_unheard(await list_sightings(session, alert.id))}
    theirs = and_(Verdict.alert_id == alert.id, tuple_(Verdict.event_id, Verdict.rule_id).in_(untold))
    return await _take_back(session, theirs, theirs) if untold else []


async def release(session: AsyncSession, alert: Alert, place: Place) -> list[Released]:
    """What an alert that nobody is told of had kept from people since it was raised, the first first.

    That is what had become part of it, which it is no more, and what the cooldowns of its rules suppressed there. The
    caller holds the place.
    """
    rule_ids = list(await list_rule_ids(session, alert.id))
    grouped = and_(Verdict.alert_id == alert.id, Verdict.outcome == Outcome.GROUPED)
    cooled = and_(
        Verdict.outcome == Outcome.COOLDOWN,
        Verdict.rule_id.in_(rule_ids),
        Verdict.decided_at >= alert.raised_at,
        place.holds,
    )
    return await _take_back(session, or_(grouped, cooled), grouped)


async def release_orphans(session: AsyncSession, event: Event) -> list[Released]:
    """What holds for an event, was part of an alert that is gone, and was not told; it is part of none any more."""
    orphaned = and_(
        Verdict.event_id == event.id,
        Verdict.outcome == Outcome.GROUPED,
        Verdict.alert_id.is_(None),
        Verdict.is_told.is_(False),
    )
    return await _take_back(session, orphaned, orphaned)


async def _take_back(
    session: AsyncSession, released: ColumnElement[bool], parts: ColumnElement[bool]
) -> list[Released]:
    """Those verdicts' rules and events, the first first; the verdicts that were `parts` of an alert go."""
    statement = (
        select(Verdict.rule_id, Event, Camera.name)
        .select_from(Verdict)
        .join(Event, Verdict.event_id == Event.id)
        .outerjoin(Camera, Event.camera_id == Camera.id)
        .where(released)
        .order_by(Event.occurred_at, Event.id)
    )
    found = [Released(*row) for row in await session.execute(statement)]
    await session.execute(delete(Verdict).where(parts))
    return found


def _rows(place: Place) -> tuple[tuple[type[Site | Camera | Clip], str | None], ...]:
    return (Site, place.site_id), (Camera, place.camera_id), (Clip, place.clip_id)
