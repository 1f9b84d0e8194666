"""Guessing at passwords and codes, slowed down: counts are in the database, so that all processes count together.

A guess is counted before it is looked at, and taken back when it was right: those that come at once count as well.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.inserting import insert_into
from instantreact.storage.names import fold_name
from instantreact.storage.tables import Guesses

WITHIN = timedelta(minutes=15)


async def find_wait_s(session: AsyncSession, limits: Mapping[str, int], *, now: datetime) -> float | None:
    """Seconds to wait where more was guessed about one of these than its limit; None: go on."""
    rows = await session.scalars(select(Guesses).where(Guesses.about.in_(limits)))
    waits = [_wait_s(row, now) for row in rows if row.wrong >= limits[row.about] and not _is_past(row.since, now)]
    return max(waits, default=None)


async def count_guess(session: AsyncSession, limits: Mapping[str, int], *, now: datetime) -> bool:
    """One more about each; whether none is beyond its limit with it. Counts that are past are deleted on the way."""
    past = or_(Guesses.since <= now - WITHIN, Guesses.since > now + WITHIN)
    await session.execute(delete(Guesses).where(past))
    is_within = True
    for about, most in sorted(limits.items()):  # in one order, lest two wait for each other
        insert = insert_into(session, Guesses).values(about=about, wrong=1, since=now)
        more = insert.on_conflict_do_update(index_elements=[Guesses.about], set_={"wrong": Guesses.wrong + 1})
        wrong = (await session.execute(more.returning(Guesses.wrong))).scalar_one()
        is_within = is_within and wrong <= most
    return is_within


async def take_back_guess(session: AsyncSession, limits: Mapping[str, int]) -> None:
    """It was right."""
    fewer = case((Guesses.wrong > 0, Guesses.wrong - 1), else_=0)
    await session.execute(update(Guesses).where(Guesses.about.in_(sorted(limits))).values(wrong=fewer))


def digest_name(name: str) -> str:
    """How a user stands in what a guess is about."""
    return hashlib.sha256(fold_name(name).encode()).hexdigest()


async def forget_guesses(session: AsyncSession, name: str) -> None:
    """Whatever was guessed about the user with this name."""
    await session.execute(delete(Guesses).where(Guesses.about.contains(digest_name(name))))


def _is_past(since: datetime, now: datetime) -> bool:
    """By a clock that was set back, too: what began in the future would never end."""
    return abs(now - since) >= WITHIN


def _wait_s(row: Guesses, now: datetime) -> float:
    return max(1.0, (row.since + WITHIN - now).total_seconds())
