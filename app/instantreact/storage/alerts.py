"""Alerts: raised once per rule and event, answered by people, holding a cooldown while they reach somebody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, delete, exists, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from instantreact.domain.alert import AlertState, ChannelKind, DeliveryState, PartKind
from instantreact.errors import NotFound
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.paging import PAGE_SIZE, Cursor, between, nearest_end, newest_first
from instantreact.storage.tables import Alert, Delivery, DeliveryPart, Event, Recipient, Verdict

REACHING = (
    DeliveryState.PENDING,
    DeliveryState.HELD,
    DeliveryState.DIGESTED,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
)


_TAKEN = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)

_NEWS = ("digest", "follow_up", "answered", "doubted", "report", "reminder")
"""What the system keys of alerts begin with that nobody can answer."""

TRIAL = "trial"
"""What the system keys of those begin with by which somebody tries whether people are reached."""

PartsOf = Callable[[ChannelKind], Sequence[PartKind]]
"""What a delivery on a channel is made of."""


@dataclass(frozen=True)
class AlertFilter:
    """Which alerts: all conditions that are set hold. `since` is included, `until` is not.

    event_id  what they are about, or what became part of them
    """

    state: AlertState | None = None
    camera_id: str | None = None
    rule_id: str | None = None
    event_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def insert_or_find(
    session: AsyncSession, alert: Alert, *, recipients: Sequence[Recipient], parts_of: PartsOf
) -> tuple[Alert, bool]:
    """The alert of this rule and event (or system key), and whether it is new. Use what is returned.

    A new one comes with a pending delivery to each of `recipients`, made of its channel's parts in their order.
    """
    is_new = await insert_unless_there(session, alert)
    stored = (await session.scalars(with_deliveries(_same_alert(alert)))).one()
    if is_new:
        for recipient in recipients:
            stored.deliveries.append(_new_delivery(recipient, parts_of(recipient.channel), stored.raised_at))
        await session.flush()
    return stored, is_new


async def get_alert(session: AsyncSession, alert_id: str) -> Alert:
    """With its event, deliveries and their parts, as they are in the database now. Raises NotFound."""
    statement = with_incident(select(Alert).where(Alert.id == alert_id))
    alert = (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()
    if alert is None:
        raise NotFound("alert", alert_id)
    return alert


async def list_alerts(
    session: AsyncSession, wanted: AlertFilter, *, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> list[Alert]:
    """Newest first, with their events, deliveries and parts."""
    until, after = nearest_end(wanted.until, after)
    statement = with_incident(_narrow(select(Alert), replace(wanted, until=until)))
    return list(await session.scalars(newest_first(statement, Alert.raised_at, Alert.id, after=after, limit=limit)))


async def count_raised(session: AsyncSession, *, since: datetime) -> tuple[int, int]:
    """How many alerts rules raised since then, and how many of these nobody has answered."""
    statement = select(Alert.state, func.count()).where(Alert.raised_at >= since, Alert.system_key.is_(None))
    rows = await session.execute(statement.group_by(Alert.state))
    counts = {row[0]: row[1] for row in rows}
    return sum(counts.values()), counts.get(AlertState.RAISED, 0)


async def was_tried(session: AsyncSession) -> bool:
    """Whether a channel has taken an alert by which somebody tried whether people are reached."""
    of_trial = select(Alert.id).where(Alert.system_key.like(f"{TRIAL}:%"))
    return bool(
        await session.scalar(select(exists().where(Delivery.alert_id.in_(of_trial), Delivery.state.in_(_TAKEN))))
    )


async def lock_alert(session: AsyncSession, alert_id: str) -> Alert:
    """As `get_alert`; nobody else answers or escalates it until the transaction ends. Raises NotFound."""
    await session.execute(select(Alert.id).where(Alert.id == alert_id).with_for_update())
    return await get_alert(session, alert_id)


async def add_deliveries(
    session: AsyncSession, alert: Alert, recipients: Sequence[Recipient], *, parts_of: PartsOf, now: datetime
) -> list[Delivery]:
    """Pending ones of a locked alert, to those of `recipients` who have none yet."""
    known = {delivery.recipient_id for delivery in alert.deliveries}
    added = [_new_delivery(each, parts_of(each.channel), now) for each in recipients if each.id not in known]
    alert.deliveries += added
    await session.flush()
    return added


async def withhold_alert(session: AsyncSession, alert: Alert, why: str, *, by: str, now: datetime) -> None:
    """A locked alert of which nobody was told is told to nobody: it is dismissed, and holds no cooldown."""
    await session.execute(delete(Delivery).where(Delivery.alert_id == alert.id))
    alert.state, alert.answered_at, alert.answered_by, alert.untold_reason = AlertState.DISMISSED, now, by, why
    await session.flush()


async def get_alert_of(session: AsyncSession, delivery_id: str) -> Alert:
    """What a delivery tells of, without its deliveries. Raises NotFound."""
    statement = select(Alert).join(Delivery, Delivery.alert_id == Alert.id).where(Delivery.id == delivery_id)
    alert = (await session.scalars(statement)).one_or_none()
    if alert is None:
        raise NotFound("delivery", delivery_id)
    return alert


async def list_alerts_of_event(session: AsyncSession, event_id: str) -> list[Alert]:
    """Those that an event raised, with deliveries and parts."""
    return list(await session.scalars(with_incident(select(Alert).where(Alert.event_id == event_id))))


async def find_latest_told(session: AsyncSession, recipient_id: str, *, with_event: bool = False) -> Alert | None:
    """The alert that somebody was told of last, as `get_alert` gives it; `with_event`: that something was seen for.

    What asks for no answer (a digest, who answered, how things stand, a reminder) is none.
    """
    told = exists().where(Delivery.alert_id == Alert.id, Delivery.recipient_id == recipient_id)
    is_alert = [func.coalesce(Alert.system_key, "").not_like(f"{kind}:%") for kind in _NEWS]
    statement = (
        with_deliveries(select(Alert).where(told, *is_alert)).order_by(Alert.raised_at.desc(), Alert.id.desc()).limit(1)
    )
    if with_event:
        statement = statement.where(Alert.event_id.is_not(None))
    return (await session.scalars(statement)).one_or_none()


async def acknowledge_alert(session: AsyncSession, alert_id: str, *, by: str, now: datetime) -> Alert:
    """Somebody takes care. Only a raised alert changes; on any other the first answer stands. Raises NotFound."""
    return await _answer(session, alert_id, AlertState.ACKNOWLEDGED, (AlertState.RAISED,), by=by, now=now)


async def dismiss_alert(session: AsyncSession, alert_id: str, *, by: str, now: datetime) -> Alert:
    """A false alarm, which may also turn out after it was acknowledged. Otherwise the first answer stands.

    Raises NotFound.
    """
    answerable = (AlertState.RAISED, AlertState.ACKNOWLEDGED)
    return await _answer(session, alert_id, AlertState.DISMISSED, answerable, by=by, now=now)


async def find_alert_in_cooldown(
    session: AsyncSession, rule_id: str, event: Event, *, cooldown: timedelta, even_untold: bool = False
) -> Alert | None:
    """An alert of the rule whose cooldown covers `event`: on its camera, or on its upload where it has none.

    An alert holds its cooldown as long as one of its deliveries is pending, held or sent, or when it had nobody to
    tell (where all had muted it only with `even_untold`); it covers what was seen less than `cooldown` before or after
    what it was raised for, and what became part of it.
    """
    deliveries = select(Delivery.id).where(Delivery.alert_id == Alert.id)
    is_told = true() if even_untold else Alert.untold_reason.is_(None)
    reaching = deliveries.where(Delivery.state.in_(REACHING))
    statement = (
        select(Alert)
        .join(Verdict, Verdict.alert_id == Alert.id)
        .join(Event, Verdict.event_id == Event.id)
        .where(
            Verdict.rule_id == rule_id,
            or_(exists(reaching), and_(~exists(deliveries), is_told)),
            Event.id != event.id,
            Event.occurred_at > event.occurred_at - cooldown,
            Event.occurred_at < event.occurred_at + cooldown,
        )
        .order_by(Alert.raised_at.desc(), Alert.id.desc())
        .limit(1)
    )
    if event.camera_id is not None:
        statement = statement.where(Event.camera_id == event.camera_id)
    else:
        statement = statement.where(Event.clip_id == event.clip_id)
    return (await session.scalars(statement)).one_or_none()


async def _answer(
    session: AsyncSession,
    alert_id: str,
    answer: AlertState,
    answerable: tuple[AlertState, ...],
    *,
    by: str,
    now: datetime,
) -> Alert:
    statement = update(Alert).where(Alert.id == alert_id, Alert.state.in_(answerable))
    await session.execute(statement.values(state=answer, answered_at=now, answered_by=by))
    return await get_alert(session, alert_id)


def _same_alert(alert: Alert) -> Select[Alert]:
    if alert.system_key is not None:
        return select(Alert).where(Alert.system_key == alert.system_key)
    return select(Alert).where(Alert.rule_id == alert.rule_id, Alert.event_id == alert.event_id)


def with_deliveries(statement: Select[Alert]) -> Select[Alert]:
    """The same, and with each alert its event, deliveries and their parts."""
    delivery = selectinload(Alert.deliveries)
    return statement.options(
        selectinload(Alert.event), delivery.selectinload(Delivery.parts), delivery.selectinload(Delivery.recipient)
    )


def with_incident(statement: Select[Alert]) -> Select[Alert]:
    """As `with_deliveries`, and with each alert all that is part of it: where and when that was seen."""
    seen = selectinload(Alert.verdicts).joinedload(Verdict.event).load_only(Event.occurred_at, Event.camera_id)
    return with_deliveries(statement).options(seen)


def _new_delivery(recipient: Recipient, parts: Sequence[PartKind], now: datetime) -> Delivery:
    return Delivery(
        recipient=recipient,
        channel=recipient.channel,
        state=DeliveryState.PENDING,
        created_at=now,
        parts=[DeliveryPart(kind=kind, position=position) for position, kind in enumerate(parts)],
    )


def _narrow(statement: Select[Alert], wanted: AlertFilter) -> Select[Alert]:
    if wanted.state is not None:
        statement = statement.where(Alert.state == wanted.state)
    if wanted.camera_id is not None:
        statement = statement.where(Alert.camera_id == wanted.camera_id)
    if wanted.rule_id is not None:
        statement = statement.where(Alert.rule_id == wanted.rule_id)
    if wanted.event_id is not None:
        parts = select(Verdict.alert_id).where(Verdict.event_id == wanted.event_id, Verdict.alert_id.is_not(None))
        statement = statement.where(or_(Alert.event_id == wanted.event_id, Alert.id.in_(parts)))
    return between(statement, Alert.raised_at, wanted.since, wanted.until)
