"""A worker process that tests kill: `python -m tests.jobs.child URL STARTED FOLDER`.

Each job files an incoming message under its subject, without minding whether it is there, in the transaction that
finishes it: a job that is finished twice breaks the unique key and is buried. The job `hang` never ends.
"""

import asyncio
import sys
from pathlib import Path
from random import Random

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.clock import SystemClock
from instantreact.jobs.claims import Claim
from instantreact.jobs.embedded import run_jobs
from instantreact.jobs.worker import JobKind
from instantreact.storage.database import Database
from instantreact.storage.neighbours import Neighbours
from instantreact.storage.tables import IncomingMessage


async def ignore_burial(session: AsyncSession, subject: str, reason: str) -> None:
    """The job itself says why."""


def file_kind(database: Database) -> JobKind:
    async def file(claim: Claim) -> None:
        async with database.unit_of_work() as session:
            now = SystemClock().now()
            session.add(IncomingMessage(channel="messenger", dedupe_key=claim.subject, body={}, received_at=now))
            await claim.finish(session)

    return JobKind(file, ignore_burial, limit=4)


def hang_kind(started: Path) -> JobKind:
    async def hang(claim: Claim) -> None:
        started.touch()  # noqa: ASYNC240
        await asyncio.Event().wait()

    return JobKind(hang, ignore_burial)


async def main(url: str, started: Path, folder: Path) -> None:
    database = Database(url)
    kinds = {"file": file_kind(database), "hang": hang_kind(started)}
    neighbours = Neighbours(folder)
    with neighbours.join():
        async with run_jobs(database, kinds, clock=SystemClock(), random=Random(), neighbours=neighbours):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(Path, sys.argv[2:])))
