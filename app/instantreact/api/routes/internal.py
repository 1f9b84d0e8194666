"""For the service's other processes: what this one watches. Not described, and not for people."""

from fastapi import APIRouter, Depends
from starlette.responses import Response, StreamingResponse

from instantreact.api.deps import LiveDep
from instantreact.api.remote_cameras import PREFIX, require_token
from instantreact.api.routes.live import MJPEG
from instantreact.api.schemas.fields import PathId

router = APIRouter(prefix=PREFIX, dependencies=[Depends(require_token)], include_in_schema=False)


@router.get("/{camera_id}/snapshot.jpg")
async def get_own_snapshot(live: LiveDep, camera_id: PathId) -> Response:
    """The newest picture of a camera that this process watches."""
    return Response(await live.take_own_snapshot(camera_id), media_type="image/jpeg")


@router.get("/{camera_id}/live.mjpg")
async def watch_own_camera(live: LiveDep, camera_id: PathId) -> Response:
    """The live view of a camera that this process watches."""
    return StreamingResponse(live.stream_own(camera_id), media_type=MJPEG)
