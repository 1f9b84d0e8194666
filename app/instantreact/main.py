"""The service in one process: API, relay, workers and cameras on one event loop; and cameras in one of their own."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from random import SystemRandom

from fastapi import FastAPI

from instantreact.api.app import create_app, create_internal_app
from instantreact.api.listening import open_listener
from instantreact.api.live import LiveCameras
from instantreact.api.options import ApiOptions
from instantreact.api.remote_cameras import RemoteCameras
from instantreact.api.server import Server
from instantreact.config import Settings
from instantreact.domain.alert import ChannelKind
from instantreact.errors import CaptionerUnavailable
from instantreact.inference.captioner import Captioner
from instantreact.ingest.keep_watching import keep_watching
from instantreact.ingest.supervisor import Supervisor
from instantreact.jobs.embedded import run_jobs
from instantreact.logs import get_logger
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.purge import purge_orphans
from instantreact.pipeline.repair import queue_checks
from instantreact.pipeline.services import Services
from instantreact.storage import keys, recipients
from instantreact.storage.bindings import bind_files
from instantreact.storage.cameras import reseal_cameras
from instantreact.storage.migrate import find_current_and_head, upgrade
from instantreact.storage.state_folder import hold_folder, prepare_folder
from instantreact.storage.tables import Recipient
from instantreact.wiring import (
    connection_limits,
    internal_token,
    make_holder,
    open_services,
    own_ports,
    public_url,
    reach_policy,
    stream_limits,
    watch_tools,
)

KEY_NAME = "first"

log = get_logger(__name__)


async def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Migrate the database, then serve until interrupted; `announce` tells the operator what they need to know."""
    with hold_folder(settings.state_dir), open_listener(settings.host, settings.port) as listener:
        await upgrade(settings.resolved_database_url)
        host, port = listener.getsockname()[:2]
        async with run_app(settings, port=port, announce=announce) as app:
            announce(f"InstantReact listens on http://{host}:{port} (its API is described at /docs).")
            await Server(app, connection_limits(settings)).serve(sockets=[listener])


async def ingest(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Watch cameras until interrupted, beside a `serve` that shares the database and the state folder."""
    prepare_folder(settings.state_dir)
    with open_listener(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        await _wait_for_database(settings, announce)
        async with (
            open_services(settings, decoder_spares=0) as services,
            _run_cameras(services, settings, port=port, max_cameras=settings.max_cameras) as live,
        ):
            app = create_internal_app(live, internal_token=internal_token(settings))
            announce(f"InstantReact watches cameras, and shows them to the API on http://{host}:{port}.")
            await Server(app, connection_limits(settings)).serve(sockets=[listener])


@asynccontextmanager
async def run_app(settings: Settings, *, port: int, announce: Callable[[str], None]) -> AsyncIterator[FastAPI]:
    """The API on `port`, its jobs and cameras running in the background. The database is expected to be migrated."""
    async with open_services(settings) as services:
        await bind_files(services.database, settings.state_dir / "blobs")
        key_hashes = await _ensure_key(services, settings, announce)
        await _ensure_recipient(services)
        if settings.secret_keys is not None:
            async with services.database.unit_of_work() as session:
                await reseal_cameras(session, services.box)
        await _load_captioner(services)
        await queue_checks(services)
        kinds = job_kinds(services, analyze_jobs=settings.analyze_jobs)
        max_cameras = settings.max_cameras if settings.watch_cameras else 0  # pushed frames come here even so
        async with (
            _purging(services),
            run_jobs(services.database, kinds, clock=services.clock, random=SystemRandom()),
            _run_cameras(services, settings, port=port, max_cameras=max_cameras) as live,
        ):
            yield create_app(services, _api_options(settings, key_hashes), lambda: check_readiness(services), live)


@asynccontextmanager
async def _purging(services: Services) -> AsyncIterator[None]:
    """Look for files that nobody knows beside the block: where there are many clips it takes a while."""
    purging = asyncio.create_task(purge_orphans(services), name="purge")
    purging.add_done_callback(_log_purge)
    try:
        yield
    finally:
        purging.cancel()
        await asyncio.gather(purging, return_exceptions=True)


def _log_purge(purging: asyncio.Task[int]) -> None:
    if not purging.cancelled() and purging.exception() is not None:
        log.error("blobs.purge_failed", exc_info=purging.exception())


@asynccontextmanager
async def _run_cameras(
    services: Services, settings: Settings, *, port: int, max_cameras: int
) -> AsyncIterator[LiveCameras]:
    policy, holder = reach_policy(settings), make_holder(settings, port)

    def make_supervisor(captioner: Captioner) -> Supervisor:
        tools = partial(watch_tools, settings, captioner, policy=policy, clock=services.clock)
        return Supervisor(services, holder, lambda put: tools(hand_over=put), max_cameras=max_cameras)

    with own_ports(settings).hold(port):
        async with keep_watching(services, make_supervisor) as own:
            remote = RemoteCameras(internal_token(settings))
            try:
                yield LiveCameras(services, own, remote, policy=policy, limits=stream_limits(settings))
            finally:
                await remote.close()


async def _wait_for_database(settings: Settings, announce: Callable[[str], None]) -> None:
    """`serve` brings the database to this version's tables: two that did would be in each other's way."""
    has_waited = False
    while True:
        current, head = await find_current_and_head(settings.resolved_database_url)
        if current == head:
            return
        if not has_waited:
            announce(f"The database is at {current or 'nothing'}: waiting for `instantreact serve` or `migrate`.")
            has_waited = True
        await asyncio.sleep(1)


async def check_readiness(services: Services) -> Mapping[str, str | None]:
    """Every part that work depends on: None when it is fine, or else what is wrong, in words."""
    return {
        "database": await _check_database(services),
        "storage": await services.threads.run(services.blobs.find_shortage),
        "captioner": await _check_captioner(services),
    }


async def _check_database(services: Services) -> str | None:
    try:
        async with services.database.reading() as session:
            await keys.list_keys(session)
    except Exception as error:
        log.exception("readiness.database_failed")
        return f"The database does not answer: {type(error).__name__}."
    return None


async def _check_captioner(services: Services) -> str | None:
    try:
        await services.threads.run(services.captioner.get)
    except CaptionerUnavailable as error:
        return str(error)
    return None


async def _load_captioner(services: Services) -> None:
    """Load the bundle before the first clip needs it; without one, clips are kept until it is repaired."""
    reason = await _check_captioner(services)
    if reason is not None:
        log.error("captioner.unavailable", reason=reason)


async def _ensure_key(services: Services, settings: Settings, announce: Callable[[str], None]) -> tuple[str, ...]:
    """The hashes of the keys that open the API; at the very first start a key is made and shown once."""
    if settings.api_key is not None:
        return (hashlib.sha256(settings.api_key.get_secret_value().encode()).hexdigest(),)
    async with services.database.unit_of_work() as session:
        known = await keys.list_keys(session)
        if known:
            return tuple(row.sha256 for row in known)
        key = secrets.token_urlsafe(32)
        await keys.set_key(session, name=KEY_NAME, key=key, now=services.clock.now())
    announce(f"The API key, shown this once: {key}\nSend it in the header X-API-Key.")
    return (hashlib.sha256(key.encode()).hexdigest(),)


async def _ensure_recipient(services: Services) -> None:
    """Where Messenger is not configured and there is nobody to tell, alerts are printed."""
    if ChannelKind.MESSENGER in services.channels:
        return
    async with services.database.unit_of_work() as session:
        if not await recipients.list_recipients(session, limit=1):
            console = Recipient(
                name="Console", channel=ChannelKind.CONSOLE, address="console", created_at=services.clock.now()
            )
            await recipients.insert_recipient(session, console)


def _api_options(settings: Settings, key_hashes: tuple[str, ...]) -> ApiOptions:
    secret, verify = settings.messenger_app_secret, settings.messenger_verify_token
    return ApiOptions(
        api_key_hashes=key_hashes,
        max_upload_bytes=settings.max_upload_mb << 20,
        analyze_jobs=settings.analyze_jobs,
        internal_token=internal_token(settings),
        messenger_app_secret=secret.get_secret_value() if secret else None,
        messenger_verify_token=verify.get_secret_value() if verify else None,
        public_url=public_url(settings),
    )
