"""What channels brought: stored before it is answered, handled by a job."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind
from instantreact.errors import NotFound
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import IncomingMessage, new_id


@dataclass(frozen=True)
class NewMessage:
    """A message that came in; the same `dedupe_key` on a channel is the same message.

    One that `asks` nothing is handled by that.
    """

    dedupe_key: str
    body: Mapping[str, Any]
    asks: bool


async def insert_new(
    session: AsyncSession, channel: ChannelKind, messages: Sequence[NewMessage], *, now: datetime
) -> list[str]:
    """Store the messages; the ids of those that are new and ask for something. A repeat changes nothing."""
    values = [
        {
            "id": new_id(),
            "channel": channel,
            "dedupe_key": each.dedupe_key,
            "body": dict(each.body),
            "received_at": now,
            "handled_at": None if each.asks else now,
        }
        for each in messages
    ]
    statement = insert_into(session, IncomingMessage).on_conflict_do_nothing()
    stored = await session.execute(statement.returning(IncomingMessage.id, IncomingMessage.handled_at), values)
    return [message_id for message_id, handled_at in stored if handled_at is None]


async def get_message(session: AsyncSession, message_id: str) -> IncomingMessage:
    """Raises NotFound."""
    message = await session.get(IncomingMessage, message_id)
    if message is None:
        raise NotFound("incoming message", message_id)
    return message


async def mark_handled(session: AsyncSession, message_ids: Collection[str], *, now: datetime) -> None:
    """What they asked for is done."""
    await session.execute(update(IncomingMessage).where(IncomingMessage.id.in_(message_ids)).values(handled_at=now))
