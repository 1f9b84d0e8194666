"""The HTTP application: routes, guards, errors, description."""

import asyncio
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from instantreact import __version__
from instantreact.api.audit import AuditContext, AuditTrail
from instantreact.api.auth import WrongKeys, describe_key
from instantreact.api.console import CONSOLE, install_console
from instantreact.api.errors import install_handlers
from instantreact.api.known_keys import KnownKeys
from instantreact.api.known_sessions import KnownSessions
from instantreact.api.live import LiveCameras
from instantreact.api.middleware import BodyLimit, RequestContext
from instantreact.api.news_streams import NewsStreams
from instantreact.api.oidc import OidcClient
from instantreact.api.openapi import DESCRIPTION, TAGS, install_description
from instantreact.api.options import ApiOptions, Readiness
from instantreact.api.queries import refuse_unknown_query
from instantreact.api.rates import AddressLimit, RateLimit
from instantreact.api.routes import (
    alerts,
    audit,
    browsers,
    bundles,
    calibration,
    cameras,
    channels,
    clips,
    days,
    doctor,
    erasures,
    events,
    exports,
    health,
    internal,
    invitations,
    jobs,
    keys,
    links,
    live,
    metrics,
    mutes,
    oidc,
    open_alert,
    push,
    recipients,
    retention,
    rules,
    session,
    sessions,
    setup,
    setup_steps,
    sites,
    stream,
    users,
    walls,
    webhooks,
)
from instantreact.api.sign_in import HashingTurns
from instantreact.api.stream_room import StreamRoom
from instantreact.figures import Figures
from instantreact.pipeline.renditions import Renditions
from instantreact.pipeline.services import Services

KEYED = (
    clips,
    events,
    browsers,
    bundles,
    rules,
    alerts,
    recipients,
    invitations,
    mutes,
    channels,
    sites,
    cameras,
    calibration,
    days,
    live,
    doctor,
    setup_steps,
    jobs,
    keys,
    users,
    session,
    sessions,
    links,
    audit,
    retention,
    erasures,
    exports,
    metrics,
    stream,
)
"""Routes that need a key."""

TITLE = "InstantReact"

MAX_BODY_BYTES = 1024 * 1024
"""The largest request that is no upload."""

NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own would tell addresses and queries, which may hold a key or a signed link: `RequestContext` traces."""

MAX_SIGN_IN_BYTES = 16 * 1024
"""Of what is read before anybody is known."""

FORM_OVERHEAD_BYTES = 64 * 1024
"""What an upload may hold beside its file."""


def create_app(services: Services, options: ApiOptions, readiness: Readiness, live_cameras: LiveCameras) -> FastAPI:
    """The application on top of running services; it starts and stops nothing itself. Whoever sets the event
    `app.state.closing` ends the waiting of requests that wait for results.

    Every route needs an API key or a session but those that vouch for their caller otherwise (signing in, webhooks,
    signed links, what is for our own processes), the health checks and the description.
    """
    trail = AuditTrail(services.database, services.clock)
    app = FastAPIOffline(
        telemetry=NO_TELEMETRY,
        static_url="/docs/assets",
        favicon_url="data:,",
        swagger_ui_parameters={"validatorUrl": None},
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        redirect_slashes=False,  # such a redirect repeats whatever Host the caller names
        servers=[{"url": options.public_url}] if options.public_url else None,
        middleware=[
            Middleware(RequestContext, figures=services.figures),
            Middleware(AuditContext, trail=trail),
            *_allow_origins(options.cors_origins),
            Middleware(AddressLimit, rate=options.rate_of_address),
            Middleware(
                BodyLimit,
                max_bytes=MAX_BODY_BYTES,
                by_path={
                    "/analyze": options.max_upload_bytes + FORM_OVERHEAD_BYTES,
                    "/session": MAX_SIGN_IN_BYTES,
                    "/setup": MAX_SIGN_IN_BYTES,
                },
                stall_s=options.stall_s,
            ),
        ],
    )
    app.state.services = services
    app.state.options = options
    app.state.audit = trail
    app.state.known_keys = KnownKeys(services.database, services.clock)
    app.state.known_sessions = KnownSessions(services.database, services.clock, options.session_limits)
    app.state.hashing = HashingTurns()
    app.state.oidc = OidcClient(options.oidc) if options.oidc else None
    app.state.wrong_keys = WrongKeys()
    app.state.rate_of_key = RateLimit(options.rate_of_key)
    app.state.readiness = readiness
    _install_live(app, live_cameras, options.internal_token)
    app.state.streams = NewsStreams(services.database, app.state.closing, options.stream_limit)
    app.state.walls = StreamRoom(options.stream_limit)
    app.state.renditions = Renditions(services)
    install_handlers(app)
    install_description(app)
    _include_routes(app)
    install_console(app, CONSOLE)
    return app


def describe_api() -> dict[str, Any]:
    """The description of the API (OpenAPI), without a service behind it."""
    app = FastAPI(title=TITLE, version=__version__, description=DESCRIPTION, openapi_tags=TAGS)
    install_description(app)
    _include_routes(app)
    return app.openapi()


def _include_routes(app: FastAPI) -> None:
    for keyed in KEYED:
        app.include_router(keyed.router, dependencies=[Depends(describe_key), Depends(refuse_unknown_query)])
    for unkeyed in (health.router, session.open_router, setup.router):
        app.include_router(unkeyed, dependencies=[Depends(refuse_unknown_query)])
    # Facebook adds parameters of its own to what it calls and links to, and so do OpenID providers.
    for open_ in (webhooks, open_alert, push, walls, oidc):
        app.include_router(open_.router)


def _allow_origins(origins: tuple[str, ...]) -> list[Middleware]:
    """Let web pages of these origins use the API; without any, browsers keep them out."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["X-API-Key", "Content-Type", "Range", "If-None-Match", "Last-Event-ID", "X-Request-Id"],
            expose_headers=["Location", "ETag", "Content-Range", "Retry-After", "X-Request-Id"],
            max_age=3600,
        )
    ]


async def close_app(app: FastAPI) -> None:
    """Let what it writes beside its answers end."""
    await app.state.renditions.close()
    await app.state.known_keys.close()
    await app.state.known_sessions.close()
    await app.state.audit.close()


def create_internal_app(live_cameras: LiveCameras, *, internal_token: str, figures: Figures) -> FastAPI:
    """What a process that only watches cameras shows to the service's other processes."""
    app = FastAPI(
        telemetry=NO_TELEMETRY,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(RequestContext, figures=figures)],
    )
    _install_live(app, live_cameras, internal_token)
    app.add_api_route("/livez", health.is_alive)
    install_handlers(app)
    return app


def _install_live(app: FastAPI, live_cameras: LiveCameras, internal_token: str) -> None:
    """Let `app` show cameras to the service's other processes, and end when it is told to."""
    app.state.closing = asyncio.Event()
    app.state.live = live_cameras
    app.state.internal_token = internal_token
    app.include_router(internal.router)
