"""Secrets of channels: sealed as cameras' addresses are, and good for as long as whoever they belong to may be told."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.clock import Clock
from instantreact.domain.alert import ChannelKind
from instantreact.domain.principal import Scope
from instantreact.domain.user import SCOPES
from instantreact.storage.database import Database
from instantreact.storage.inserting import insert_into, insert_unless_there
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import ChannelSecret, User


@dataclass(frozen=True)
class StoredSafe:
    """What one channel keeps in the database. Implements ChannelSafe."""

    channel: ChannelKind
    database: Database
    box: SecretBox
    clock: Clock

    async def find(self, name: str) -> str | None:
        """None as well where its user may not see and answer every alert any more: they could read them all."""
        async with self.database.reading() as session:
            row = await session.get(ChannelSecret, (self.channel, name))
            user = await session.get(User, row.user_id) if row is not None and row.user_id is not None else None
        if row is None or (user is not None and not _may_be_told(user)):
            return None
        return self.box.open(row.sealed)

    async def find_or_make(self, name: str, make: Callable[[], str]) -> str:
        """Of two processes that make it at once, both get the one that is kept."""
        known = await self.find(name)
        if known is not None:
            return known
        made = ChannelSecret(channel=self.channel, name=name, sealed=self.box.seal(make()), created_at=self.clock.now())
        async with self.database.unit_of_work() as session:
            await insert_unless_there(session, made)
            row = await session.get_one(ChannelSecret, (self.channel, name))
        return self.box.open(row.sealed)

    async def forget(self, name: str) -> None:
        """Nothing is kept under the name any more."""
        async with self.database.unit_of_work() as session:
            await session.execute(
                delete(ChannelSecret).where(ChannelSecret.channel == self.channel, ChannelSecret.name == name)
            )


async def keep_secret(session: AsyncSession, row: ChannelSecret) -> None:
    """Whatever was kept under its name before."""
    values = {column.key: getattr(row, column.key) for column in ChannelSecret.__table__.columns}
    statement = insert_into(session, ChannelSecret).values(values)
    changed = {name: values[name] for name in ("sealed", "user_id", "recipient_id", "created_at")}
    await session.execute(statement.on_conflict_do_update(index_elements=["channel", "name"], set_=changed))


async def reseal_secrets(session: AsyncSession, box: SecretBox) -> None:
    """Encrypt every one with the newest key, so that the others can be taken out of the settings."""
    for row in await session.scalars(select(ChannelSecret).with_for_update()):
        row.sealed = box.reseal(row.sealed)


def _may_be_told(user: User) -> bool:
    return user.site_ids is None and Scope.OPERATE in SCOPES[user.role]
