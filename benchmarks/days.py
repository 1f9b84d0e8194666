"""Measures GET /cameras/{id}/day at a million events and ninety days of minutes: least, p50, p95, and its size.

Usage: python -m benchmarks.days [--events 1000000] [--days 90] [--only sqlite|postgresql]

Sixteen cameras, of which something moves one minute in three; one of them has 20,000 events in its last day, a tenth
of them alerted, and a gap in every minute. `database` is the time of the reading transaction, `answer` that of the JSON
as well.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.servers.postgres import PostgresServer

from benchmarks.events import CAMERAS, NEWEST, describe, in_groups, make_events, make_row
from instantreact.api.schemas.days import DAY_LIMITS, DayView
from instantreact.domain.alert import AlertState
from instantreact.domain.happening import RuleMatched
from instantreact.domain.minutes import WHOLE, Minute, minute_of
from instantreact.domain.rule import Severity
from instantreact.domain.site import bounds_of_day
from instantreact.storage import migrate
from instantreact.storage.cameras import get_camera
from instantreact.storage.database import Database
from instantreact.storage.days import read_day
from instantreact.storage.minutes import add_minutes, delete_old_minutes
from instantreact.storage.tables import Alert, CameraMinute, Event, new_id

ZONE = ZoneInfo("Europe/Paris")
BUSY, USUAL = CAMERAS[5], CAMERAS[3]
BUSY_EVENTS = 20_000
TODAY = NEWEST.astimezone(ZONE).date()


def main() -> None:
    """Print the figures, one a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    options = parser.parse_args()
    if options.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            print("SQLite")
            asyncio.run(measure(f"sqlite+aiosqlite:///{Path(folder) / 'days.db'}", options))
    if options.only != "sqlite":
        with PostgresServer() as server:
            print("PostgreSQL")
            asyncio.run(measure(server.url("postgres"), options))


async def measure(url: str, options: argparse.Namespace) -> None:
    """All figures of one database."""
    await migrate.upgrade(url)
    await make_events(url, options.events)
    await make_busy_day(url)
    database = Database(url)
    before_bytes = await database.measure_bytes()
    rows = await make_minutes(url, options.days)
    await database.dispose()
    if "postgresql" in url:
        await vacuum(url)
    database = Database(url)
    grown = await database.measure_bytes() - before_bytes
    print(f"  {options.events} events, {rows} minutes, {grown / rows:.0f} bytes each, {grown / 2**20:.0f} MiB")
    for name, camera_id, day in (
        ("today, half of it", USUAL, TODAY),
        ("yesterday", USUAL, TODAY - timedelta(days=1)),
        ("the day with 20,000 events and a gap a minute", BUSY, TODAY - timedelta(days=1)),
        ("the oldest day", USUAL, TODAY - timedelta(days=options.days - 2)),
        ("a day of which nothing is kept", USUAL, TODAY - timedelta(days=3 * options.days)),
    ):
        reading, answering, size = await ask(database, camera_id, day)
        print(f"  {name:46} database {tell(reading)}   answer {tell(answering)}   {size / 1000:.0f} kB")
    print(f"  written for all cameras each ten seconds       {tell(await write(database))}")
    print(f"  purged, 1000 minutes a transaction             {tell(await purge(database))}")
    await database.dispose()


async def ask(database: Database, camera_id: str, day: date) -> tuple[list[float], list[float], int]:
    """Seconds that each of some requests took, and the bytes of the answer."""
    reading, answering, size = [], [], 0
    for _ in range(21):
        began = time.perf_counter()
        async with database.reading() as session:
            camera = await get_camera(session, camera_id)
            found = await read_day(session, camera, bounds_of_day(day, ZONE), as_of=NEWEST, limits=DAY_LIMITS)
        reading.append(time.perf_counter() - began)
        size = len(DayView.of(camera_id, day, ZONE, found).model_dump_json().encode())
        answering.append(time.perf_counter() - began)
    return reading[1:], answering[1:], size


async def write(database: Database) -> list[float]:
    """Seconds that each transaction took."""
    took = []
    for step in range(30):
        now = NEWEST + timedelta(seconds=10 * step)
        seconds = 0b1111111111 << now.second
        began = time.perf_counter()
        async with database.unit_of_work() as session:
            minutes = {(camera_id, minute_of(now)): Minute(seconds, seconds) for camera_id in CAMERAS}
            await add_minutes(session, minutes)
        took.append(time.perf_counter() - began)
    return took


async def purge(database: Database) -> list[float]:
    """Seconds that each transaction took; the last ones find nothing."""
    took = []
    for _ in range(30):
        began = time.perf_counter()
        async with database.unit_of_work() as session:
            await delete_old_minutes(session, NEWEST - timedelta(days=89), 1000)
        took.append(time.perf_counter() - began)
    return took


async def make_minutes(url: str, days: int) -> int:
    """Every minute of every camera; how many."""
    chance, newest = random.Random(2), minute_of(NEWEST)
    engine = create_async_engine(url)
    rows = 0
    for some in in_groups(list_minutes(chance, newest - days * 24 * 60, newest), 50_000):
        rows += len(some)
        async with engine.begin() as connection:
            await connection.execute(insert(CameraMinute), some)
    await engine.dispose()
    return rows


async def vacuum(url: str) -> None:
    """What autovacuum does elsewhere: tests/servers/postgres.py switches it off."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    await engine.dispose()


def tell(took_s: Sequence[float]) -> str:
    """The least too, which is what other processes of the machine disturb least."""
    return f"least {min(took_s) * 1000:6.1f} ms   {describe(took_s)}"


def list_minutes(chance: random.Random, oldest: int, newest: int) -> Iterator[dict[str, object]]:
    """As they come: for each minute that of every camera."""
    for minute in range(oldest, newest):
        for camera_id in CAMERAS:
            moves = chance.random() < 1 / 3
            seen = WHOLE & ~(0b111 << 20) if camera_id == BUSY else WHOLE
            yield {
                "camera_id": camera_id,
                "minute": minute,
                "watched": WHOLE,
                "seen": seen,
                "moving": chance.getrandbits(60) if moves else 0,
                "motion_permille": chance.randrange(1, 300) if moves else 0,
            }


async def make_busy_day(url: str) -> None:
    """Events of one camera, one after the other all day, a tenth of them alerted."""
    chance = random.Random(3)
    since, until = bounds_of_day(TODAY - timedelta(days=1), ZONE)
    step = (until - since) / BUSY_EVENTS
    rows = [make_row(chance, index, since + index * step, connection="busy") for index in range(BUSY_EVENTS)]
    alerts = [make_alert_row(row, since + index * step) for index, row in enumerate(rows) if index % 10 == 0]
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(insert(Event), [{**row, "camera_id": BUSY} for row in rows])
        await connection.execute(insert(Alert), alerts)
    await engine.dispose()


def make_alert_row(event: dict[str, object], raised_at: datetime) -> dict[str, object]:
    """An alert about an event, without a rule."""
    caption = str(event["caption"])
    happening = RuleMatched("A fight", "Door", caption, (), raised_at, "UTC", Severity.CRITICAL)
    key = new_id()
    return {
        "id": key,
        "system_key": key,
        "event_id": event["id"],
        "camera_id": BUSY,
        "happening": happening,
        "state": AlertState.RAISED,
        "raised_at": raised_at,
    }


if __name__ == "__main__":
    main()
