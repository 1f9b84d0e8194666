"""Templates that a channel does not take: since when, why, and when that was last tried."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.tables import TemplateFault


async def note_refusal(
    session: AsyncSession, channel: ChannelKind, template: str, reason: str, *, now: datetime
) -> bool:
    """The channel refused the template, for this reason; whether that is news."""
    row = TemplateFault(channel=channel, template=template, since=now, tried_at=now, reason=reason)
    if await insert_unless_there(session, row):
        return True
    fault = await session.get(TemplateFault, (channel, template), populate_existing=True, with_for_update=True)
    if fault is not None:
        fault.tried_at, fault.reason = now, reason
        await session.flush()
    return False


async def find_refusal(session: AsyncSession, channel: ChannelKind, template: str) -> TemplateFault | None:
    """Why the channel did not take the template when it was last tried; None where it did."""
    return await session.get(TemplateFault, (channel, template), populate_existing=True)


async def list_refusals(session: AsyncSession) -> list[TemplateFault]:
    """Of every template that is refused."""
    statement = select(TemplateFault).order_by(TemplateFault.channel, TemplateFault.template)
    return list(await session.scalars(statement))


async def forget_refusal(session: AsyncSession, channel: ChannelKind, template: str) -> None:
    """The channel takes it."""
    here = TemplateFault.channel == channel, TemplateFault.template == template
    await session.execute(delete(TemplateFault).where(*here))


async def forget_refusals(session: AsyncSession) -> None:
    """All are to be tried again, as after a change of the settings."""
    await session.execute(delete(TemplateFault))
