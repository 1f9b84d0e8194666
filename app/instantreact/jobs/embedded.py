"""Relay, broker and worker inside one process: what `serve` runs by default."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random

from instantreact.clock import Clock
from instantreact.jobs.broker import JobBroker, open_memory_broker
from instantreact.jobs.claims import release_all
from instantreact.jobs.relay import Relay
from instantreact.jobs.worker import JobKind, Worker
from instantreact.storage.database import Database


@asynccontextmanager
async def run_jobs(
    database: Database,
    kinds: Mapping[str, JobKind],
    *,
    clock: Clock,
    random: Random,
    grace_s: float = 5.0,
) -> AsyncIterator[None]:
    """Run the jobs of these kinds in the background of the block, in the only process that does so.

    At the start whatever an earlier process had in hand is due at once. At the end running jobs have `grace_s`
    to come to an end; the others are given back.
    """
    await _release_all(database)
    worker = Worker(database, kinds, clock=clock, random=random)
    broker = JobBroker(open_memory_broker(), worker.run_job)
    limits = {name: kind.limit for name, kind in kinds.items()}
    relay = Relay(database, broker, limits=limits, clock=clock)
    await broker.start()
    relaying = asyncio.create_task(relay.run(), name="relay")
    beating = asyncio.create_task(worker.run_heartbeat(), name="heartbeat")
    try:
        yield
    finally:
        await _cancel(relaying)
        await worker.stop(grace_s=grace_s)
        await _cancel(beating)
        await broker.stop()
        await _release_all(database)  # handed, but never taken


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _release_all(database: Database) -> None:
    async with database.unit_of_work() as session:
        await release_all(session)
