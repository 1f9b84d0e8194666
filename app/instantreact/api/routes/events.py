"""What was seen and heard, and when."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.queries import refuse_empty_time
from instantreact.api.ranges import serve_blob, serve_playable
from instantreact.api.schemas.events import EventView
from instantreact.api.schemas.explaining import EventExplanationView, ExplanationView
from instantreact.api.schemas.fields import Id, Mark, Moment, PathId, Playable, SearchText
from instantreact.errors import NotFound
from instantreact.pipeline.explain import explain_event
from instantreact.storage import events
from instantreact.storage.events import EventFilter
from instantreact.storage.paging import Cursor
from instantreact.storage.words import SoughtMark

router = APIRouter(prefix="/events", tags=["events"], route_class=KeyedRoute)


async def _ask_filter(
    camera_id: Annotated[Id | None, Query(description="What this camera saw.")] = None,
    since: Annotated[Moment | None, Query(description="At this time or later.")] = None,
    until: Annotated[Moment | None, Query(description="Before this time.")] = None,
    text: Annotated[
        SearchText | None,
        Query(description="Words of the caption or of what was said, each from its beginning; all must be there."),
    ] = None,
    concept: Annotated[Mark | None, Query(description="With this concept, with at least `min_score`.")] = None,
    label: Annotated[
        Mark | None, Query(description="On which something of this label was detected, with at least `min_score`.")
    ] = None,
    min_score: Annotated[float, Query(ge=0.1, le=0.9, multiple_of=0.1, description="In tenths.")] = 0.5,
) -> EventFilter:
    refuse_empty_time(since, until)
    named: dict[Literal["concept", "label"], str | None] = {"concept": concept, "label": label}
    scores = tuple(SoughtMark(kind, name, round(min_score * 10)) for kind, name in named.items() if name)
    return EventFilter(camera_id=camera_id, since=since, until=until, text=text, scores=scores)


@router.get("", operation_id="listEvents", summary="List events", responses=problems(401, 403, 422))
async def list_events(
    services: ServicesDep, page: PageDep, wanted: Annotated[EventFilter, Depends(_ask_filter)]
) -> Page[EventView]:
    """The latest first; all conditions that are given hold."""
    async with services.database.reading() as session:
        rows = await events.list_events(session, wanted, after=page.after, limit=page.fetch)
    return page.cut(rows, EventView.model_validate, lambda event: Cursor(event.occurred_at, event.id))


@router.get("/{event_id}", operation_id="getEvent", summary="Read an event", responses=problems(401, 403, 404, 422))
async def get_event(services: ServicesDep, event_id: PathId) -> EventView:
    """What was seen and heard in one window."""
    async with services.database.reading() as session:
        return EventView.model_validate(await events.get_event(session, event_id))


@router.get(
    "/{event_id}/explain",
    operation_id="explainEvent",
    summary="Explain why there is an alert or none",
    responses=problems(401, 403, 404, 422),
)
async def get_explanation(services: ServicesDep, event_id: PathId) -> EventExplanationView:
    """For each rule that watches where it was seen: its conditions with their scores, and what it came to."""
    async with services.database.reading() as session:
        found = await explain_event(session, await events.get_event(session, event_id))
        return EventExplanationView(event_id=event_id, rules=[ExplanationView.of(each) for each in found])


@router.head("/{event_id}/snapshot.jpg", include_in_schema=False)
@router.get(
    "/{event_id}/snapshot.jpg",
    operation_id="getEventSnapshot",
    summary="Fetch an event's picture",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "A frame of the window."},
        206: {"content": {"image/jpeg": {}}, "description": "The part of the picture that Range asked for."},
        304: {"description": "The caller has it already: If-None-Match names its ETag."},
        **problems(401, 403, 404, 416, 422),
    },
)
async def get_event_snapshot(request: Request, services: ServicesDep, event_id: PathId) -> Response:
    """A frame of the event's window, as JPEG."""
    async with services.database.reading() as session:
        event = await events.get_event(session, event_id)
    if event.snapshot_key is None:
        raise NotFound("snapshot of event", event_id)
    return await serve_blob(request, services, event.snapshot_key, media_type="image/jpeg", etag=event.id)


@router.head("/{event_id}/evidence.mp4", include_in_schema=False)
@router.get(
    "/{event_id}/evidence.mp4",
    operation_id="getEventEvidence",
    summary="Fetch an event's evidence clip",
    response_class=Response,
    responses={
        200: {"content": {"video/mp4": {}}, "description": "The clip."},
        206: {"content": {"video/mp4": {}}, "description": "The part of the clip that Range asked for."},
        304: {"description": "The caller has it already: If-None-Match names its ETag."},
        **problems(401, 403, 404, 413, 415, 416, 422, 503),
    },
)
async def get_event_evidence(
    request: Request, services: ServicesDep, event_id: PathId, playable: Playable = False
) -> Response:
    """What the camera sent around an event that raised an alert, with its sound; there some seconds after the alert.

    Cameras send H.265, which most browsers do not play: with `playable`, H.264 is made of it at the first request.
    """
    async with services.database.reading() as session:
        event = await events.get_event(session, event_id)
    if event.evidence_key is None:
        raise NotFound("evidence clip of event", event_id)
    if playable:
        return await serve_playable(request, event.evidence_key, etag=event.id, filename=f"{event.id}.mp4")
    return await serve_blob(
        request, services, event.evidence_key, media_type="video/mp4", etag=event.id, filename=f"{event.id}.mp4"
    )
