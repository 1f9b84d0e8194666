"""Where the button Open of a message leads: one alert in a browser, and its answer. The link is the permission."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from instantreact.api.audit import audits
from instantreact.api.auth import admit
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.ranges import serve_blob
from instantreact.api.routes.clips import MEDIA_TYPES, UNSHOWN
from instantreact.api.schemas.fields import PathId
from instantreact.channels.moments import format_moment
from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.alert import AlertState, Answer, AnswerKind
from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import Principal, PrincipalKind, Scope
from instantreact.errors import NotFound
from instantreact.pipeline.answer import answer_alert, describe_state
from instantreact.storage import alerts
from instantreact.storage.clips import find_footage
from instantreact.storage.sites import find_zone
from instantreact.storage.tables import Alert

router = APIRouter(prefix="/open/{alert_id}/{signature}", tags=["alerts"])

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "private, no-store",
}
LINK = Principal(PrincipalKind.LINK, "Link", frozenset({Scope.READ, Scope.OPERATE}))
"""Who holds the link of an alert: it does not tell whose message it came in."""

ANSWERS = {
    AnswerKind.ACKNOWLEDGE: ("Acknowledge", (AlertState.RAISED,)),
    AnswerKind.DISMISS: ("False alarm", (AlertState.RAISED, AlertState.ACKNOWLEDGED)),
}
"""Each button, and in which states of the alert it still changes something."""

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
{buttons}
<p><small>{severity}, {raised_at}. {state}.</small></p>
</html>
"""


async def _find_signed(request: Request, services: ServicesDep, alert_id: PathId, signature: PathId) -> Alert:
    if not services.links.is_signed(alert_id, signature):
        raise NotFound("alert behind", "this link")
    admit(request, LINK)
    async with services.database.reading() as session:
        return await alerts.get_alert(session, alert_id)


SignedAlert = Annotated[Alert, Depends(_find_signed)]


@router.get(
    "",
    operation_id="openAlert",
    summary="Open an alert in a browser",
    response_class=HTMLResponse,
    responses=problems(404, 422, 429),
)
async def open_alert(request: Request, services: ServicesDep, alert: SignedAlert) -> HTMLResponse:
    """What the message said, and how the alert stands now; times by the clock of its site."""
    async with services.database.reading() as session:
        zone = await find_zone(session, alert.camera_id, default=services.time_zone)
    has_picture = alert.event is not None and alert.event.snapshot_key is not None
    # Relative to the page, whose address ends without a slash: a proxy may have put a prefix before it.
    source = f"{request.path_params['signature']}/snapshot.jpg"
    page = PAGE.format(
        title=escape(compose_title(alert.happening)),
        text=escape(compose_text(alert.happening)).replace("\n", "<br>"),
        picture=f'<img src="{source}" alt="A frame of what happened">' if has_picture else "",
        severity=escape(alert.happening.severity.capitalize()),
        raised_at=escape(format_moment(alert.raised_at.astimezone(zone))),
        state=escape(describe_state(alert)),
        buttons=_make_buttons(request.path_params["signature"], alert),
    )
    return HTMLResponse(page, headers=HEADERS)


@router.get(
    "/snapshot.jpg",
    operation_id="openAlertSnapshot",
    summary="See an alert's picture in a browser",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "A frame of what happened."},
        **problems(404, 416, 422, 429),
    },
)
async def open_snapshot(request: Request, services: ServicesDep, alert: SignedAlert) -> Response:
    """A frame of the event that raised the alert, as JPEG."""
    event = alert.event
    if event is None or event.snapshot_key is None:
        raise NotFound("snapshot of alert", alert.id)
    return await serve_blob(request, services, event.snapshot_key, media_type="image/jpeg", etag=event.id)


@router.get(
    "/clip",
    operation_id="openAlertClip",
    summary="Watch an alert's clip in a browser",
    response_class=Response,
    responses={
        200: {"content": {"video/mp4": {}}, "description": "The evidence, or the upload that it was seen in."},
        206: {"content": {"video/mp4": {}}, "description": "The part of it that Range asked for."},
        **problems(404, 416, 422, 429),
    },
)
async def open_clip(request: Request, services: ServicesDep, alert: SignedAlert) -> Response:
    """What the word CLIP in a chat leads to, whole or, with a Range header, in part."""
    async with services.database.reading() as session:
        footage = await find_footage(session, alert.event) if alert.event else None
    if footage is None:
        raise NotFound("clip of alert", alert.id)
    key, container = footage
    media_type = MEDIA_TYPES.get(container, UNSHOWN)
    return await serve_blob(request, services, key, media_type=media_type, etag=alert.id)


@router.post(
    "",
    operation_id="answerOpenAlert",
    summary="Answer an alert in a browser",
    status_code=303,
    response_class=Response,
    responses={
        303: {"description": "It is stored; the page shows how the alert stands."},
        **problems(404, 413, 422, 429),
    },
)
@audits(AuditAction.ANSWERED)
async def answer_open_alert(
    request: Request,
    services: ServicesDep,
    alert: SignedAlert,
    answer: Annotated[AnswerKind, Query(description="What is said about the alert.")],
) -> Response:
    """Whoever got the message may answer it; only by POST, since chats and mail programs open every link by GET."""
    async with services.database.unit_of_work() as session:
        given, now = Answer(answer, alert.id), services.clock.now()
        await answer_alert(session, given, by=LINK.name, now=now, adapts=services.adapts)
    # Relative, for the reason that the picture's address is: a proxy may have put a prefix before it.
    return Response(status_code=303, headers={"Location": request.path_params["signature"], **HEADERS})


def _make_buttons(signature: str, alert: Alert) -> str:
    return "".join(
        f'<form method="post" action="{signature}?answer={kind}"><button>{title}</button></form>'
        for kind, (title, states) in ANSWERS.items()
        if alert.state in states
    )
