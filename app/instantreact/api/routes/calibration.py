"""What a camera has learned from "false alarm" and other answers: to be seen, undone, and switched off."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.schemas.calibration import CalibrationDraft, CalibrationView, LearnedView
from instantreact.api.schemas.fields import Id, PathId
from instantreact.domain.principal import Scope
from instantreact.errors import Conflict
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, taps
from instantreact.storage.tables import Camera

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=KeyedRoute)


@router.get(
    "/{camera_id}/calibration",
    operation_id="getCameraCalibration",
    summary="Read what a camera has learned",
    responses=problems(401, 403, 404, 422),
)
async def get_calibration(services: ServicesDep, camera_id: PathId) -> CalibrationView:
    """For each concept what people answered, and what its scores are read as since."""
    async with services.database.reading() as session:
        return await _view(services, session, await cameras.get_camera(session, camera_id))


@router.put(
    "/{camera_id}/calibration",
    operation_id="setCameraCalibration",
    summary="Let a camera learn, or not",
    responses=problems(401, 403, 404, 409, 413, 422),
)
@requires(Scope.ADMIN)
async def set_calibration(services: ServicesDep, camera_id: PathId, draft: CalibrationDraft) -> CalibrationView:
    """What it has learned stays, and counts again once it adapts. Where no camera is to adapt (`adapt`): 409."""
    if draft.adapts and not services.adapts:
        raise Conflict("INSTANTREACT_ADAPT is off: no camera of this service learns.")
    async with services.database.unit_of_work() as session:
        camera = await cameras.set_adapts(session, camera_id, adapts=draft.adapts)
        return await _view(services, session, camera)


@router.delete(
    "/{camera_id}/calibration",
    operation_id="dropCameraCalibration",
    summary="Let a camera forget what it has learned",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def delete_calibration(
    services: ServicesDep,
    camera_id: PathId,
    alert_id: Annotated[Id | None, Query(description="Only what was answered to this alert; by default all.")] = None,
) -> None:
    """As if nobody had answered; the alerts stay answered. What is not there any more is no error."""
    async with services.database.unit_of_work() as session:
        await cameras.get_camera(session, camera_id)
        await taps.forget_taps(session, camera_id, alert_id)


async def _view(services: Services, session: AsyncSession, camera: Camera) -> CalibrationView:
    adapts, now = camera.adapts and services.adapts, services.clock.now()
    lessons = await taps.list_lessons(session, camera.id)
    learned = [LearnedView.of(name, some, adapts=adapts, now=now) for name, some in sorted(lessons.items())]
    return CalibrationView(camera_id=camera.id, adapts=adapts, concepts=learned)
