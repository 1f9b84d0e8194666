"""Who somebody is, by their password and second factor; and the session that they get for it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi import Request
from starlette.responses import Response

from instantreact.api.auth import admit
from instantreact.api.cookies import set_cookie
from instantreact.api.guessing import counted
from instantreact.errors import CodeNeeded, Conflict, NotSignedIn, TooBusy
from instantreact.pipeline.services import Services
from instantreact.storage import second_factors, user_sessions, users
from instantreact.storage.passwords import hash_password, is_password
from instantreact.storage.tables import User, UserSession
from instantreact.storage.user_sessions import Visitor

AT_ONCE, WAITING = 2, 50
"""Hashes that are made at once, 64 MB each, and how many more may wait for their turn."""

Found = TypeVar("Found")


class HashingTurns:
    """Lets few hash at once: strangers decide how many want to."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def run(self, services: Services, work: Callable[[], Found]) -> Found:
        """Raises TooBusy where many wait already."""
        if self._waiting >= WAITING:
            raise TooBusy("Many sign in at this moment; try again.", retry_after_s=5)
        self._waiting += 1
        try:
            async with self._turn:
                return await services.threads.run(work)
        finally:
            self._waiting -= 1


async def make_hash(request: Request, password: str) -> str:
    """The hash of a new password."""
    turns: HashingTurns = request.app.state.hashing
    return await turns.run(request.app.state.services, lambda: hash_password(password))


async def check_password(request: Request, name: str, password: str, code: str | None) -> User:
    """Whose they are, the code having been used. Raises NotSignedIn or TooManyGuesses.

    It takes as long for a user that is not there, and says the same.
    """
    services, turns = request.app.state.services, request.app.state.hashing
    async with counted(request, services, name):
        async with services.database.reading() as session:
            user = await users.find_user_called(session, name)
        request.state.tried = user.id if user else "unknown"  # a password may have been typed as the name
        hashed = user.password if user else None
        is_right = await turns.run(services, lambda: is_password(password, hashed))
        if user is None or not is_right:
            raise NotSignedIn("The name or the password is wrong.")
        if user.has_totp and code is not None:
            await _use_code(services, user.id, code)
    if user.has_totp and code is None:
        raise CodeNeeded("The password is right: now send it with the `code` that your app shows, or a recovery code.")
    return user


async def begin_session(request: Request, response: Response, user: User) -> UserSession:
    """A session for who was just vouched for, whose cookie goes with the answer; a session from before ends.

    Raises NotSignedIn where their password, role or second factor was changed meanwhile.
    """
    services, limits = request.app.state.services, request.app.state.options.session_limits
    now = services.clock.now()
    visitor = Visitor(request.client.host if request.client else None, request.headers.get("user-agent", ""))
    async with services.database.unit_of_work() as session:
        fresh = await users.find_locked_user(session, user.id)
        if fresh is None or _vouched(fresh) != _vouched(user):
            raise NotSignedIn("Something about you was changed at this moment: sign in again.")
        row, token = await user_sessions.begin_session(session, user.id, visitor, limits, now=now)
        await users.mark_signed_in(session, user.id, now=now)
    set_cookie(response, request, token, limits.life)
    response.headers["Cache-Control"] = "no-store"
    admit(request, users.principal_of(fresh))
    return row


def own_session(request: Request) -> tuple[str, str]:
    """The ids of the user and the session of whoever asks. Raises Conflict for keys."""
    session_id: str | None = getattr(request.state, "session_id", None)
    if session_id is None:
        raise Conflict("This is for people who have signed in, not for keys.")
    return request.state.principal.id, session_id


def _vouched(user: User) -> tuple[object, ...]:
    return user.id, user.password, user.role, user.totp_secret


async def _use_code(services: Services, user_id: str, code: str) -> None:
    async with services.database.unit_of_work() as session:
        is_right = await second_factors.use_code(session, services.box, user_id, code, now=services.clock.now())
    if not is_right:
        raise NotSignedIn("The code is wrong, was used already, or is too old.")
