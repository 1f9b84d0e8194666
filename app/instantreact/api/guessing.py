"""Around everything that can be guessed: passwords, codes of a second factor, the set-up code."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from instantreact.api.addresses import find_source
from instantreact.errors import InvalidInput, NotSignedIn, TooManyGuesses
from instantreact.pipeline.services import Services
from instantreact.storage import guesses

OF_BOTH, OF_ADDRESS, OF_USER = 10, 50, 200
"""Wrong guesses in 15 minutes, of one address about one user, of one address, and about one user from everywhere."""

_WRONG = (NotSignedIn, InvalidInput)


@asynccontextmanager
async def counted(request: Request, services: Services, name: str) -> AsyncIterator[None]:
    """A guess about the user with this name, whether there is one or not: wrong if the block says so.

    One that was not looked at (too many wait, the caller went away, the database failed) is as if it had not been made.
    Raises TooManyGuesses, which costs a look and writes nothing.
    """
    limits = _limit(request, name)
    async with services.database.reading() as session:
        wait_s = await guesses.find_wait_s(session, limits, now=services.clock.now())
    if wait_s is not None:
        raise _too_many(wait_s)
    async with services.database.unit_of_work() as session:
        is_within = await guesses.count_guess(session, limits, now=services.clock.now())
    if not is_within:
        raise _too_many(guesses.WITHIN.total_seconds())
    try:
        yield
    except _WRONG:
        raise
    except BaseException:
        await asyncio.shield(_take_back(services, limits))
        raise
    await _take_back(services, limits)


async def _take_back(services: Services, limits: dict[str, int]) -> None:
    async with services.database.unit_of_work() as session:
        await guesses.take_back_guess(session, limits)


def _limit(request: Request, name: str) -> dict[str, int]:
    client = request.scope.get("client")
    address = find_source(tuple(client) if client else None)
    user = guesses.digest_name(name)
    return {f"both {user} {address}": OF_BOTH, f"address {address}": OF_ADDRESS, f"user {user}": OF_USER}


def _too_many(wait_s: float) -> TooManyGuesses:
    return TooManyGuesses("Too much was guessed here; try again later.", retry_after_s=wait_s)
