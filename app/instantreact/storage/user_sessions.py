"""Sessions of users, kept as hashes. Their tokens are long and random, as keys are."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import NotFound
from instantreact.storage.database import announce
from instantreact.storage.keys import hash_key
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.tables import User, UserSession

SESSIONS_CHANGED = "user sessions"
"""The topic that is announced when a session began or ended, or a user was changed."""

MOST = 20
"""Sessions of one user; another ends the oldest."""


@dataclass(frozen=True)
class SessionLimits:
    """When a session ends by itself: so long after its last use, and after its begin."""

    idle: timedelta = timedelta(hours=12)
    life: timedelta = timedelta(days=7)

    def is_over(self, row: UserSession, used_at: datetime, *, now: datetime) -> bool:
        """`used_at` may be later than what is written of the last use."""
        return now - row.created_at >= self.life or now - max(row.used_at, used_at) >= self.idle


@dataclass(frozen=True)
class Visitor:
    """From where somebody signs in, as they tell their sessions apart."""

    source: str | None
    browser: str = ""


async def begin_session(
    session: AsyncSession, user_id: str, visitor: Visitor, limits: SessionLimits, *, now: datetime
) -> tuple[UserSession, str]:
    """A new session's row and its token, which nobody can show again; what is over by itself is deleted on the way."""
    over = or_(UserSession.created_at <= now - limits.life, UserSession.used_at <= now - limits.idle)
    await session.execute(delete(UserSession).where(over))
    own = select(UserSession.id).where(UserSession.user_id == user_id)
    older = own.order_by(UserSession.created_at.desc(), UserSession.id.desc()).offset(MOST - 1)
    await session.execute(delete(UserSession).where(UserSession.id.in_(list(await session.scalars(older)))))
    token = secrets.token_urlsafe(32)
    row = UserSession(
        user_id=user_id,
        sha256=hash_key(token),
        source=visitor.source,
        browser=visitor.browser[:200],
        created_at=now,
        used_at=now,
    )
    session.add(row)
    await session.flush()
    announce(session, SESSIONS_CHANGED)
    return row, token


async def end_session(session: AsyncSession, session_id: str, *, user_id: str | None = None) -> None:
    """From now on it opens nothing. Raises NotFound, where it is of another user than `user_id` as well."""
    row = await session.get(UserSession, session_id)
    if row is None or user_id not in {None, row.user_id}:
        raise NotFound("session", session_id)
    await session.delete(row)
    await session.flush()
    announce(session, SESSIONS_CHANGED)


async def end_every_session(session: AsyncSession) -> None:
    """Everybody signs in again."""
    await session.execute(delete(UserSession))
    announce(session, SESSIONS_CHANGED)


async def end_sessions_of(session: AsyncSession, user_id: str, *, but: str | None = None) -> None:
    """All sessions of a user, `but` the one with this id."""
    ended = delete(UserSession).where(UserSession.user_id == user_id)
    await session.execute(ended if but is None else ended.where(UserSession.id != but))
    announce(session, SESSIONS_CHANGED)


async def list_signed_in(session: AsyncSession) -> list[tuple[UserSession, User]]:
    """Every session with its user."""
    rows = await session.execute(select(UserSession, User).join(User, User.id == UserSession.user_id))
    return [(row, user) for row, user in rows]


async def list_session_page(
    session: AsyncSession, *, user_id: str | None, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> list[UserSession]:
    """Newest first; of one user, or of all."""
    query = select(UserSession) if user_id is None else select(UserSession).where(UserSession.user_id == user_id)
    page = newest_first(query, UserSession.created_at, UserSession.id, after=after, limit=limit)
    return list(await session.scalars(page))


async def mark_session_used(session: AsyncSession, session_id: str, *, now: datetime) -> None:
    """When it was last shown; nothing happens where it ended meanwhile."""
    await session.execute(update(UserSession).where(UserSession.id == session_id).values(used_at=now))
