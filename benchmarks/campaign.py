"""A campaign of faults, seeded, against the stand-in Graph in a process of its own: is a delivery ever lost?

Usage: python -m benchmarks.campaign sqlite|postgresql|roles [--deliveries 10000] [--kills 10]

Of all calls 5 % are accepted and reset, 5 % time out, 10 % get a 5xx or HTML, 5 % a rate limit; for a minute the token
is expired. Echoes are on, and repeated until they are taken. `sqlite` and `postgresql` run `serve`, killed with -9 now
and then and started again. `roles` runs `api`, `relay` and two `worker` on PostgreSQL and RabbitMQ: one worker is
killed with -9, the broker is restarted, and its queue purged.

The waits are shortened, and the limits lifted: see benchmarks/hasty.py.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import aio_pika
import httpx
from sqlalchemy import Select, select
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitServer
from tests.servers.service import VERIFY_TOKEN, ApiService, RelayService, Service, WorkerService

from benchmarks import hasty
from benchmarks.alerts import PAGE, PEOPLE, SECRET, TOKEN, Graph, see_fight, serving_graph, set_up, tell_everybody
from instantreact.config import Settings
from instantreact.domain.alert import DeliveryState, PartKind
from instantreact.logs import configure_logs
from instantreact.pipeline.sending import part_metadata
from instantreact.pipeline.step_names import StepName
from instantreact.storage.bindings import find_service_id
from instantreact.storage.database import Database
from instantreact.storage.migrate import upgrade
from instantreact.storage.tables import Delivery, DeliveryPart
from instantreact.wiring import open_services

SEED = 20261127
DELIVERIES_LEFT = 200  # so few of them are looked at every second
EXPIRED = {
    "kind": "error",
    "code": 190,
    "status": 401,
    "message": "Error validating access token: Session has expired.",
}
LIMITED = {"kind": "error", "code": 613, "message": "Calls to this api have exceeded the rate limit."}
RATES = (
    (0.05, {"kind": "reset", "accepted": True}),
    (0.05, {"kind": "hang"}),
    (0.05, {"kind": "page", "status": 503}),
    (0.05, {"kind": "page", "status": 500}),
    (0.05, LIMITED),
)


class HastyService(Service):
    """`serve` with the campaign's waits."""

    module = "benchmarks.hasty"


class HastyWorkerService(WorkerService):
    """A worker with the campaign's waits."""

    module = "benchmarks.hasty"


def main() -> None:
    """Print what became of every delivery."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("on", choices=("sqlite", "postgresql", "roles"))
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--expired-s", type=float, default=60.0, help="how long the token is expired")
    arguments = parser.parse_args()
    configure_logs(level="error")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {"speech": "off", "alerts_a_minute": "0", "grouping_s": "0", "log_level": "error"}
        if arguments.on != "sqlite":
            server = stack.enter_context(PostgresServer())
            settings["database_url"] = server.url("postgres").replace("+asyncpg", "")
        graph = stack.enter_context(serving_graph())
        asyncio.run(raise_all(folder, settings, graph, arguments.deliveries // PEOPLE))
        settings |= graph_settings(graph)
        tell("all alerts are raised")
        began, count = time.monotonic(), 2 * PEOPLE * (arguments.deliveries // PEOPLE)
        if arguments.on == "roles":
            rabbit = stack.enter_context(RabbitServer())
            work_in_roles(folder, settings | {"broker_url": rabbit.url}, rabbit, graph, count, arguments.expired_s)
        else:
            work_alone(folder, settings, graph, count, arguments.kills, arguments.expired_s)
        took_s = time.monotonic() - began
        asyncio.run(report(folder, settings, graph, took_s))


def graph_settings(graph: Graph) -> dict[str, str]:
    """By which a service finds the stand-in."""
    return {
        "graph_url": graph.url,
        "messenger_page_id": PAGE,
        "messenger_page_token": TOKEN,
        "messenger_app_secret": SECRET,
        "messenger_verify_token": VERIFY_TOKEN,
    }


async def raise_all(folder: Path, values: dict[str, str], graph: Graph, alerts: int) -> None:
    """So many alerts for fifty people, before anybody delivers them."""
    graph, settings = Graph(graph.url), Settings(_env_file=None, state_dir=folder, **values)  # type: ignore[arg-type]
    await upgrade(settings.resolved_database_url)
    async with open_services(settings, keeps_nursery=False) as services:
        camera_id = await set_up(services, graph)
        await tell_everybody(services)
        for _ in range(alerts):
            await see_fight(services, camera_id)
    await graph.close()


def begin(graph: Graph, urls: Sequence[str], expired_s: float) -> None:
    """From now on calls fail, and echoes come."""
    rates = [{"rate": rate, "fault": fault} for rate, fault in RATES]
    weather = {"seed": SEED, "rates": rates, "always": EXPIRED, "from_s": 10.0, "to_s": 10.0 + expired_s}
    body = {"weather": weather, "webhooks": [f"{url}/webhooks/messenger" for url in urls]}
    httpx.post(f"{graph.url}/_campaign", json=body).raise_for_status()


def work_alone(folder: Path, settings: dict[str, str], graph: Graph, parts: int, kills: int, expired_s: float) -> None:
    """One `serve`, killed at so many moments of the campaign."""
    dice = random.Random(SEED)
    at = sorted(dice.sample(range(parts // 20, parts), kills))
    with HastyService(folder, None, **settings) as service:
        begin(graph, [service.url], expired_s)
        for count in at:
            wait_for(graph, count)
            time.sleep(dice.uniform(0.0, 0.2))
            service.kill()
            service.start()
        asyncio.run(wait_for_the_end(folder, settings))


def work_in_roles(
    folder: Path, settings: dict[str, str], rabbit: RabbitServer, graph: Graph, parts: int, expired_s: float
) -> None:
    """Two workers: one is killed, the broker restarted, and what is in its queues purged."""
    api, relay = ApiService(folder, None, **settings), RelayService(folder, None, **settings)
    first, second = HastyWorkerService(folder, None, **settings), HastyWorkerService(folder, None, **settings)
    with api, relay, first, second:
        begin(graph, [api.url], expired_s)
        wait_for(graph, parts // 5)
        first.kill()
        wait_for(graph, 2 * parts // 5)
        rabbit.stop()
        rabbit.start()
        wait_for(graph, 3 * parts // 5)
        print(f"purged messages: {asyncio.run(purge(rabbit.url, settings))}")
        first.start()
        asyncio.run(wait_for_the_end(folder, settings))


async def purge(url: str, settings: dict[str, str]) -> int:
    """Empty the queues of deliveries; how many messages there were, in some tries of which one finds them filled."""
    database = Database(Settings(_env_file=None, **settings).resolved_database_url)  # type: ignore[arg-type]
    service_id = await find_service_id(database)
    await database.dispose()
    connection = await aio_pika.connect(url)
    channel, purged = await connection.channel(), 0
    for _ in range(200):
        queue = await channel.get_queue(f"instantreact.{service_id}.{StepName.DELIVER_CRITICAL}")
        purged += (await queue.purge()).message_count or 0
        if purged:
            break
        await asyncio.sleep(0.01)
    await connection.close()
    return purged


def wait_for(graph: Graph, count: int) -> None:
    """Until Graph has accepted so many messages."""
    while httpx.get(f"{graph.url}/_counted").json()["received"] < count:
        time.sleep(0.1)
    tell(f"{count} messages accepted")


def tell(progress: str) -> None:
    """Say on standard error how far it is."""
    print(f"{datetime.now():%H:%M:%S} {progress}", file=sys.stderr, flush=True)  # noqa: DTZ005 for who looks on


async def wait_for_the_end(folder: Path, settings: dict[str, str]) -> None:
    """Until no delivery waits any more."""
    database = Database(Settings(_env_file=None, state_dir=folder, **settings).resolved_database_url)  # type: ignore[arg-type]
    waiting = select(Delivery.id).where(Delivery.state == DeliveryState.PENDING)
    while left := len(await _find(database, waiting)):
        tell(f"{left} deliveries wait")
        await asyncio.sleep(15.0 if left > DELIVERIES_LEFT else 1.0)
    await database.dispose()


async def report(folder: Path, settings: dict[str, str], graph: Graph, took_s: float) -> None:
    """What became of every delivery, by the database and by what Graph received."""
    database = Database(Settings(_env_file=None, state_dir=folder, **settings).resolved_database_url)  # type: ignore[arg-type]
    states, parts = await _find(database, select(Delivery.state)), await _find(database, select(DeliveryPart))
    await database.dispose()
    graph = Graph(graph.url)
    received = [str(each["metadata"]) for each in await graph.received()]
    await graph.close()
    times, first = Counter(received), {name: at for at, name in reversed(list(enumerate(received)))}
    buried = Counter(part.error for part in parts if part.state is DeliveryState.BURIED)
    lost = [p for p in parts if part_metadata(p.id) not in times and p.state is not DeliveryState.BURIED]
    twice = sum(count - 1 for count in times.values())
    print(f"on it: {hasty.__doc__}")
    print(f"deliveries {len(states)}: {dict(Counter(states))}")
    print(f"lost parts {len(lost)}; buried {sum(buried.values())}: {dict(buried)}")
    print(f"tries {sum(part.attempts for part in parts)} for {len(parts)} parts")
    print(f"parts sent twice {twice}, {100 * twice / len(parts):.2f} %; most often one {max(times.values())} times")
    print(f"order violations {count_violations(parts, first)}")
    print(f"wall time {took_s:.0f} s, {len(states) / took_s:.1f} deliveries/s; load {os.getloadavg()[0]:.1f}")


def count_violations(parts: Sequence[DeliveryPart], first: Mapping[str, int]) -> int:
    """Deliveries of which the picture was accepted before the text."""
    at = {(part.delivery_id, part.kind): first.get(part_metadata(part.id)) for part in parts}
    pairs = [(at[part.delivery_id, PartKind.TEXT], at[part.delivery_id, part.kind]) for part in parts]
    return sum(text is None or text > other for text, other in pairs if other is not None)


async def _find(database: Database, statement: Select[Any]) -> Sequence[Any]:
    async with database.reading() as session:
        return (await session.scalars(statement)).all()


if __name__ == "__main__":
    main()
