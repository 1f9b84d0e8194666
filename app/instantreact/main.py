"""The processes that listen: all of the service in one, its API alone, and cameras in one of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from socket import socket

from fastapi import FastAPI

from instantreact.api.app import close_app, create_app, create_internal_app
from instantreact.api.live import LiveCameras
from instantreact.api.options import ApiOptions
from instantreact.api.remote_cameras import RemoteCameras
from instantreact.api.server import Server, open_server_socket
from instantreact.config import Settings, describe_weak_key
from instantreact.doctor import examine_running
from instantreact.domain.alert import ChannelKind
from instantreact.errors import CaptionerUnavailable, StorageBusy
from instantreact.inference.captioner import Captioner
from instantreact.ingest.keep_watching import keep_watching
from instantreact.ingest.supervisor import Supervisor
from instantreact.jobs.inherit import free_dead
from instantreact.jobs.room import find_idle_workers
from instantreact.logs import get_logger
from instantreact.pipeline.bundles import telling_bundles
from instantreact.pipeline.heartbeat import queue_heartbeat
from instantreact.pipeline.purge import purge_orphans, queue_purge
from instantreact.pipeline.remind import queue_reminders
from instantreact.pipeline.repair import queue_checks
from instantreact.pipeline.report import queue_reports
from instantreact.pipeline.services import Services
from instantreact.pipeline.show import showing_cameras
from instantreact.roles import BrokerLook, run_all_jobs, wait_for_database, wait_for_server
from instantreact.storage import keys, recipients, setup_codes
from instantreact.storage.cameras import reseal_cameras
from instantreact.storage.channel_secrets import reseal_secrets
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.leases import LeaseOwner
from instantreact.storage.migrate import upgrade
from instantreact.storage.neighbours import Neighbours
from instantreact.storage.second_factors import reseal_totp
from instantreact.storage.state_folder import prepare_folder
from instantreact.storage.tables import Recipient
from instantreact.storage.user_sessions import SessionLimits
from instantreact.storage.users import has_administrator
from instantreact.wiring import (
    connection_limits,
    find_certificate,
    find_oidc,
    find_page_setup,
    internal_token,
    make_lease_owner,
    make_neighbours,
    open_secret_box,
    open_services,
    public_url,
    reach_policy,
    stream_limits,
    watch_tools,
)

KEY_NAME = "first"

log = get_logger(__name__)


async def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Migrate the database, then serve until interrupted; `announce` tells the operator what they need to know."""
    prepare_folder(settings.state_dir)
    with open_server_socket(settings.host, settings.port) as server_socket:
        await wait_for_server(settings, announce)
        await upgrade(settings.resolved_database_url, box=open_secret_box(settings))
        port = server_socket.getsockname()[1]
        async with run_app(settings, port=port, announce=announce) as app:
            announce(f"InstantReact listens on {url_of(settings, server_socket)}: open it in a browser (API: /docs).")
            await make_server(app, settings).serve(sockets=[server_socket])


async def serve_api(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Answer requests until interrupted, and leave jobs and cameras to other processes."""
    prepare_folder(settings.state_dir)
    with open_server_socket(settings.host, settings.port) as server_socket:
        port = server_socket.getsockname()[1]
        await wait_for_database(settings, announce)
        async with run_app(settings, port=port, announce=announce, is_alone=False) as app:
            url = url_of(settings, server_socket)
            announce(f"InstantReact answers requests on {url} (its API is described at /docs).")
            await make_server(app, settings).serve(sockets=[server_socket])


async def ingest(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Watch cameras until interrupted, beside a `serve` that shares the database and the state folder."""
    prepare_folder(settings.state_dir)
    with open_server_socket(settings.host, settings.port) as server_socket:
        port = server_socket.getsockname()[1]
        await wait_for_database(settings, announce)
        neighbours = make_neighbours(settings)
        with neighbours.join(port):
            await _watch_and_show(settings, neighbours, server_socket, announce)


def make_server(app: FastAPI, settings: Settings) -> Server:
    """The server around the application. Raises Misconfigured for a certificate that cannot be used."""
    return Server(app, connection_limits(settings), find_certificate(settings))


def url_of(settings: Settings, server_socket: socket) -> str:
    """Where the service is reached, but for proxies."""
    host, port = server_socket.getsockname()[:2]
    return f"{'http' if find_certificate(settings) is None else 'https'}://{host}:{port}"


async def _watch_and_show(
    settings: Settings, neighbours: Neighbours, server_socket: socket, announce: Callable[[str], None]
) -> None:
    port = server_socket.getsockname()[1]
    async with open_services(settings, keeps_nursery=False) as services:
        await free_dead(services.database, neighbours, clock=services.clock)
        lease_owner = make_lease_owner(settings, neighbours.own, port)
        async with (
            telling_bundles(services, neighbours.own),
            _run_cameras(services, settings, lease_owner, max_cameras=settings.max_cameras) as live,
        ):
            app = create_internal_app(live, internal_token=internal_token(settings), figures=services.figures)
            url = url_of(settings, server_socket)
            announce(f"InstantReact watches cameras, and shows them to the API on {url}.")
            await make_server(app, settings).serve(sockets=[server_socket])


@asynccontextmanager
async def run_app(
    settings: Settings, *, port: int, announce: Callable[[str], None], is_alone: bool = True
) -> AsyncIterator[FastAPI]:
    """The API on `port`, and unless other processes do that, jobs and cameras in the background.

    The database is expected to be migrated.
    """
    neighbours = make_neighbours(settings)
    async with AsyncExitStack() as stack:
        stack.enter_context(neighbours.join(port))
        services = await stack.enter_async_context(open_services(settings))
        key_hashes = await _ensure_key(services, settings, announce)
        await offer_setup(services, announce)
        await _ensure_recipient(services)
        if settings.insecure_sign_in:
            log.warning("http.sign_in_unprotected", setting="INSTANTREACT_INSECURE_SIGN_IN")
        if settings.secret_keys is not None:
            async with services.database.unit_of_work() as session:
                await reseal_cameras(session, services.box)
                await reseal_totp(session, services.box)
                await reseal_secrets(session, services.box)
        await _load_captioner(services)
        await queue_checks(services)
        await queue_purge(services)
        await queue_heartbeat(services)
        await queue_reports(services)
        await queue_reminders(services)
        if is_alone:
            await stack.enter_async_context(_purging(services))
            await stack.enter_async_context(telling_bundles(services, neighbours.own))
            await stack.enter_async_context(showing_cameras(services))
            await stack.enter_async_context(run_all_jobs(settings, services, neighbours))
        watches = is_alone and settings.watch_cameras
        live = await stack.enter_async_context(
            _run_cameras(
                services,
                settings,
                make_lease_owner(settings, neighbours.own, port),
                max_cameras=settings.max_cameras if watches else 0,  # pushed frames come here even so
            )
        )
        app = create_app(
            services, _api_options(settings, key_hashes), partial(check_readiness, services, BrokerLook(settings)), live
        )
        stack.push_async_callback(close_app, app)
        yield app


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
    services: Services, settings: Settings, lease_owner: LeaseOwner, *, max_cameras: int
) -> AsyncIterator[LiveCameras]:
    policy = reach_policy(settings)

    def make_supervisor(captioner: Captioner) -> Supervisor:
        tools = partial(watch_tools, settings, captioner, policy=policy, clock=services.clock, figures=services.figures)
        tools = partial(tools, detector=lambda: services.detector.loaded, poses=lambda: services.poses.loaded)
        return Supervisor(services, lease_owner, lambda put: tools(hand_over=put), max_cameras=max_cameras)

    async with keep_watching(services, make_supervisor) as own:
        remote = RemoteCameras(internal_token(settings), find_certificate(settings))
        try:
            live = LiveCameras(services, own, remote, policy=policy, limits=stream_limits(settings))
            services.live.take = live.take_snapshot  # what is watched here needs no way around
            yield live
        finally:
            await remote.close()


async def check_readiness(services: Services, broker: BrokerLook) -> Mapping[str, str | None]:
    """Every part that work depends on: None when it is fine, or else what is wrong, in words."""
    database = await _check_database(services)
    checks = {
        "database": database,
        "storage": await services.threads.run(services.blobs.find_shortage),
        "captioner": await _check_captioner(services),
    }
    if broker.is_configured:
        checks["broker"] = await broker.find_problem()
    if database is None:
        checks["worker"] = await _check_worker(services, broker)
    return checks


async def _check_worker(services: Services, broker: BrokerLook) -> str | None:
    async with services.database.reading() as session:
        return await find_idle_workers(session, now=services.clock.now(), is_shared=broker.is_configured)


async def _check_database(services: Services) -> str | None:
    try:
        async with services.database.reading() as session:
            await keys.list_keys(session)
    except StorageBusy as error:
        return str(error)
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
    """The hashes of the keys of the settings; without any, at the very first start a key is made and shown once."""
    if settings.api_key is not None:
        if weakness := describe_weak_key(settings.api_key):
            log.warning("http.weak_key", reason=weakness)
        async with services.database.reading() as session:
            if KEY_NAME in {each.name for each in await keys.list_keys(session)}:
                announce(
                    "The key of the first start counts beside INSTANTREACT_API_KEY: "
                    f"`instantreact keys revoke {KEY_NAME}` ends it."
                )
        return (keys.hash_key(settings.api_key.get_secret_value()),)
    key = keys.make_key()
    async with services.database.unit_of_work() as session:
        is_first = not await keys.list_keys(session)
        # Another process may be about to do the same.
        is_made = is_first and await keys.insert_key(session, name=KEY_NAME, key=key, now=services.clock.now())
    if is_made:
        announce(f"The API key, shown this once: {key}\nSend it in the header X-API-Key.")
    return ()


async def offer_setup(services: Services, announce: Callable[[str], None]) -> None:
    """While nobody administers the service, whoever reads this may become the first who does."""
    code = setup_codes.make_code()
    async with services.database.unit_of_work() as session:
        if await has_administrator(session):
            return
        await setup_codes.add_setup_code(session, code, now=services.clock.now())
    announce(
        f"Nobody administers this service yet. The set-up code, good once within an hour: {code} "
        "(for the page in a browser, or POST /setup)."
    )


async def _ensure_recipient(services: Services) -> None:
    """Where nothing but the console is configured and there is nobody to tell, alerts are printed."""
    if services.channels.keys() - {ChannelKind.CONSOLE}:
        return
    async with services.database.unit_of_work() as session:
        if not await recipients.list_recipients(session, limit=1):
            console = Recipient(
                name="Console", channel=ChannelKind.CONSOLE, address="console", created_at=services.clock.now()
            )
            await insert_unless_there(session, console)  # another process may be about to do the same


def _api_options(settings: Settings, key_hashes: tuple[str, ...]) -> ApiOptions:
    return ApiOptions(
        api_key_hashes=key_hashes,
        max_upload_bytes=settings.max_upload_mb << 20,
        analyze_jobs=settings.analyze_jobs,
        rate_of_key=None if settings.rate_of_key == "off" else settings.rate_of_key,
        rate_of_address=None if settings.rate_of_address == "off" else settings.rate_of_address,
        cors_origins=settings.cors_origins,
        internal_token=internal_token(settings),
        session_limits=SessionLimits(
            idle=timedelta(hours=settings.session_idle_hours), life=timedelta(hours=settings.session_hours)
        ),
        insecure_sign_in=settings.insecure_sign_in,
        oidc=find_oidc(settings),
        page=find_page_setup(settings) if settings.messenger_page_id else None,
        public_url=public_url(settings),
        examine=partial(examine_running, settings),
    )
