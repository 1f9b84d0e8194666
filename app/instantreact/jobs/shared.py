"""Relay and workers in processes of their own, or together in `serve`, joined by RabbitMQ."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random

from instantreact.clock import Clock
from instantreact.jobs.embedded import in_background
from instantreact.jobs.inherit import free_dead
from instantreact.jobs.rabbitmq import RabbitAddress, RabbitConsumer, RabbitPublisher, wait_for_rabbitmq
from instantreact.jobs.relay import Relay
from instantreact.jobs.worker import JobKind, Worker
from instantreact.storage.database import Database
from instantreact.storage.neighbours import Neighbours


@asynccontextmanager
async def run_relay(
    database: Database, address: RabbitAddress, *, clock: Clock, neighbours: Neighbours
) -> AsyncIterator[None]:
    """Hand due jobs to the queues during the block. More than one relay is of use only when one dies."""
    await wait_for_rabbitmq(address.url)
    publisher = RabbitPublisher(address)
    relay = Relay(database, publisher, clock=clock, neighbours=neighbours)
    try:
        async with in_background(relay.run()):
            yield
    finally:
        await publisher.stop()


@asynccontextmanager
async def run_worker(
    database: Database,
    address: RabbitAddress,
    kinds: Mapping[str, JobKind],
    *,
    clock: Clock,
    random: Random,
    neighbours: Neighbours,
    grace_s: float = 5.0,
) -> AsyncIterator[None]:
    """Run the jobs that come from the queues of these kinds during the block.

    At the end running jobs have `grace_s` to come to an end; the others are given back.
    """
    await free_dead(database, neighbours, clock=clock)
    await wait_for_rabbitmq(address.url)
    worker = Worker(database, kinds, clock=clock, random=random, owner=neighbours.own, is_shared=True)
    room = {name: kind.limit + 1 for name, kind in kinds.items()}  # one more, for a short job among long ones
    consumer = RabbitConsumer(address, room, worker.run_job)
    await worker.renew_leases()  # from now on the relay knows of its room
    consumer.start()
    try:
        async with in_background(worker.run_heartbeat()):
            try:
                yield
            finally:
                consumer.finish()
                await worker.stop(grace_s=grace_s)
    finally:
        await consumer.stop()
