"""Workers that die or are interrupted at any moment lose nothing and do nothing twice."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from instantreact.clock import SystemClock
from instantreact.domain.job import JobState
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.jobs.embedded import run_jobs
from instantreact.jobs.worker import JobKind
from instantreact.storage.database import Database
from instantreact.storage.neighbours import Neighbours
from instantreact.storage.tables import IncomingMessage, Job
from tests.jobs.alone import alone
from tests.jobs.child import file_kind, ignore_burial

CLOCK = SystemClock()


async def put_all(database: Database, kind: str, count: int) -> None:
    async with database.unit_of_work() as session:
        for number in range(count):
            await outbox.put(session, kind, str(number), now=CLOCK.now())


async def count_rows(database: Database, table: type[Job | IncomingMessage]) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def wait_for_rows(database: Database, table: type[Job | IncomingMessage], wanted: range) -> None:
    async with asyncio.timeout(60):
        while await count_rows(database, table) not in wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def wait_for_file(path: Path) -> None:
    async with asyncio.timeout(60):
        while not path.exists():  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.02)


@asynccontextmanager
async def taking_over(database: Database, folder: Path, run: Callable[[Claim], Awaitable[None]]) -> AsyncIterator[None]:
    kinds = {"hang": JobKind(run, ignore_burial)}
    neighbours = Neighbours(folder / "processes")
    async with run_jobs(database, kinds, clock=CLOCK, random=random.Random(1), neighbours=neighbours):
        yield


@asynccontextmanager
async def child(url: str, started: Path) -> AsyncIterator[None]:
    """A worker process, killed without warning at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.jobs.child", url, str(started), str(started.parent / "processes")
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def test_jobs_are_all_done_once_when_workers_are_killed_among_them(
    database: Database, url: str, tmp_path: Path
) -> None:
    total = 100
    await put_all(database, "file", total)
    for done in (1, 30):
        async with child(url, tmp_path / "started"):
            await wait_for_rows(database, IncomingMessage, range(done, total + 1))
    assert await count_rows(database, Job) > 0
    neighbours = Neighbours(tmp_path / "processes")
    async with run_jobs(
        database, {"file": file_kind(database)}, clock=CLOCK, random=random.Random(1), neighbours=neighbours
    ):
        await wait_for_rows(database, Job, range(1))
    assert await count_rows(database, IncomingMessage) == total


async def test_a_job_that_was_running_is_taken_over_at_once_when_its_process_was_killed(
    database: Database, url: str, tmp_path: Path
) -> None:
    await put_all(database, "hang", 1)
    started = tmp_path / "started"
    async with child(url, started):
        await wait_for_file(started)
    attempts: list[int] = []

    async def run(claim: Claim) -> None:
        attempts.append(claim.attempt)

    async with taking_over(database, tmp_path, run):
        await wait_for_rows(database, Job, range(1))
    assert attempts == [2]


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_a_job_of_a_living_neighbour_is_left_alone_when_another_was_killed(
    database: Database, url: str, tmp_path: Path
) -> None:
    await put_all(database, "hang", 2)
    taken: list[str] = []

    async def run(claim: Claim) -> None:
        taken.append(claim.subject)

    async with child(url, tmp_path / "first"):
        await wait_for_file(tmp_path / "first")
        async with child(url, tmp_path / "second"):
            await wait_for_file(tmp_path / "second")
        async with taking_over(database, tmp_path, run):
            await wait_for_rows(database, Job, range(2))
            await asyncio.sleep(0.3)
    async with database.reading() as session:
        (left,) = await session.scalars(select(Job))
    assert (left.state, left.attempts) == (JobState.RUNNING, 1)
    assert taken == ["0" if left.subject == "1" else "1"]


async def test_a_job_is_buried_when_every_try_killed_its_worker(database: Database) -> None:
    async with database.unit_of_work() as session:
        await outbox.put(session, "poison", "a", now=CLOCK.now(), max_attempts=2)
        (await session.scalars(select(Job))).one().attempts = 2
    runs: list[int] = []
    buried = asyncio.Event()

    async def run(claim: Claim) -> None:
        runs.append(claim.attempt)

    async def on_buried(session: object, subject: str, reason: str) -> None:
        buried.set()

    kinds = {"poison": JobKind(run, on_buried)}
    async with run_jobs(database, kinds, clock=CLOCK, random=random.Random(1), neighbours=alone()):
        await asyncio.wait_for(buried.wait(), 20)
    assert runs == []


async def test_jobs_are_all_done_once_when_they_are_interrupted_at_any_point(database: Database) -> None:
    """A transaction that is cancelled halfway must give its connection back, or everything would stand still."""
    total = 100
    await put_all(database, "file", total)
    chance = random.Random(7)
    kinds = {"file": file_kind(database)}
    while await count_rows(database, Job) > 0:
        async with run_jobs(database, kinds, clock=CLOCK, random=random.Random(1), neighbours=alone(), grace_s=0.0):
            await asyncio.sleep(chance.uniform(0.0, 0.3))
    assert await count_rows(database, IncomingMessage) == total
