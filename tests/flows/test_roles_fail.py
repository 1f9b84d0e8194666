"""Deliveries through PostgreSQL, RabbitMQ and two workers while all of them fail: nothing is lost."""

import asyncio
from collections import Counter
from pathlib import Path

import aio_pika
import pytest
from benchmarks.alerts import PEOPLE, see_fight, set_up_people
from sqlalchemy import select

from instantreact.clock import SystemClock
from instantreact.config import Settings
from instantreact.domain.alert import DeliveryState
from instantreact.jobs.room import offer_room
from instantreact.pipeline.step_names import StepName
from instantreact.storage.bindings import find_service_id
from instantreact.storage.database import Database
from instantreact.storage.migrate import upgrade
from instantreact.storage.tables import Delivery
from instantreact.wiring import open_services
from instantreact_demo.graph import FakeGraph, Person
from tests.flows.test_roles import shared  # noqa: F401 a fixture
from tests.servers.rabbitmq import RabbitServer
from tests.servers.service import RelayService, WorkerService, wait_until

ALERTS, PURGED = 2, 40


@pytest.mark.timeout(300)
def test_no_delivery_is_lost_when_a_queue_is_purged_a_worker_killed_and_the_broker_restarted(
    tmp_path: Path,
    graph: FakeGraph,
    shared: dict[str, str],  # noqa: F811
    rabbitmq: RabbitServer,
) -> None:
    graph.people.update({str(2000 + number): Person() for number in range(PEOPLE)})
    asyncio.run(raise_alerts(tmp_path, shared))
    relay = RelayService(tmp_path, graph, **shared)
    first, second = (WorkerService(tmp_path, graph, **shared) for _ in range(2))
    with relay:
        assert asyncio.run(lose_messages(shared, rabbitmq)) == PURGED
        with first, second:
            graph.wait_for_parts(20, timeout_s=60)
            first.kill()
            graph.wait_for_parts(50, timeout_s=60)
            rabbitmq.stop()
            rabbitmq.start()
            wait_until(lambda: find_states(shared) == {DeliveryState.SENT}, timeout_s=120, what="every delivery")
    sent = Counter(part.metadata for part in graph.received)
    assert len(sent) == 2 * ALERTS * PEOPLE
    assert sum(sent.values()) - len(sent) <= 64  # what was under way where the process was killed


async def raise_alerts(folder: Path, shared: dict[str, str]) -> None:  # noqa: F811
    """A hundred deliveries, which nobody makes yet."""
    settings = Settings(_env_file=None, state_dir=folder, alerts_a_minute=0, grouping_s=0, **shared)  # type: ignore[arg-type]
    await upgrade(settings.resolved_database_url)
    async with open_services(settings, keeps_nursery=False) as services:
        camera_id = await set_up_people(services, tell_all=True)
        for _ in range(ALERTS):
            await see_fight(services, camera_id)


async def lose_messages(shared: dict[str, str], rabbitmq: RabbitServer) -> int:  # noqa: F811
    """The relay hands jobs to a worker that takes none, and their queue is purged; how many messages there were."""
    database = Database(Settings(_env_file=None, **shared).resolved_database_url)  # type: ignore[arg-type]
    room: dict[str, int] = {StepName.DELIVER_CRITICAL: PURGED}
    async with database.unit_of_work() as session:
        await offer_room(session, "takes nothing", room, now=SystemClock().now(), lease_s=5.0)
    name = f"instantreact.{await find_service_id(database)}.{StepName.DELIVER_CRITICAL}"
    await database.dispose()
    connection = await aio_pika.connect(rabbitmq.url)
    channel, purged = await connection.channel(), 0
    async with asyncio.timeout(60):
        while purged < PURGED:
            await asyncio.sleep(0.5)
            try:
                purged += (await (await channel.get_queue(name)).purge()).message_count or 0
            except aio_pika.exceptions.ChannelNotFoundEntity:  # the relay makes it with the first message
                channel = await connection.channel()
    await connection.close()
    return purged


def find_states(shared: dict[str, str]) -> set[DeliveryState]:  # noqa: F811
    async def find() -> set[DeliveryState]:
        database = Database(Settings(_env_file=None, **shared).resolved_database_url)  # type: ignore[arg-type]
        async with database.reading() as session:
            states = set(await session.scalars(select(Delivery.state)))
        await database.dispose()
        return states

    return asyncio.run(find())
