"""What the Messenger webhook brought: stored before it is answered, handled by a job."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import NotFound
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.tables import IncomingMessage


async def insert_or_find(
    session: AsyncSession, *, dedupe_key: str, body: dict[str, Any], now: datetime
) -> tuple[IncomingMessage, bool]:
    """The message of this key, and whether it is new; a repeat changes nothing."""
    row = IncomingMessage(dedupe_key=dedupe_key, body=body, received_at=now)
    is_new = await insert_unless_there(session, row)
    statement = select(IncomingMessage).where(IncomingMessage.dedupe_key == dedupe_key)
    return (await session.scalars(statement)).one(), is_new


async def get_message(session: AsyncSession, message_id: str) -> IncomingMessage:
    """Raises NotFound."""
    message = await session.get(IncomingMessage, message_id)
    if message is None:
        raise NotFound("incoming message", message_id)
    return message


async def mark_handled(session: AsyncSession, message_id: str, *, now: datetime) -> None:
    """What it asked for is done."""
    await session.execute(update(IncomingMessage).where(IncomingMessage.id == message_id).values(handled_at=now))
