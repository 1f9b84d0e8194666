"""Invitations: each lets one person become a recipient, once, within its time."""

import hashlib
from datetime import datetime, timedelta
from secrets import randbelow, token_urlsafe

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind
from instantreact.errors import NotFound
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.tables import Invitation

CODE_LIFE = timedelta(minutes=15)
MAX_WRONG_CODES = 10
"""So many wrong codes end all codes that are open then: whoever guesses has ten tries at a million. Links go on."""


def make_token() -> str:
    """128 bits, to be put into a link."""
    return token_urlsafe(16)


async def insert_invitation(
    session: AsyncSession, name: str, channel: ChannelKind, token: str, *, life: timedelta, now: datetime
) -> Invitation:
    """One that `token` opens, or a code of six digits that no other open one has."""
    taken = set(await session.scalars(select(Invitation.code).where(Invitation.code.is_not(None))))
    code = next(code for code in iter(lambda: f"{randbelow(1_000_000):06}", None) if code not in taken)
    invitation = Invitation(
        name=name,
        channel=channel,
        token_sha256=_hash(token),
        code=code,
        code_expires_at=now + min(CODE_LIFE, life),
        wrong_codes=0,
        expires_at=now + life,
        created_at=now,
    )
    session.add(invitation)
    await session.flush()
    return invitation


async def use_token(session: AsyncSession, channel: ChannelKind, token: str, *, now: datetime) -> Invitation | None:
    """The invitation that this token opens, used by that; None when there is none, or no longer."""
    return await _use(session, channel, Invitation.token_sha256 == _hash(token), Invitation.expires_at > now, now=now)


async def use_code(session: AsyncSession, channel: ChannelKind, code: str, *, now: datetime) -> Invitation | None:
    """As by its link. A wrong code counts against every open one: see MAX_WRONG_CODES."""
    found = await _use(session, channel, Invitation.code == code, Invitation.code_expires_at > now, now=now)
    if found is None:
        is_open = (Invitation.channel == channel, Invitation.code.is_not(None))
        await session.execute(update(Invitation).where(*is_open).values(wrong_codes=Invitation.wrong_codes + 1))
        guessed = update(Invitation).where(*is_open, Invitation.wrong_codes >= MAX_WRONG_CODES).values(code=None)
        await session.execute(guessed)
    return found


async def list_invitations(
    session: AsyncSession, *, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> list[Invitation]:
    """Newest first."""
    statement = newest_first(select(Invitation), Invitation.created_at, Invitation.id, after=after, limit=limit)
    return list(await session.scalars(statement))


async def delete_invitation(session: AsyncSession, invitation_id: str) -> None:
    """It opens nothing any more; whoever used it stays. Raises NotFound."""
    invitation = await session.get(Invitation, invitation_id)
    if invitation is None:
        raise NotFound("invitation", invitation_id)
    await session.delete(invitation)
    await session.flush()


async def _use(
    session: AsyncSession, channel: ChannelKind, *fits: ColumnElement[bool], now: datetime
) -> Invitation | None:
    unused = (Invitation.channel == channel, Invitation.used_at.is_(None), *fits)
    statement = update(Invitation).where(*unused).values(used_at=now, code=None).returning(Invitation)
    found = await session.scalars(statement, execution_options={"populate_existing": True})
    return found.one_or_none()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
