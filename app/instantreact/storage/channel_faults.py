"""Channels on which nothing goes out until somebody repairs them: since when, and why."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.tables import ChannelFault


async def note_fault(
    session: AsyncSession, channel: ChannelKind, reason: str, *, now: datetime, by_trial: bool = False
) -> bool:
    """The channel is broken, for this reason, as a delivery found out or a check; whether that is news.

    No delivery may try it any more.
    """
    is_new = await insert_unless_there(session, ChannelFault(channel=channel, since=now, reason=reason, is_over=False))
    fault = await lock_fault(session, channel)
    if fault is not None:
        fault.reason, fault.trial_id, fault.is_over = reason, None, False
        if by_trial:
            fault.tried_at = now
        await session.flush()
    return is_new


async def find_fault(session: AsyncSession, channel: ChannelKind) -> ChannelFault | None:
    """What is wrong with the channel; None where nothing is known to be."""
    return await session.get(ChannelFault, channel, populate_existing=True)


async def lock_fault(session: AsyncSession, channel: ChannelKind) -> ChannelFault | None:
    """The same, locked until this transaction ends."""
    return await session.get(ChannelFault, channel, populate_existing=True, with_for_update=True)


async def list_faults(session: AsyncSession) -> list[ChannelFault]:
    """Of every channel that is broken."""
    return list(await session.scalars(select(ChannelFault).order_by(ChannelFault.channel)))


async def forget_fault(session: AsyncSession, channel: ChannelKind) -> None:
    """The channel works again."""
    await session.execute(delete(ChannelFault).where(ChannelFault.channel == channel))
