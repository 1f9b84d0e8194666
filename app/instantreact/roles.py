"""What a process of the service may be besides its API: `worker`, `relay`, or in `serve` both of them."""

import asyncio
import importlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from random import SystemRandom
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from instantreact.config import Settings
from instantreact.errors import BrokerUnreachable, DatabaseUnreachable, InstantReactError, Misconfigured
from instantreact.jobs.embedded import run_jobs
from instantreact.logs import get_logger
from instantreact.pipeline.bundles import telling_bundles
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.heartbeat import queue_heartbeat
from instantreact.pipeline.purge import queue_purge
from instantreact.pipeline.remind import queue_reminders
from instantreact.pipeline.repair import queue_checks
from instantreact.pipeline.report import queue_reports
from instantreact.pipeline.services import Services
from instantreact.pipeline.show import showing_cameras
from instantreact.storage.bindings import find_service_id
from instantreact.storage.database import Database
from instantreact.storage.migrate import find_current_and_head
from instantreact.storage.neighbours import Neighbours
from instantreact.storage.state_folder import prepare_folder
from instantreact.wiring import make_neighbours, open_database, open_services

if TYPE_CHECKING:  # it needs an extra
    from instantreact.jobs.rabbitmq import RabbitAddress

LOOK_S = 5.0

log = get_logger(__name__)

Announce = Callable[[str], None]


async def work(settings: Settings, *, announce: Announce) -> None:
    """Run jobs until interrupted, beside an API, a relay and other workers that share database, files and RabbitMQ."""
    _refuse_without_broker(settings, "worker")
    prepare_folder(settings.state_dir)
    await wait_for_database(settings, announce)
    neighbours = make_neighbours(settings)
    with neighbours.join():
        async with (
            open_services(settings) as services,
            telling_bundles(services, neighbours.own),
            showing_cameras(services),
            _run_worker(settings, services, neighbours),
        ):
            await queue_checks(services)
            await queue_purge(services)
            await queue_heartbeat(services)
            await queue_reports(services)
            await queue_reminders(services)
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
    with suppress(BrokerUnreachable):  # jobs wait in the database meanwhile; cameras are watched, and requests answered
        await check_broker(settings)
    async with _joined(_run_shared(settings, services, neighbours)):
        yield


@asynccontextmanager
async def _run_shared(settings: Settings, services: Services, neighbours: Neighbours) -> AsyncIterator[None]:
    database, clock = services.database, services.clock
    address = await _find_rabbitmq(settings, database)
    from instantreact.jobs.shared import run_relay

    async with (
        run_relay(database, address, clock=clock, neighbours=neighbours),
        _run_worker(settings, services, neighbours),
    ):
        yield


@asynccontextmanager
async def _joined(work: AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
    """Enter `work` as soon as it can be entered, beside the block, and leave it at the block's end."""
    entered, over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with work:
            entered.set()
            await over.wait()

    holding = asyncio.create_task(hold(), name="jobs")
    holding.add_done_callback(_log_end)
    try:
        yield
    finally:
        over.set()
        if not entered.is_set():
            holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


def _log_end(holding: asyncio.Task[None]) -> None:
    if not holding.cancelled() and (error := holding.exception()) is not None:
        log.error("jobs.not_run", exc_info=error)


async def wait_for_database(settings: Settings, announce: Announce) -> None:
    """Return once it has this version's tables. `serve` and `migrate` make them: the others need not be allowed to."""
    await _wait_until(_find_missing_tables, settings, announce)


async def wait_for_server(settings: Settings, announce: Announce) -> None:
    """Return once the database answers, whatever is in it: machines start in any order."""
    await _wait_until(_find_nothing_missing, settings, announce)


async def _wait_until(
    find_missing: Callable[[str], Awaitable[str | None]], settings: Settings, announce: Announce
) -> None:
    """Say each thing that is missing once, however long it is waited for."""
    url, said = settings.resolved_database_url, None
    while True:
        try:
            missing = await find_missing(url)
        except DatabaseUnreachable as error:
            missing = f"{error} Waiting for it."
        if missing is None:
            return
        if missing != said:
            announce(missing)
            said = missing
        await asyncio.sleep(1)


async def _find_missing_tables(url: str) -> str | None:
    current, head = await find_current_and_head(url)
    if current == head:
        return None
    where = make_url(url).set(username=None, password=None, query={}).render_as_string()
    has = f"is at {current}, not at {head}" if current else "has no tables yet"
    return f"The database {where} {has}: waiting for `instantreact serve` or `migrate`."


async def _find_nothing_missing(url: str) -> None:
    await find_current_and_head(url)


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
