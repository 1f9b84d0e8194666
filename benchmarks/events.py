"""Measures GET /events at a million events: p50 and p95 of each filter, and how fast events are filed meanwhile.

Usage: python -m benchmarks.events [--events 1000000] [--only sqlite|postgresql]

A page of 50 is read and made into JSON as the route does it. PostgreSQL runs where it is installed, with its own
settings but for those of tests/servers/postgres.py.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from tests.servers.postgres import PostgresServer

from instantreact.api.pages import PageRequest
from instantreact.api.schemas.events import EventView
from instantreact.domain.media import Window
from instantreact.domain.observation import Box, Caption, Detection, Hypothesis, Observation
from instantreact.storage import events, migrate
from instantreact.storage.database import Database
from instantreact.storage.events import EventFilter
from instantreact.storage.paging import Cursor
from instantreact.storage.search import INDEX, install_search, remove_search
from instantreact.storage.tables import Camera, Event, new_id
from instantreact.storage.words import SoughtMark, list_words

CAMERAS = [f"{number:032x}" for number in range(16)]
NEWEST = datetime(2026, 11, 22, 12, tzinfo=UTC)
BETWEEN_S = 3
_WHO = ("a man", "a man", "a woman", "two men", "people", "a person", "a group of people", "a dog")
_WHAT = ("is walking", "is standing", "are talking", "is fighting", "sits down", "runs away", "falls", "opens a door")
_WHERE = ("in a room", "near the counter", "on the street", "outside", "by a car", "in front of a television")


def main() -> None:
    """Print the figures, one a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    arguments = parser.parse_args()
    if arguments.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            print("SQLite")
            asyncio.run(measure(f"sqlite+aiosqlite:///{Path(folder) / 'events.db'}", arguments.events))
    if arguments.only != "sqlite":
        try:
            server = PostgresServer().__enter__()
        except RuntimeError as error:
            print(f"PostgreSQL: {error}")
            return
        print("PostgreSQL")
        asyncio.run(measure(server.url("postgres"), arguments.events))
        server.__exit__(None, None, None)


async def measure(url: str, count: int) -> None:
    """All figures of one database."""
    await migrate.upgrade(url)
    began = time.perf_counter()
    await make_events(url, count)
    print(f"  {count} events made in {time.perf_counter() - began:.0f} s")
    database = Database(url)
    for name, wanted in list_filters(count).items():
        for page, after in (("first page", None), ("deep page", Cursor(NEWEST - span(count) * 0.9, "0" * 32))):
            print(f"  {name + ', ' + page:58} {describe(await ask(database, wanted, after))}")
    print(f"  filed one by one, searchable          {await file_one_by_one(database)}")
    async with altering(url, remove_index):
        print(f"  filed one by one, without the index   {await file_one_by_one(database)}")
    await database.dispose()


def list_filters(count: int) -> dict[str, EventFilter]:
    """Every filter, alone and with others; words that most, some, few and no events hold."""
    recent = {"since": NEWEST - span(count) * 0.95, "until": NEWEST}
    texts = (
        "man",
        "person",
        "walking",
        "fighting",
        "television",
        "fig",
        "a",
        "man fighting street",
        "said1234",
        "zebra",
    )
    by_text = {f"text={each}": EventFilter(text=each) for each in texts}
    at_camera = {f"camera, text={each}": EventFilter(camera_id=CAMERAS[3], text=each) for each in ("man", "locked")}
    return {
        "no filter": EventFilter(),
        "camera": EventFilter(camera_id=CAMERAS[3]),
        "since, until": EventFilter(**recent),  # type: ignore[arg-type]
        "camera, since, until": EventFilter(camera_id=CAMERAS[3], **recent),  # type: ignore[arg-type]
        **by_text,
        **at_camera,
        "camera, since, until, text=fighting": EventFilter(CAMERAS[3], **recent, text="fighting"),  # type: ignore[arg-type]
        "label=person": EventFilter(scores=(SoughtMark("label", "person", 5),)),
        "label=knife": EventFilter(scores=(SoughtMark("label", "knife", 5),)),
        "concept=fight, min_score=0.9": EventFilter(scores=(SoughtMark("concept", "fight", 9),)),
        "camera, concept=fight, label=person, text=street": EventFilter(
            CAMERAS[3], text="street", scores=(SoughtMark("concept", "fight", 3), SoughtMark("label", "person", 5))
        ),
    }


def span(count: int) -> timedelta:
    """From the first event to the last."""
    return timedelta(seconds=BETWEEN_S * count)


async def ask(database: Database, wanted: EventFilter, after: Cursor | None) -> list[float]:
    """Seconds that each of some requests took."""
    took: list[float] = []
    page = PageRequest(after, 50)
    for _ in range(12):
        began = time.perf_counter()
        async with database.reading() as session:
            rows = await events.list_events(session, wanted, after=after, limit=page.fetch)
        page.cut(rows, EventView.model_validate, lambda event: Cursor(event.occurred_at, event.id)).model_dump_json()
        took.append(time.perf_counter() - began)
    return took[1:]


def describe(took_s: Sequence[float]) -> str:
    """The middle, and what all but one in twenty stay below."""
    ordered = sorted(took_s)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"p50 {statistics.median(ordered) * 1000:6.1f} ms   p95 {p95 * 1000:6.1f} ms"


async def file_one_by_one(database: Database, number: int = 1000) -> str:
    """Each in a transaction of its own, as a camera's are."""
    took: list[float] = []
    connection, chance = new_id(), random.Random(0)
    for index in range(number):
        row = Event(**make_row(chance, index, NEWEST + timedelta(seconds=index), connection=connection))
        began = time.perf_counter()
        async with database.unit_of_work() as session:
            await events.insert_or_find(session, row)
        took.append(time.perf_counter() - began)
    return f"{number / sum(took):5.0f}/s   {describe(took)}   max {max(took) * 1000:.0f} ms"


async def make_events(url: str, count: int) -> None:
    """In a few large transactions, and without SQLAlchemy's objects."""
    chance = random.Random(1)
    oldest = NEWEST - span(count)
    rows = (make_row(chance, index, oldest + timedelta(seconds=BETWEEN_S * index)) for index in range(count))
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        added = [{"id": each, "name": each, "source": "", "created_at": oldest} for each in CAMERAS]
        await connection.execute(insert(Camera), added)
    for some in in_groups(rows, 20_000):
        async with engine.begin() as connection:
            await connection.execute(insert(Event), some)
    await engine.dispose()
    if "postgresql" in url:
        await alter(url, lambda session: session.execute(text("ANALYZE")))


def in_groups(rows: Iterator[dict[str, object]], size: int) -> Iterator[list[dict[str, object]]]:
    """Some rows at a time."""
    group: list[dict[str, object]] = []
    for row in rows:
        group.append(row)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def make_row(chance: random.Random, index: int, at: datetime, *, connection: str = "1") -> dict[str, object]:
    """An event as a camera files it; one in ten was heard, and only one camera ever sees what is locked."""
    caption = " ".join(map(chance.choice, (_WHO, _WHAT, _WHERE)))
    camera_id = CAMERAS[index % len(CAMERAS)]
    if camera_id != CAMERAS[3] and index % 20 == 0:
        caption += " that is locked"
    speech = f"said{chance.randrange(20_000)} and said{chance.randrange(20_000)}" if index % 10 == 0 else ""
    others = tuple(Hypothesis(f"{caption} {number}", 0.2) for number in range(5))
    window, concepts = Window(index, 0.0, 2.0), {"fight": 0.1, "fall": 0.1, "fire": 0.0}
    if index % 50 == 0:
        concepts["fight"] = chance.choice((0.35, 0.62, 0.93))
    boxed = {"person": 0.8} if index % 3 == 0 else {"knife": 0.55} if index % 5000 == 1 else {}
    detections = tuple(Detection(name, score, Box(0.1, 0.1, 0.4, 0.9), 1.0) for name, score in boxed.items())
    return {
        "id": new_id(),
        "camera_id": camera_id,
        "connection": connection,
        "window_index": index,
        "start_s": 0.0,
        "end_s": 2.0,
        "occurred_at": at,
        "observation": Observation(window, Caption(caption, 0.4), others, concepts, detections),
        "caption": caption,
        "speech": speech,
        "words": list_words(caption, speech, camera_id=camera_id, concepts=concepts, labels=boxed),
    }


def remove_index(connection: Connection) -> None:
    """As before there was one."""
    remove_search(connection)
    connection.exec_driver_sql(f"DROP INDEX IF EXISTS ix_{INDEX}")


@asynccontextmanager
async def altering(url: str, change: Callable[[Connection], object]) -> AsyncIterator[None]:
    """Change the tables for the length of a block."""

    async def run(work: Callable[[Connection], object]) -> None:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(work)
        await engine.dispose()

    await run(change)
    yield
    await run(install_search) if "postgresql" not in url else None


async def alter(url: str, work: Callable[[AsyncSession], Awaitable[object]]) -> None:
    """One statement in a transaction of its own."""
    database = Database(url)
    async with database.unit_of_work() as session:
        await work(session)
    await database.dispose()


if __name__ == "__main__":
    main()
