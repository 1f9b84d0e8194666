"""Submit footage, follow its analysis, fetch it, delete it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from pathlib import PurePath
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ClosingDep, OptionsDep, ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.options import ApiOptions
from instantreact.api.pages import Page, PageDep
from instantreact.api.presence import while_present
from instantreact.api.ranges import serve_blob, serve_playable
from instantreact.api.schemas.clips import AnalysisView, ClipView
from instantreact.api.schemas.events import EventView
from instantreact.api.schemas.fields import Id, PathId, Playable
from instantreact.api.upload import UPLOAD_BODY, receive_upload
from instantreact.domain.media import ClipState
from instantreact.domain.principal import Scope
from instantreact.errors import NotFound
from instantreact.pipeline import intake
from instantreact.pipeline.services import Services
from instantreact.pipeline.turn import Turn, find_turns
from instantreact.storage import clips, events
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Clip

router = APIRouter(tags=["clips"], route_class=KeyedRoute)

_EVENTS_AT_ONCE = 20
UNSHOWN = "application/octet-stream"

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "asf": "video/x-ms-asf",
        "avi": "video/x-msvideo",
        "flv": "video/x-flv",
        "gif": "image/gif",
        "matroska": "video/webm",
        "mov": "video/mp4",
        "mpeg": "video/mpeg",
        "mpegts": "video/mp2t",
        "ogg": "video/ogg",
    }
)
"""By the first of FFmpeg's names of the container. What is not here is downloaded, never shown."""

_FILE: Mapping[str, Any] = {"content": {kind: {} for kind in ("video/*", MEDIA_TYPES["gif"], UNSHOWN)}}


@router.post(
    "/analyze",
    operation_id="submitClip",
    summary="Submit a clip",
    status_code=202,
    response_model=AnalysisView,
    response_description="The clip is stored and will be analyzed; follow it at Location.",
    responses={
        200: {
            "model": AnalysisView,
            "description": "Nothing is left to do about the clip: `state` says whether its analysis failed.",
        },
        **problems(401, 403, 404, 408, 413, 415, 422, 507),
    },
    openapi_extra={"requestBody": UPLOAD_BODY},
)
@requires(Scope.INGEST)
async def submit_clip(
    request: Request,
    services: ServicesDep,
    options: OptionsDep,
    closing: ClosingDep,
    wait: Annotated[
        float, Query(ge=0, le=60, allow_inf_nan=False, description="Wait so many seconds for the result.")
    ] = 0.0,
) -> Response:
    """Store a clip and have it analyzed.

    The same bytes of the same camera and time of recording are the same clip: sent again, it answers with the clip
    that is there; one that failed is analyzed again.
    """
    upload, draft = await receive_upload(request, services, max_bytes=options.max_upload_bytes)
    submission = await intake.submit_clip(
        services, upload, camera_id=draft.camera_id, recorded_at=draft.recorded_at, notify=draft.notify
    )
    waiting = intake.wait_for_clip(services, submission.clip.id, timeout_s=wait, closing=closing)
    clip = await while_present(request, waiting)
    return StreamingResponse(
        _write_analysis(services, await _follow(services, options, clip)),
        media_type="application/json",
        status_code=200 if intake.is_done(clip) else 202,
        headers={"Location": f"/clips/{clip.id}"},
    )


@router.get("/clips", operation_id="listClips", summary="List clips", responses=problems(401, 403, 422))
async def list_clips(
    services: ServicesDep,
    options: OptionsDep,
    page: PageDep,
    state: ClipState | None = None,
    camera_id: Annotated[Id | None, Query()] = None,
) -> Page[ClipView]:
    """The latest submission first."""
    async with services.database.reading() as session:
        rows = await clips.list_clips(session, state=state, camera_id=camera_id, after=page.after, limit=page.fetch)
    turns = await find_turns(services, rows, places=options.analyze_jobs)
    return page.cut(rows, lambda clip: _view(clip, turns), lambda clip: Cursor(clip.submitted_at, clip.id))


@router.get("/clips/{clip_id}", operation_id="getClip", summary="Read a clip", responses=problems(401, 403, 404, 422))
async def get_clip(services: ServicesDep, options: OptionsDep, clip_id: PathId) -> ClipView:
    """How far its analysis is and when it may be done, what probing found, and what went wrong.

    Short clips go first; a long one lets pass what comes in after it for at most as long as it lasts.
    """
    return await _follow(services, options, await intake.get_clip(services, clip_id))


@router.get(
    "/clips/{clip_id}/events",
    operation_id="listClipEvents",
    summary="List a clip's events",
    response_model=list[EventView],
    responses=problems(401, 403, 404, 422),
)
async def list_clip_events(services: ServicesDep, clip_id: PathId) -> Response:
    """All of them, in the order of their windows."""
    await intake.get_clip(services, clip_id)
    return StreamingResponse(_write_events(services, clip_id), media_type="application/json")


@router.head("/clips/{clip_id}/media", include_in_schema=False)
@router.get(
    "/clips/{clip_id}/media",
    operation_id="getClipMedia",
    summary="Fetch a clip's file",
    response_class=Response,
    responses={
        200: {**_FILE, "description": "The file."},
        206: {**_FILE, "description": "The part of the file that Range asked for."},
        304: {"description": "The caller has it already: If-None-Match names its ETag."},
        **problems(401, 403, 404, 413, 415, 416, 422, 503),
    },
)
async def get_clip_media(
    request: Request, services: ServicesDep, clip_id: PathId, playable: Playable = False
) -> Response:
    """The file as it was sent, whole or, with a Range header, in part.

    With `playable`, what browsers play of it: H.264 in MP4 is made at the first request where the file is anything
    else, upright and with the times of its windows. Half an hour of footage at most (413).
    """
    clip = await intake.get_clip(services, clip_id)
    if clip.blob_key is None:
        raise NotFound("file of clip", clip_id)
    name = clip.filename or clip.id
    if playable:
        return await serve_playable(request, clip.blob_key, etag=clip.sha256, filename=f"{PurePath(name).stem}.mp4")
    media_type = _media_type(clip)
    return await serve_blob(request, services, clip.blob_key, media_type=media_type, etag=clip.sha256, filename=name)


@router.delete(
    "/clips/{clip_id}",
    operation_id="deleteClip",
    summary="Delete a clip",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def delete_clip(services: ServicesDep, clip_id: PathId) -> None:
    """With its file, events, alerts and the work that is left to do about it."""
    await intake.delete_clip(services, clip_id)


async def _follow(services: Services, options: ApiOptions, clip: Clip) -> ClipView:
    return _view(clip, await find_turns(services, [clip], places=options.analyze_jobs))


def _view(clip: Clip, turns: Mapping[str, Turn]) -> ClipView:
    view = ClipView.model_validate(clip)
    return view.model_copy(update=asdict(turns[clip.id])) if clip.id in turns else view


async def _write_analysis(services: Services, clip: ClipView) -> AsyncIterator[bytes]:
    """An AnalysisView as JSON."""
    yield b'{"clip":' + clip.model_dump_json().encode() + b',"events":'
    async for piece in _write_events(services, clip.id):
        yield piece
    yield b"}"


async def _write_events(services: Services, clip_id: str) -> AsyncIterator[bytes]:
    """A clip's EventViews as a JSON list, some at a time: those of an hour would hold everybody else up."""
    between, after = b"[", -1
    while True:
        async with services.database.reading() as session:
            some = await events.list_clip_events(session, clip_id, after=after, limit=_EVENTS_AT_ONCE)
        for event in some:
            yield between + EventView.model_validate(event).model_dump_json().encode()
            between, after = b",", event.window_index
        if len(some) < _EVENTS_AT_ONCE:
            break
    yield b"[]" if between == b"[" else b"]"


def _media_type(clip: Clip) -> str:
    container = clip.info.container.split(",")[0] if clip.info else ""
    return MEDIA_TYPES.get(container, UNSHOWN)
