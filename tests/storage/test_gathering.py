"""Writes of many requests share transactions, fail for themselves, and keep the ids of their requests."""

import asyncio
import contextvars
from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import NotFound
from instantreact.storage.database import Database
from instantreact.storage.tables import Site
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = pytest.mark.parametrize("engine", ENGINES)

who: contextvars.ContextVar[str] = contextvars.ContextVar("who")


class Adding:
    """Adds a site; fails for one that is there."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, session: AsyncSession) -> None:
        session.add(Site(name=self.name, created_at=NOW))
        await session.flush()


async def list_names(database: Database) -> list[str]:
    async with database.reading() as session:
        return sorted(await session.scalars(select(Site.name)))


async def test_writes_that_come_together_share_transactions(database: Database) -> None:
    begun = 0
    begin = database._gathered._begin

    def counting() -> object:
        nonlocal begun
        begun += 1
        return begin()

    database._gathered._begin = counting  # type: ignore[assignment]
    await asyncio.gather(*(database.write_gathered(Adding(f"{number:02}")) for number in range(40)))
    assert await list_names(database) == [f"{number:02}" for number in range(40)]
    assert begun <= 3


async def test_write_that_fails_fails_for_itself_only(database: Database) -> None:
    await database.write_gathered(Adding("there"))
    names = ["a", "there", "b", "c"]
    found = await asyncio.gather(*(database.write_gathered(Adding(name)) for name in names), return_exceptions=True)
    assert [type(each) for each in found] == [type(None), IntegrityError, type(None), type(None)]
    assert await list_names(database) == ["a", "b", "c", "there"]


async def test_write_goes_on_when_who_asked_for_it_has_gone(database: Database) -> None:
    asking = asyncio.create_task(database.write_gathered(Adding("gone")))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await database.write_gathered(Adding("left"))
    assert await list_names(database) == ["gone", "left"]


async def test_write_runs_in_the_context_of_who_asked_for_it(database: Database) -> None:
    seen: list[str] = []

    async def ask(name: str) -> None:
        who.set(name)

        async def work(session: AsyncSession) -> None:
            seen.append(who.get())

        await database.write_gathered(work)

    await asyncio.gather(*(ask(name) for name in "abc"))
    assert seen == ["a", "b", "c"]


async def add_all(session: AsyncSession, names: Sequence[str]) -> list[str | Exception]:
    """Add sites by one statement for all; those whose name is empty are refused."""
    asked.append(len(names))
    session.add_all(Site(name=name, created_at=NOW) for name in names if name)
    await session.flush()
    return [name or NotFound("site", name) for name in names]


asked: list[int] = []


async def test_what_is_asked_together_is_done_together_and_answered_to_each(database: Database) -> None:
    asked.clear()
    names = [f"{number:02}" for number in range(40)]
    asking = (database.write_together(add_all, name) for name in [*names, ""])
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert found[:-1] == names
    assert isinstance(found[-1], NotFound)
    assert await list_names(database) == names
    assert sum(asked) == 41
    assert len(asked) <= 3


async def test_what_spoils_a_shared_transaction_fails_for_itself_only(database: Database) -> None:
    await database.write_together(add_all, "there")
    names = ["a", "there", "b"]
    found = await asyncio.gather(*(database.write_together(add_all, name) for name in names), return_exceptions=True)
    assert [type(each) for each in found] == [str, IntegrityError, str]
    assert await list_names(database) == ["a", "b", "there"]


async def test_what_was_asked_is_done_when_who_asked_has_gone(database: Database) -> None:
    first, second = (asyncio.create_task(database.write_together(add_all, name)) for name in ("a", "b"))
    await asyncio.sleep(0)
    second.cancel()
    assert await first == "a"
    assert await database.write_together(add_all, "c") == "c"
    assert await list_names(database) == ["a", "b", "c"]
