"""Reads many rows without keeping a transaction open for as long as somebody takes to take them."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from instantreact.storage.database import Database
from instantreact.storage.tables import Base

AT_ONCE = 500

Row = TypeVar("Row", bound=Base)


async def read_in_order(
    database: Database, statement: Select[Row], at: InstrumentedAttribute[datetime], row_id: InstrumentedAttribute[str]
) -> AsyncIterator[Row]:
    """The rows of a query, oldest first by `at` and `row_id`, some in each transaction."""
    last: tuple[datetime, str] | None = None
    while True:
        page = statement.order_by(at, row_id).limit(AT_ONCE)
        if last is not None:
            page = page.where(tuple_(at, row_id) > last)
        async with database.reading() as session:
            some = list(await session.scalars(page))
        for row in some:
            yield row
            last = getattr(row, at.key), getattr(row, row_id.key)
        if len(some) < AT_ONCE:
            return
