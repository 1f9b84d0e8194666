"""Cameras as they are now: is there anything to see, and what?"""

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import LiveDep
from instantreact.api.live import BOUNDARY
from instantreact.api.openapi import problems
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.live import ProbeDraft, ProbeView
from instantreact.domain.principal import Scope

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=KeyedRoute)

MJPEG = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
NOT_STORED = {"Cache-Control": "no-store"}


@router.post(
    "/probe",
    operation_id="probeCamera",
    summary="Try a camera's address",
    responses=problems(401, 403, 413, 422, 503),
)
@requires(Scope.ADMIN)
async def probe_camera(live: LiveDep, draft: ProbeDraft) -> ProbeView:
    """What it sends, with a picture; or why it cannot be opened, in words and without its password.

    Takes as long as the camera does to answer, half a minute at most.
    """
    return ProbeView.of(await live.probe(draft.to_source()))


@router.get(
    "/{camera_id}/snapshot.jpg",
    operation_id="getCameraSnapshot",
    summary="Fetch what a camera shows now",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "The newest picture."},
        **problems(401, 403, 404, 409, 422, 503),
    },
)
async def get_camera_snapshot(live: LiveDep, camera_id: PathId) -> Response:
    """The newest picture, masked; 503 while the camera is not live, 409 when it is disabled."""
    return Response(await live.take_snapshot(camera_id), media_type="image/jpeg", headers=NOT_STORED)


@router.get(
    "/{camera_id}/live.mjpg",
    operation_id="watchCamera",
    summary="Watch a camera",
    response_class=Response,
    responses={
        200: {"content": {"multipart/x-mixed-replace": {}}, "description": "JPEG after JPEG."},
        **problems(401, 403, 404, 409, 422, 503),
    },
)
async def watch_camera(live: LiveDep, camera_id: PathId) -> Response:
    """At most ten pictures a second, masked. Ends with the camera; 503 and 409 as for its snapshot."""
    return StreamingResponse(await live.stream(camera_id), media_type=MJPEG, headers=NOT_STORED)
