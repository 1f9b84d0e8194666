"""Relay, broker and worker inside one process: what `serve` runs by default."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from random import Random

from instantreact.clock import Clock
from instantreact.jobs.broker import MemoryBroker
from instantreact.jobs.claims import release_owned
from instantreact.jobs.inherit import free_dead
from instantreact.jobs.relay import Relay
from instantreact.jobs.worker import JobKind, Worker
from instantreact.storage.database import Database
from instantreact.storage.neighbours import Neighbours


@asynccontextmanager
async def run_jobs(
    database: Database,
    kinds: Mapping[str, JobKind],
    *,
    clock: Clock,
    random: Random,
    neighbours: Neighbours,
    grace_s: float = 5.0,
) -> AsyncIterator[None]:
    """Run jobs of these kinds in the background of the block, beside other processes that may do the same.

    What a process that died had in hand is due at once. At the end running jobs have `grace_s` to come to an end; the
    others are given back.
    """
    owner = neighbours.own
    await free_dead(database, neighbours, clock=clock)
    worker = Worker(database, kinds, clock=clock, random=random, owner=owner)
    broker = MemoryBroker(worker.run_job)
    limits = {name: kind.limit for name, kind in kinds.items()}
    relay = Relay(database, broker, limits=limits, owner=owner, clock=clock, neighbours=neighbours)
    await broker.start()
    async with in_background(worker.run_heartbeat()):
        try:
            async with in_background(relay.run()):
                yield
        finally:
            await worker.stop(grace_s=grace_s)
    await broker.stop()
    async with database.unit_of_work() as session:
        await release_owned(session, owner)  # handed, but never taken


@asynccontextmanager
async def in_background(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Work that goes on for ever, until the end of the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
