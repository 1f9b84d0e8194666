"""For the service's other processes: what this one watches. Not described, and not for people."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from instantreact.api.deps import LiveDep
from instantreact.api.remote_cameras import AGE_HEADER, MOTION_HEADER, NUMBER_HEADER, PREFIX, require_token
from instantreact.api.routes.live import MJPEG
from instantreact.api.schemas.fields import PathId

router = APIRouter(prefix=PREFIX, dependencies=[Depends(require_token)], include_in_schema=False)


@router.get("/{camera_id}/snapshot.jpg")
async def get_own_snapshot(live: LiveDep, camera_id: PathId) -> Response:
    """The newest picture of a camera that this process watches."""
    return Response(await live.take_own_snapshot(camera_id), media_type="image/jpeg")


@router.get("/{camera_id}/next.jpg")
async def get_own_next(
    live: LiveDep, camera_id: PathId, width: Annotated[int, Query(ge=1)], after: Annotated[int, Query(ge=0)]
) -> Response:
    """The newest picture of a camera that this process watches, once it is another; 204 where none comes."""
    picture = await live.take_next(camera_id, width, after)
    if picture is None:
        return Response(status_code=204)
    headers = {
        NUMBER_HEADER: str(picture.number),
        AGE_HEADER: f"{picture.age_s:.3f}",
        MOTION_HEADER: f"{picture.motion:.4f}",
    }
    return Response(picture.jpeg, media_type="image/jpeg", headers=headers)


@router.get("/{camera_id}/live.mjpg")
async def watch_own_camera(live: LiveDep, camera_id: PathId) -> Response:
    """The live view of a camera that this process watches."""
    return StreamingResponse(live.stream_own(camera_id), media_type=MJPEG)
