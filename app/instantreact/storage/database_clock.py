"""The database's own clock: processes on several machines agree on it, however their own ones go."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from instantreact.clock import Clock, SystemClock
from instantreact.errors import Transient
from instantreact.logs import get_logger
from instantreact.storage.database import Database

MEASURE_EVERY_S = 30.0

log = get_logger(__name__)


class DatabaseClock:
    """This machine's clock, put right by what the database says. SQLite's is this machine's. Implements Clock."""

    def __init__(self, database: Database, own: Clock | None = None) -> None:
        self._database = database
        self._own = own or SystemClock()
        self._offset = timedelta(0)

    def now(self) -> datetime:
        return self._own.now() + self._offset

    async def measure(self) -> None:
        """Ask the database; the way there and back is halved."""
        if self._database.is_sqlite:
            return
        async with self._database.reading() as session:
            before = self._own.now()
            found: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
            after = self._own.now()
        self._offset = found.astimezone(UTC) - (before + (after - before) / 2)

    async def run(self) -> None:
        """Measure now and then, until cancelled: clocks drift, and people set them."""
        while True:
            await asyncio.sleep(MEASURE_EVERY_S)
            try:
                await self.measure()
            except (Transient, OSError) as error:
                log.warning("clock.not_measured", reason=str(error))
