"""A day of a camera in one answer: motion, gaps, events and alerts, for its timeline."""

import hashlib
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.ranges import has_it
from instantreact.api.schemas.days import DAY_LIMITS, DayView
from instantreact.api.schemas.fields import Day, PathId
from instantreact.api.schemas.sites import TimeZone
from instantreact.domain.site import bounds_of_day, zone_called
from instantreact.storage.cameras import get_camera
from instantreact.storage.days import read_day
from instantreact.storage.minutes import WRITTEN_EVERY_S

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=KeyedRoute)

_WRITTEN_AFTER = timedelta(seconds=2 * WRITTEN_EVERY_S)
"""What is not in the database after so long was not seen."""


@router.get(
    "/{camera_id}/day",
    operation_id="getCameraDay",
    summary="Read a camera's day",
    response_model=DayView,
    responses={
        304: {"description": "The caller has it already: If-None-Match names its ETag."},
        **problems(401, 403, 404, 422, 503),
    },
)
async def get_camera_day(
    request: Request,
    services: ServicesDep,
    camera_id: PathId,
    date: Annotated[Day | None, Query(description="Which day; by default today.")] = None,
    time_zone: Annotated[
        TimeZone | None, Query(description="By whose clock; by default that of the camera's site, or the service's.")
    ] = None,
) -> Response:
    """What moved in each minute, when nothing was seen, and the newest 500 events and 200 alerts: for a timeline."""
    now = services.clock.now()
    async with services.database.reading() as session:
        camera = await get_camera(session, camera_id)
        site_zone = zone_called(camera.site.time_zone if camera.site else None, services.time_zone)
        zone = ZoneInfo(time_zone) if time_zone else site_zone
        day = date or now.astimezone(zone).date()
        as_of = (now - _WRITTEN_AFTER).replace(microsecond=0)
        found = await read_day(session, camera, bounds_of_day(day, zone), as_of=as_of, limits=DAY_LIMITS)
    body = DayView.of(camera_id, day, zone, found).model_dump_json().encode()
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "Cache-Control": "private, no-cache"}
    if has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
