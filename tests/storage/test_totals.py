"""What several processes count is added up once, whatever happens between."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from instantreact.figures import Figures, Series
from instantreact.storage.database import Database
from instantreact.storage.totals import add_figures, list_totals

WINDOWS = Series("instantreact_windows_total", (("source", "clip"),))
LAST = Series("instantreact_channel_last_success_timestamp_seconds", (("channel", "messenger"),))


async def total(database: Database, series: Series) -> float | None:
    async with database.reading() as session:
        return (await list_totals(session)).get(series)


async def test_totals_are_the_sum_of_what_processes_counted_at_once(database: Database) -> None:
    processes = [Figures() for _ in range(5)]
    for number, figures in enumerate(processes):
        figures.windows.labels("clip").inc(number)
    await asyncio.gather(*(add_figures(database, figures) for figures in processes for _ in range(3)))
    assert await total(database, WINDOWS) == 10.0


async def test_totals_go_on_when_a_process_starts_anew(database: Database) -> None:
    for _ in range(2):
        started = Figures()
        for _ in range(2):
            started.windows.labels("clip").inc()
            await add_figures(database, started)
    assert await total(database, WINDOWS) == 4.0


async def test_totals_of_times_are_the_latest_whoever_tells_last(database: Database) -> None:
    for at_s in (2000.0, 1000.0):
        figures = Figures()
        figures.last_success.labels("messenger").set(at_s)
        await add_figures(database, figures)
    assert await total(database, LAST) == 2000.0


async def test_totals_lose_nothing_when_they_could_not_be_written_at_first(database: Database) -> None:
    figures = Figures()
    figures.windows.labels("clip").inc(3)
    await rename_table(database, "totals", "away")
    with pytest.raises(DBAPIError):
        await add_figures(database, figures)
    await rename_table(database, "away", "totals")
    await add_figures(database, figures)
    assert await total(database, WINDOWS) == 3.0


async def rename_table(database: Database, name: str, other: str) -> None:
    async with database.unit_of_work() as session:
        await session.execute(text(f"ALTER TABLE {name} RENAME TO {other}"))
