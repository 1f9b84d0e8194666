"""What all processes of the service counted, added up: each adds what it has counted since the last time."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import InstantReactError
from instantreact.figures import Figures, Series
from instantreact.logs import get_logger
from instantreact.storage.database import Database
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import Total

EVERY_S = 10.0
"""What a process that is killed has counted since then is lost; nothing else is."""

log = get_logger(__name__)


async def add_figures(database: Database, figures: Figures) -> None:
    """Add what this process has counted since the last time. Where that fails it is added the next time."""
    async with figures.adding:
        now, before = figures.read(), figures.added
        growth = {
            each: value if each.is_time else value - before.get(each, 0.0)
            for each, value in now.items()
            if value != before.get(each, 0.0)
        }
        if growth:
            async with database.unit_of_work() as session:
                await _add(session, growth)
        figures.added = now


@asynccontextmanager
async def adding_figures(database: Database, figures: Figures) -> AsyncIterator[None]:
    """Add them every few seconds in the background of the block, and at its end."""
    task = asyncio.create_task(_add_for_ever(database, figures))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await _try_to_add(database, figures)


async def _add_for_ever(database: Database, figures: Figures) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        await _try_to_add(database, figures)


async def _try_to_add(database: Database, figures: Figures) -> None:
    try:
        await add_figures(database, figures)
    except InstantReactError as error:
        log.warning("totals.late", reason=str(error))
    except Exception:
        log.exception("totals.late")


async def list_totals(session: AsyncSession) -> Mapping[Series, float]:
    """Every total."""
    found = await session.execute(select(Total.name, Total.labels, Total.value))
    return {Series(name, tuple(map(tuple, json.loads(labels)))): value for name, labels, value in found}


async def _add(session: AsyncSession, growth: Mapping[Series, float]) -> None:
    """In one order, so that two processes wait for each other and not both at once."""
    rows = sorted(
        ({"name": each.name, "labels": json.dumps(each.labels), "value": value} for each, value in growth.items()),
        key=lambda row: (row["name"], row["labels"]),
    )
    insert = insert_into(session, Total)
    new = insert.excluded.value
    latest = case((new > Total.value, new), else_=Total.value)
    grown = case((Total.name.endswith("_timestamp_seconds"), latest), else_=Total.value + new)
    await session.execute(insert.on_conflict_do_update(index_elements=["name", "labels"], set_={"value": grown}), rows)
