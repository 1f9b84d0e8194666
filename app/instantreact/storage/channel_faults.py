"""Channels on which nothing goes out until they work: since when, and why.

What fails for the moment is counted first: see MOST_FAILURES.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.tables import ChannelFault

MOST_FAILURES = 8
"""So many in a row, with nothing that got through, are no bad luck: with one try in four failing, that is one row in
sixty thousand."""

SHORTEST = timedelta(minutes=1)
"""And they last so long at least: what waits for one channel fails within the same second when that blinks."""

FORGOTTEN = timedelta(hours=1)
"""After so long without another failure the next one is the first of its row."""


async def count_failure(session: AsyncSession, channel: ChannelKind, reason: str, *, now: datetime) -> bool:
    """The channel failed whoever was to be told; whether it counts as broken from now on."""
    row = ChannelFault(channel=channel, since=now, reason=reason, is_over=False, failures=0, is_open=False)
    await insert_unless_there(session, row)
    fault = await _lock(session, channel)
    if fault is None or fault.is_open:
        return False
    if fault.tried_at is not None and now - fault.tried_at > FORGOTTEN:
        fault.since, fault.failures = now, 0
    fault.failures, fault.reason, fault.tried_at = fault.failures + 1, reason, now
    fault.is_open = fault.failures >= MOST_FAILURES and now - fault.since >= SHORTEST
    await session.flush()
    return fault.is_open


async def note_success(session: AsyncSession, channel: ChannelKind) -> bool:
    """The channel took something: the row of failures ends; whether a broken one works again by that."""
    fault = await _lock(session, channel)
    if fault is None or fault.is_over:
        return False
    if not fault.is_open:
        await session.delete(fault)
        return False
    fault.is_over = True
    return True


async def note_fault(
    session: AsyncSession, channel: ChannelKind, reason: str, *, now: datetime, by_trial: bool = False
) -> bool:
    """The channel is broken, for this reason, as a delivery found out or a check; whether that is news.

    No delivery may try it any more.
    """
    is_new = await insert_unless_there(session, ChannelFault(channel=channel, since=now, reason=reason, is_over=False))
    fault = await _lock(session, channel)
    if fault is not None:
        is_new = is_new or not fault.is_open
        fault.reason, fault.trial_id, fault.is_over, fault.is_open = reason, None, False, True
        if by_trial:
            fault.tried_at = now
        await session.flush()
    return is_new


async def find_fault(session: AsyncSession, channel: ChannelKind) -> ChannelFault | None:
    """What is wrong with the channel; None where nothing is known to be."""
    fault = await session.get(ChannelFault, channel, populate_existing=True)
    return fault if fault is not None and fault.is_open else None


async def lock_fault(session: AsyncSession, channel: ChannelKind) -> ChannelFault | None:
    """The same, locked until this transaction ends."""
    fault = await _lock(session, channel)
    return fault if fault is not None and fault.is_open else None


async def list_faults(session: AsyncSession) -> list[ChannelFault]:
    """Of every channel that is broken."""
    return list(await session.scalars(select(ChannelFault).where(ChannelFault.is_open).order_by(ChannelFault.channel)))


async def forget_fault(session: AsyncSession, channel: ChannelKind) -> None:
    """The channel works again."""
    await session.execute(delete(ChannelFault).where(ChannelFault.channel == channel))


async def _lock(session: AsyncSession, channel: ChannelKind) -> ChannelFault | None:
    return await session.get(ChannelFault, channel, populate_existing=True, with_for_update=True)
