"""Who is signed in, as this process knows it."""

import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.api.known_rows import KnownRows
from instantreact.clock import Clock
from instantreact.domain.principal import Principal
from instantreact.storage import user_sessions, users
from instantreact.storage.database import Database
from instantreact.storage.tables import User, UserSession
from instantreact.storage.user_sessions import SessionLimits


class KnownSessions(KnownRows):
    """For whom each session vouches, and who each user is."""

    topic = user_sessions.SESSIONS_CHANGED
    use_lost = "sessions.use_not_written"

    def __init__(
        self,
        database: Database,
        clock: Clock,
        limits: SessionLimits,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(database, clock, monotonic=monotonic)
        self._limits = limits
        self._by_hash: dict[str, tuple[UserSession, User]] = {}
        self._users: dict[str, User] = {}

    async def find(self, sha256: str) -> tuple[Principal, str] | None:
        """For whom the session with this hash vouches, and its id; None where it is unknown or over."""
        await self._read()
        found, now = self._by_hash.get(sha256), self._clock.now()
        if found is None:
            return None
        row, user = found
        if self._limits.is_over(row, self._used_at.get(row.id, row.used_at), now=now):
            return None
        self._note_use(row.id, row.used_at)
        return users.principal_of(user), row.id

    async def find_by_user(self, user_id: str) -> Principal | None:
        """Who a user is that is not here itself, but something that it signed for."""
        await self._read()
        user = self._users.get(user_id)
        return None if user is None else users.principal_of(user)

    async def _load(self, session: AsyncSession) -> None:
        rows = await user_sessions.list_signed_in(session)
        people = await users.list_users(session)
        self._by_hash = {row.sha256: (row, user) for row, user in rows}
        self._users = {user.id: user for user in people}
        there = {row.id for row, _ in rows}
        self._used_at = {id_: at for id_, at in self._used_at.items() if id_ in there}

    async def _mark_used(self, session: AsyncSession, row_id: str, *, now: datetime) -> None:
        await user_sessions.mark_session_used(session, row_id, now=now)
