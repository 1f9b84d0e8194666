"""What a process of the service may be besides its API: `worker`, `relay`, or in `serve` both of them."""

import asyncio
import importlib
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import TYPE_CHECKING

from instantreact.config import Settings
from instantreact.errors import InstantReactError, Misconfigured
from instantreact.jobs.embedded import run_jobs
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.purge import queue_purge
from instantreact.pipeline.repair import queue_checks
from instantreact.pipeline.services import Services
from instantreact.storage.bindings import find_service_id
from instantreact.storage.database import Database
from instantreact.storage.migrate import find_current_and_head
from instantreact.storage.neighbours import Neighbours
from instantreact.storage.state_folder import prepare_folder
from instantreact.wiring import make_neighbours, open_database, open_services

if TYPE_CHECKING:  # it needs an extra
    from instantreact.jobs.rabbitmq import RabbitAddress

LOOK_S = 5.0

Announce = Callable[[str], None]


async def work(settings: Settings, *, announce: Announce) -> None:
    """Run jobs until interrupted, beside an API, a relay and other workers that share database, files and RabbitMQ."""
    _refuse_without_broker(settings, "worker")
    prepare_folder(settings.state_dir)
    await wait_for_database(settings, announce)
    neighbours = make_neighbours(settings)
    with neighbours.join():
        async with open_services(settings) as services, _run_worker(settings, services, neighbours):
            await queue_checks(services)
            await queue_purge(services)
            announce("InstantReact takes jobs from RabbitMQ.")
            await _until_interrupted()


async def relay(settings: Settings, *, announce: Announce) -> None:
    """Hand due jobs to RabbitMQ until interrupted."""
    _refuse_without_broker(settings, "relay")
    prepare_folder(settings.state_dir)
    await wait_for_database(settings, announce)
    neighbours = make_neighbours(settings)
    with neighbours.join():
        async with open_database(settings) as (database, clock):
            address = await _find_rabbitmq(settings, database)
            from instantreact.jobs.shared import run_relay

            async with run_relay(database, address, clock=clock, neighbours=neighbours):
                announce("InstantReact hands jobs to RabbitMQ.")
                await _until_interrupted()


@asynccontextmanager
async def run_all_jobs(settings: Settings, services: Services, neighbours: Neighbours) -> AsyncIterator[None]:
    """Relay and worker in this process, joined by RabbitMQ where there is one: other workers then help."""
    database, clock = services.database, services.clock
    if settings.broker_url is None:
        kinds = job_kinds(services, analyze_jobs=settings.analyze_jobs)
        async with run_jobs(database, kinds, clock=clock, random=SystemRandom(), neighbours=neighbours):
            yield
        return
    address = await _find_rabbitmq(settings, database)
    from instantreact.jobs.shared import run_relay

    async with (
        run_relay(database, address, clock=clock, neighbours=neighbours),
        _run_worker(settings, services, neighbours),
    ):
        yield


async def wait_for_database(settings: Settings, announce: Announce) -> None:
    """Return once it has this version's tables. `serve` and `migrate` make them: the others need not be allowed to."""
    has_waited = False
    while True:
        current, head = await find_current_and_head(settings.resolved_database_url)
        if current == head:
            return
        if not has_waited:
            announce(f"The database is at {current or 'nothing'}: waiting for `instantreact serve` or `migrate`.")
            has_waited = True
        await asyncio.sleep(1)


class BrokerLook:
    """Whether RabbitMQ answers, where it is configured: asked every few seconds at most, whoever wants to know."""

    def __init__(self, settings: Settings) -> None:
        self.is_configured = settings.broker_url is not None
        self._settings = settings
        self._turn = asyncio.Lock()
        self._looked_at_s = -LOOK_S
        self._problem: str | None = None

    async def find_problem(self) -> str | None:
        """What is wrong, in words."""
        async with self._turn:
            if time.monotonic() - self._looked_at_s >= LOOK_S:
                try:
                    await check_broker(self._settings)
                    self._problem = None
                except InstantReactError as error:
                    self._problem = str(error)
                self._looked_at_s = time.monotonic()
            return self._problem


async def check_broker(settings: Settings) -> None:
    """Connect once where one is set. Raises Misconfigured, and BrokerUnreachable where it does not answer."""
    if settings.broker_url is not None:
        _need_extra()
        from instantreact.jobs.rabbitmq import check_rabbitmq

        await check_rabbitmq(settings.broker_url.get_secret_value())


@asynccontextmanager
async def _run_worker(settings: Settings, services: Services, neighbours: Neighbours) -> AsyncIterator[None]:
    address = await _find_rabbitmq(settings, services.database)
    from instantreact.jobs.shared import run_worker

    kinds = job_kinds(services, analyze_jobs=settings.analyze_jobs)
    async with run_worker(
        services.database, address, kinds, clock=services.clock, random=SystemRandom(), neighbours=neighbours
    ):
        yield


def _refuse_without_broker(settings: Settings, role: str) -> None:
    if settings.broker_url is None:
        raise Misconfigured(
            f"`instantreact {role}` needs RabbitMQ, which carries jobs from one process to another: set "
            "INSTANTREACT_BROKER_URL to amqp://user:password@host/vhost for every process of this service. Without it "
            "`instantreact serve` runs the jobs itself."
        )


async def _find_rabbitmq(settings: Settings, database: Database) -> "RabbitAddress":
    """Raises Misconfigured where the extra is not installed."""
    _need_extra()
    from instantreact.jobs.rabbitmq import RabbitAddress

    assert settings.broker_url is not None  # noqa: S101 the callers have looked
    return RabbitAddress(settings.broker_url.get_secret_value(), await find_service_id(database))


def _need_extra() -> None:
    try:
        importlib.import_module("taskiq_aio_pika")
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"INSTANTREACT_BROKER_URL needs {error.name}, which is not installed: pip install 'instantreact[rabbitmq]'."
        ) from error


async def _until_interrupted() -> None:
    """SIGINT or SIGTERM."""
    loop, interrupted = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    await interrupted.wait()
