"""The HTTP application: routes, guards, errors, description."""

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware

from instantreact import __version__
from instantreact.api.auth import require_key
from instantreact.api.errors import install_handlers
from instantreact.api.middleware import BodyLimit, RequestContext
from instantreact.api.openapi import DESCRIPTION, TAGS, install_description
from instantreact.api.options import ApiOptions, Readiness
from instantreact.api.routes import (
    alerts,
    cameras,
    clips,
    events,
    health,
    jobs,
    open_alert,
    recipients,
    rules,
    webhooks,
)
from instantreact.pipeline.services import Services

MAX_BODY_BYTES = 1024 * 1024
"""The largest request that is no upload."""

FORM_OVERHEAD_BYTES = 64 * 1024
"""What an upload may hold beside its file."""


def create_app(services: Services, options: ApiOptions, readiness: Readiness) -> FastAPI:
    """The application on top of running services; it starts and stops nothing itself.

    Every route needs an API key but the webhooks and signed links, which verify their caller otherwise, the health
    checks and the description.
    """
    app = FastAPI(
        title="InstantReact",
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        servers=[{"url": options.public_url}] if options.public_url else None,
        middleware=[
            Middleware(RequestContext),
            Middleware(
                BodyLimit,
                max_bytes=MAX_BODY_BYTES,
                by_path={"/analyze": options.max_upload_bytes + FORM_OVERHEAD_BYTES},
            ),
        ],
    )
    app.state.services = services
    app.state.options = options
    app.state.readiness = readiness
    install_handlers(app)
    install_description(app)
    for keyed in (clips, events, rules, alerts, recipients, cameras, jobs):
        app.include_router(keyed.router, dependencies=[Depends(require_key)])
    for open_ in (webhooks, open_alert, health):
        app.include_router(open_.router)
    return app
