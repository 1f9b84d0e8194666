"""Recipients, and the 24 hours after their last action in which Messenger lets us write."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind
from instantreact.domain.language import Language
from instantreact.domain.schedule import WeekSchedule
from instantreact.errors import Conflict, InvalidInput, NotFound
from instantreact.storage.confinement import WHOLE
from instantreact.storage.inserting import flush_or_conflict
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.rules import is_told_by_rule, refuse_while_named, refuse_while_on_call
from instantreact.storage.tables import ChannelSecret, Recipient, Rule


class RecipientChanges(TypedDict, total=False):
    """What may be changed of a recipient; what is left out stays."""

    name: str
    channel: ChannelKind
    address: str
    enabled: bool
    quiet_hours: WeekSchedule | None
    time_zone: str | None
    report_at: str | None
    fallback_id: str | None
    language: Language | None


async def insert_recipient(session: AsyncSession, recipient: Recipient) -> Recipient:
    """Raises Conflict when somebody is already reached at this address."""
    await _check_fallback(session, None, recipient.fallback_id)
    session.add(recipient)
    await flush_or_conflict(session, _taken(recipient))
    return recipient


async def update_recipient(session: AsyncSession, recipient_id: str, changes: RecipientChanges) -> Recipient:
    """Raises NotFound, and Conflict when somebody is already reached at the new address."""
    recipient = await get_recipient(session, recipient_id)
    await _check_fallback(session, recipient_id, changes.get("fallback_id"))
    reached_at = (recipient.channel, recipient.address)
    for name, value in changes.items():
        setattr(recipient, name, value)
    if (recipient.channel, recipient.address) != reached_at:
        recipient.window_open_until = recipient.unreachable_reason = None  # they were the old address's
        recipient.opted_in_at = recipient.opted_out_at = None
    await flush_or_conflict(session, _taken(recipient))
    return recipient


async def get_recipient(session: AsyncSession, recipient_id: str) -> Recipient:
    """Raises NotFound."""
    recipient = await session.get(Recipient, recipient_id)
    if recipient is None:
        raise NotFound("recipient", recipient_id)
    return recipient


async def lock_recipient(session: AsyncSession, recipient_id: str) -> Recipient:
    """The recipient as they are now, and stay until the transaction ends. Raises NotFound."""
    recipient = await session.get(Recipient, recipient_id, populate_existing=True, with_for_update=True)
    if recipient is None:
        raise NotFound("recipient", recipient_id)
    return recipient


async def find_recipient(session: AsyncSession, channel: ChannelKind, address: str) -> Recipient | None:
    """Who is reached at this address."""
    statement = select(Recipient).where(Recipient.channel == channel, Recipient.address == address)
    return (await session.scalars(statement)).one_or_none()


async def list_recipients(
    session: AsyncSession, *, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> list[Recipient]:
    """Newest first."""
    statement = newest_first(select(Recipient), Recipient.created_at, Recipient.id, after=after, limit=limit)
    return list(await session.scalars(statement))


async def list_recipients_to_tell(session: AsyncSession, ids: Sequence[str] | None) -> list[Recipient]:
    """The enabled recipients among `ids`, or all enabled ones for None, in the order they were added.

    Whoever opted out is not told.
    """
    wanted = select(Recipient).where(Recipient.enabled, Recipient.opted_out_at.is_(None))
    statement = wanted.order_by(Recipient.created_at, Recipient.id)
    if ids is not None:
        statement = statement.where(Recipient.id.in_(ids))
    return list(await session.scalars(statement))


async def list_addresses(session: AsyncSession, channel: ChannelKind) -> Sequence[str]:
    """Where those are told who are told on a channel."""
    told = await list_recipients_to_tell(session, None)
    return [recipient.address for recipient in told if recipient.channel == channel]


async def leave_without_fallback(session: AsyncSession, recipient_id: str) -> None:
    """Nobody falls back on this recipient any more."""
    falling = update(Recipient).where(Recipient.fallback_id == recipient_id)
    await session.execute(falling.values(fallback_id=None), execution_options=WHOLE)


async def list_reported_to(session: AsyncSession) -> list[Recipient]:
    """Those who want to know daily how things stand."""
    return list(await session.scalars(select(Recipient).where(Recipient.report_at.is_not(None))))


async def list_with_window(session: AsyncSession, *, until: datetime) -> list[Recipient]:
    """Those whose chat window is open at that moment, as far as is known."""
    return list(await session.scalars(select(Recipient).where(Recipient.window_open_until > until)))


async def would_be_told(session: AsyncSession, recipient: Recipient) -> bool:
    """Whether an alert may reach them: an enabled rule or one of its steps names them, or somebody's fallback does."""
    if not recipient.enabled or recipient.opted_out_at is not None:
        return False
    leading = select(Recipient.id).where(Recipient.fallback_id == recipient.id, Recipient.enabled)
    leading = leading.where(Recipient.opted_out_at.is_(None))
    others = list(await session.scalars(leading))
    return any([await is_told_by_rule(session, each) for each in (recipient.id, *others)])


async def delete_recipient(session: AsyncSession, recipient_id: str) -> None:
    """With all deliveries to them. Raises NotFound, and Conflict while a rule names them."""
    recipient = await get_recipient(session, recipient_id)
    await refuse_while_named(session, Rule.recipient_ids, recipient_id)
    await refuse_while_on_call(session, recipient_id)
    await leave_without_fallback(session, recipient_id)
    await session.delete(recipient)
    await session.flush()


async def list_recipients_of(session: AsyncSession, user_id: str, channel: ChannelKind) -> Sequence[Recipient]:
    """Those whom a user has added for themselves, the newest first."""
    theirs = select(Recipient).join(ChannelSecret, ChannelSecret.recipient_id == Recipient.id)
    theirs = theirs.where(ChannelSecret.user_id == user_id, ChannelSecret.channel == channel)
    return (await session.scalars(theirs.order_by(Recipient.created_at.desc(), Recipient.id))).all()


async def part_with(session: AsyncSession, recipient: Recipient, *, name: str, reason: str) -> None:
    """They go, with what reaches them; where a rule names them they stay, as somebody who is not reached."""
    try:
        await delete_recipient(session, recipient.id)
    except Conflict:
        await session.execute(delete(ChannelSecret).where(ChannelSecret.recipient_id == recipient.id))
        recipient.name, recipient.unreachable_reason = name, reason
        await session.flush()


async def open_chat_window(
    session: AsyncSession, recipient_id: str, *, acted_at: datetime, chat_window: timedelta | None
) -> Recipient:
    """The person did something at `acted_at`: they can be reached, and written to for their channel's chat window."""
    recipient = await lock_recipient(session, recipient_id)
    until = acted_at + chat_window if chat_window else None
    if until and (recipient.window_open_until is None or until > recipient.window_open_until):
        recipient.window_open_until = until
    recipient.unreachable_reason = None
    await session.flush()
    return recipient


async def close_chat_window(session: AsyncSession, recipient_id: str) -> None:
    """The channel says that this person's window is shut, whatever we thought."""
    recipient = await get_recipient(session, recipient_id)
    recipient.window_open_until = None
    await session.flush()


async def opt_in(session: AsyncSession, recipient_id: str, *, now: datetime) -> None:
    """The person wants to be told, whatever they said before."""
    recipient = await lock_recipient(session, recipient_id)
    recipient.opted_in_at, recipient.opted_out_at = now, None
    await session.flush()


async def opt_out(session: AsyncSession, recipient_id: str, *, now: datetime) -> None:
    """The person wants to be told no more."""
    recipient = await lock_recipient(session, recipient_id)
    recipient.opted_out_at = recipient.opted_out_at or now
    await session.flush()


async def mark_unreachable(session: AsyncSession, recipient_id: str, reason: str) -> Recipient:
    """The channel does not reach this person (blocked us, left) until they act again, or it does after all."""
    recipient = await get_recipient(session, recipient_id)
    recipient.unreachable_reason = reason
    await session.flush()
    return recipient


async def mark_reached(session: AsyncSession, recipient_id: str) -> None:
    """The channel took something for them."""
    recipient = await get_recipient(session, recipient_id)
    recipient.unreachable_reason = None
    await session.flush()


def _taken(recipient: Recipient) -> str:
    return f"Somebody is already reached at this {recipient.channel} address."


async def _check_fallback(session: AsyncSession, recipient_id: str | None, fallback_id: str | None) -> None:
    if fallback_id is None:
        return
    if fallback_id == recipient_id or await session.get(Recipient, fallback_id) is None:
        raise InvalidInput(f"There is no recipient {fallback_id} to fall back on.")
