"""Deliveries and their parts: what was tried, what the channel answered, what the person saw."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from instantreact.domain.alert import ChannelKind, DeliveryState, PartKind, Receipt
from instantreact.errors import NotFound
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.tables import Alert, Delivery, DeliveryPart

ACCEPTED = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)


def derive_state(parts: Sequence[DeliveryState]) -> DeliveryState:
    """Where a delivery stands, from its parts in order.

    While one part waits to be sent, so does the delivery. After that the first part, the text, speaks for it:
    a person who got the sentence without the picture was told.
    """
    return DeliveryState.PENDING if DeliveryState.PENDING in parts else parts[0]


async def get_delivery(session: AsyncSession, delivery_id: str) -> Delivery:
    """With its parts, recipient, alert and the alert's event, as they are in the database now. Raises NotFound."""
    found = await find_deliveries(session, [delivery_id])
    if not found:
        raise NotFound("delivery", delivery_id)
    return found[delivery_id]


async def find_deliveries(session: AsyncSession, delivery_ids: Sequence[str]) -> dict[str, Delivery]:
    """Those that are there, by their ids, each as `get_delivery` gives it."""
    statement = (
        select(Delivery)
        .where(Delivery.id.in_(delivery_ids))
        .options(
            selectinload(Delivery.parts),
            selectinload(Delivery.recipient),
            selectinload(Delivery.alert).selectinload(Alert.event),
        )
    )
    found = await session.scalars(statement, execution_options={"populate_existing": True})
    return {delivery.id: delivery for delivery in found}


async def list_deliveries_of(
    session: AsyncSession,
    recipient_id: str,
    *,
    state: DeliveryState | None = None,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
) -> list[Delivery]:
    """What a recipient was told or is to be, newest first, with parts and alerts; in one state if asked."""
    wanted = select(Delivery).where(Delivery.recipient_id == recipient_id)
    wanted = wanted.options(selectinload(Delivery.parts), selectinload(Delivery.alert))
    if state is not None:
        wanted = wanted.where(Delivery.state == state)
    statement = newest_first(wanted, Delivery.created_at, Delivery.id, after=after, limit=limit)
    return list(await session.scalars(statement))


def pending_ids(channel: ChannelKind) -> Select[str]:
    """A query for the deliveries that wait to be sent on a channel, oldest first."""
    waiting = select(Delivery.id).where(Delivery.channel == channel, Delivery.state == DeliveryState.PENDING)
    return waiting.order_by(Delivery.created_at, Delivery.id)


async def is_pending(session: AsyncSession, alert_id: str, recipient_id: str) -> bool:
    """Whether an alert is still to be sent to somebody."""
    theirs = Delivery.alert_id == alert_id, Delivery.recipient_id == recipient_id
    return (await session.scalar(select(Delivery.state).where(*theirs))) is DeliveryState.PENDING


async def find_trial(session: AsyncSession, channel: ChannelKind, *, but: str | None) -> str | None:
    """The delivery that is to find out whether a channel works: of those that wait, the one tried least, oldest first.

    `but` is the one that found out last: another one goes first, since its own person may be to blame.
    """
    waiting = pending_ids(channel).join(DeliveryPart, DeliveryPart.delivery_id == Delivery.id)
    least = waiting.group_by(Delivery.id, Delivery.created_at).order_by(None)
    ranked = least.order_by(Delivery.id == but, func.sum(DeliveryPart.attempts), Delivery.created_at, Delivery.id)
    return (await session.scalars(ranked.limit(1))).first()


async def start_attempts(session: AsyncSession, part_ids: Sequence[str], *, now: datetime) -> None:
    """Count a try of each, before the channel is asked."""
    statement = update(DeliveryPart).where(DeliveryPart.id.in_(part_ids))
    counted = statement.values(attempts=DeliveryPart.attempts + 1, tried_since=now)
    await session.execute(counted.execution_options(synchronize_session=False))


async def mark_parts_sent(session: AsyncSession, receipts: Mapping[str, Receipt]) -> set[str]:
    """The channel accepted these parts, as its answers or echoes say; a second time changes nothing.

    `receipts` are by the parts' ids; returns the ids of those that are there.
    """
    rows = await lock_part_rows(session, receipts)
    news = [
        {
            "id": part_id,
            "state": DeliveryState.SENT,
            "error": None,
            "tried_since": None,
            "message_id": receipts[part_id].message_id,
            "sent_at": receipts[part_id].accepted_at,
        }
        for part_id, _, state in rows
        if state not in ACCEPTED
    ]
    if news:
        await session.execute(update(DeliveryPart), news)
        written = {row["id"] for row in news}
        await _refresh(session, sorted({delivery_id for part_id, delivery_id, _ in rows if part_id in written}))
    return {part_id for part_id, _, _ in rows}


async def lock_part_rows(session: AsyncSession, part_ids: Collection[str]) -> Sequence[Row[str, str, DeliveryState]]:
    """Of each part its id, its delivery's and its state, locked by their ids until this transaction ends."""
    statement = select(DeliveryPart.id, DeliveryPart.delivery_id, DeliveryPart.state)
    statement = statement.where(DeliveryPart.id.in_(part_ids)).order_by(DeliveryPart.id).with_for_update()
    return (await session.execute(statement)).all()


async def mark_part_failed(session: AsyncSession, part_id: str, state: DeliveryState, error: str) -> None:
    """The part is not sent: pending (tried again later), held, refused or buried. An accepted part stays accepted."""
    part = await _get_part(session, part_id)
    if part.state in ACCEPTED:
        return
    part.state, part.error, part.tried_since = state, error, None
    await _refresh(session, [part.delivery_id])


async def fail_delivery(session: AsyncSession, delivery_id: str, state: DeliveryState, error: str) -> None:
    """Every part that still waits is held, refused or buried."""
    for part in await _lock_parts(session, delivery_id):
        if part.state is DeliveryState.PENDING:
            part.state, part.error, part.tried_since = state, error, None
    await _refresh(session, [delivery_id])


async def reopen_delivery(session: AsyncSession, delivery_id: str) -> None:
    """Held and buried parts wait to be sent again; what the channel accepted or refused stays."""
    await _reopen(session, delivery_id, (DeliveryState.HELD, DeliveryState.BURIED))


async def retry_delivery(session: AsyncSession, delivery_id: str) -> bool:
    """Whatever was not sent waits to be sent again, what the channel refused as well; whether there is anything."""
    return await _reopen(session, delivery_id, (DeliveryState.HELD, DeliveryState.BURIED, DeliveryState.REFUSED))


async def _reopen(session: AsyncSession, delivery_id: str, states: Collection[DeliveryState]) -> bool:
    found = [part for part in await _lock_parts(session, delivery_id) if part.state in states]
    for part in found:
        part.state = DeliveryState.PENDING
    await _refresh(session, [delivery_id])
    return bool(found)


async def list_held(session: AsyncSession, recipient_id: str) -> list[str]:
    """The ids of the recipient's deliveries that have a part held until they write to us, oldest first."""
    held = select(DeliveryPart.delivery_id).where(DeliveryPart.state == DeliveryState.HELD)
    statement = select(Delivery.id).where(Delivery.recipient_id == recipient_id, Delivery.id.in_(held))
    return list(await session.scalars(statement.order_by(Delivery.created_at, Delivery.id)))


async def list_kept(session: AsyncSession, recipient_id: str) -> Sequence[Delivery]:
    """The recipient's deliveries of which nothing was sent, held until they can be told, oldest first, with alerts."""
    statement = select(Delivery).where(Delivery.recipient_id == recipient_id, Delivery.state == DeliveryState.HELD)
    whole = selectinload(Delivery.alert).selectinload(Alert.event)
    return (await session.scalars(statement.options(whole).order_by(Delivery.created_at, Delivery.id))).all()


async def list_lacking(session: AsyncSession, recipient_id: str) -> Sequence[Delivery]:
    """The recipient's deliveries whose text was sent, and whose picture is held; the newest first."""
    held = select(DeliveryPart.delivery_id).where(DeliveryPart.state == DeliveryState.HELD)
    theirs = Delivery.recipient_id == recipient_id, Delivery.state != DeliveryState.HELD, Delivery.id.in_(held)
    statement = select(Delivery).where(*theirs).order_by(Delivery.created_at.desc(), Delivery.id.desc())
    return (await session.scalars(statement)).all()


async def was_told(session: AsyncSession, delivery_id: str) -> bool:
    """Whether the channel took a part of it."""
    taken = select(DeliveryPart.id).where(DeliveryPart.delivery_id == delivery_id, DeliveryPart.state.in_(ACCEPTED))
    return await session.scalar(taken.limit(1)) is not None


async def give_up_held(session: AsyncSession, delivery_id: str, why: str) -> None:
    """What is held of it is not sent any more."""
    for part in await _lock_parts(session, delivery_id):
        if part.state is DeliveryState.HELD:
            part.state, part.error = DeliveryState.REFUSED, why
    await _refresh(session, [delivery_id])


async def mark_digested(session: AsyncSession, delivery_ids: Sequence[str], why: str) -> None:
    """What was held of these is told in a digest."""
    held = DeliveryPart.delivery_id.in_(delivery_ids), DeliveryPart.state == DeliveryState.HELD
    await session.execute(update(DeliveryPart).where(*held).values(state=DeliveryState.DIGESTED, error=why))
    await _refresh(session, delivery_ids)


async def count_told(session: AsyncSession, recipient_id: str, *, since: datetime) -> int:
    """How many alerts the recipient has been sent since then."""
    return (await count_told_each(session, [recipient_id], since=since)).get(recipient_id, 0)


async def count_told_each(
    session: AsyncSession, recipient_ids: Collection[str], *, since: datetime
) -> Mapping[str, int]:
    """`count_told` of several, by their ids; those who were told nothing are not there."""
    told = select(Delivery.recipient_id, func.count()).join(DeliveryPart, DeliveryPart.delivery_id == Delivery.id)
    here = Delivery.recipient_id.in_(recipient_ids), DeliveryPart.kind == PartKind.TEXT, DeliveryPart.sent_at > since
    return dict(iter(await session.execute(told.where(*here).group_by(Delivery.recipient_id))))


async def mark_delivered(
    session: AsyncSession, recipient_id: str, *, message_ids: Sequence[str] = (), watermark: datetime | None = None
) -> None:
    """The messages named, and those sent up to `watermark`, reached the person's device."""
    seen: ColumnElement[bool] = DeliveryPart.message_id.in_(message_ids)
    if watermark is not None:
        seen = or_(seen, DeliveryPart.sent_at <= watermark)
    await _advance(session, recipient_id, seen, (DeliveryState.SENT,), DeliveryState.DELIVERED)


async def mark_read(session: AsyncSession, recipient_id: str, *, watermark: datetime) -> None:
    """The person read what was sent up to `watermark`."""
    seen = DeliveryPart.sent_at <= watermark
    await _advance(session, recipient_id, seen, (DeliveryState.SENT, DeliveryState.DELIVERED), DeliveryState.READ)


async def _advance(
    session: AsyncSession,
    recipient_id: str,
    seen: ColumnElement[bool],
    before: tuple[DeliveryState, ...],
    after: DeliveryState,
) -> None:
    theirs = select(Delivery.id).where(Delivery.recipient_id == recipient_id)
    statement = (
        update(DeliveryPart)
        .where(DeliveryPart.delivery_id.in_(theirs), DeliveryPart.state.in_(before), seen)
        .values(state=after)
        .returning(DeliveryPart.delivery_id)
        .execution_options(synchronize_session=False)
    )
    changed = set((await session.execute(statement)).scalars())
    await _refresh(session, sorted(changed))


async def _get_part(session: AsyncSession, part_id: str) -> DeliveryPart:
    part = await session.get(DeliveryPart, part_id, populate_existing=True, with_for_update=True)
    if part is None:
        raise NotFound("delivery part", part_id)
    return part


async def _lock_parts(session: AsyncSession, delivery_id: str) -> Sequence[DeliveryPart]:
    """Raises NotFound for a delivery that is gone."""
    statement = select(DeliveryPart).where(DeliveryPart.delivery_id == delivery_id).order_by(DeliveryPart.position)
    options = {"populate_existing": True}
    parts = (await session.scalars(statement.with_for_update(), execution_options=options)).all()
    if not parts:
        raise NotFound("delivery", delivery_id)
    return parts


async def _refresh(session: AsyncSession, delivery_ids: Sequence[str]) -> None:
    await session.flush()
    # Who changes another part at the same time waits here, and sees this one's.
    locked = select(Delivery.id, Delivery.state).where(Delivery.id.in_(delivery_ids)).order_by(Delivery.id)
    before = dict(iter(await session.execute(locked.with_for_update())))
    statement = select(DeliveryPart.delivery_id, DeliveryPart.state).where(DeliveryPart.delivery_id.in_(delivery_ids))
    parts: dict[str, list[DeliveryState]] = {}
    for delivery_id, state in await session.execute(statement.order_by(DeliveryPart.position)):
        parts.setdefault(delivery_id, []).append(state)
    changed: dict[DeliveryState, list[str]] = {}
    for delivery_id, states in parts.items():
        if (state := derive_state(states)) is not before.get(delivery_id):
            changed.setdefault(state, []).append(delivery_id)
    for state, ids in changed.items():
        await session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(state=state))
