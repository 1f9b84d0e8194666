"""Where the button Open of a message leads: one alert in a browser. The link itself is the permission."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from instantreact.alerts.message import format_moment
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.ranges import serve_file
from instantreact.api.schemas.fields import PathId
from instantreact.errors import NotFound
from instantreact.storage import alerts
from instantreact.storage.sites import find_zone
from instantreact.storage.tables import Alert

router = APIRouter(prefix="/open/{alert_id}/{signature}", tags=["alerts"])

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "private, no-store",
}
PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem }}
  img {{ width: 100%; border-radius: .5rem }}
  small {{ color: #666 }}
</style>
<h1>{title}</h1>
<p>{text}</p>
{picture}
<p><small>{severity}, {raised_at}. {state}.</small></p>
</html>
"""


async def _find_signed(services: ServicesDep, alert_id: PathId, signature: PathId) -> Alert:
    if not services.links.is_signed(alert_id, signature):
        raise NotFound("alert behind", "this link")
    async with services.database.reading() as session:
        return await alerts.get_alert(session, alert_id)


SignedAlert = Annotated[Alert, Depends(_find_signed)]


@router.get(
    "",
    operation_id="openAlert",
    summary="Open an alert in a browser",
    response_class=HTMLResponse,
    responses=problems(404, 422),
)
async def open_alert(request: Request, services: ServicesDep, alert: SignedAlert) -> HTMLResponse:
    """What the message said, and how the alert stands now; times by the clock of its site."""
    async with services.database.reading() as session:
        zone = await find_zone(session, alert.camera_id, default=services.time_zone)
    has_picture = alert.event is not None and alert.event.snapshot_key is not None
    # Relative to the page, whose address ends without a slash: a proxy may have put a prefix before it.
    source = f"{request.path_params['signature']}/snapshot.jpg"
    page = PAGE.format(
        title=escape(alert.title),
        text=escape(alert.text).replace("\n", "<br>"),
        picture=f'<img src="{source}" alt="A frame of what happened">' if has_picture else "",
        severity=escape(alert.severity.capitalize()),
        raised_at=escape(format_moment(alert.raised_at.astimezone(zone))),
        state=_describe_state(alert),
    )
    return HTMLResponse(page, headers=HEADERS)


@router.get(
    "/snapshot.jpg",
    operation_id="openAlertSnapshot",
    summary="See an alert's picture in a browser",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "A frame of what happened."},
        **problems(404, 416, 422),
    },
)
async def open_snapshot(request: Request, services: ServicesDep, alert: SignedAlert) -> Response:
    """A frame of the event that raised the alert, as JPEG."""
    event = alert.event
    if event is None or event.snapshot_key is None:
        raise NotFound("snapshot of alert", alert.id)
    return serve_file(request, services.blobs.path(event.snapshot_key), media_type="image/jpeg", etag=event.id)


def _describe_state(alert: Alert) -> str:
    by = f" by {escape(alert.answered_by)}" if alert.answered_by else ""
    return f"{alert.state.capitalize()}{by}"
