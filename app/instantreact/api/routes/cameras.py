"""Where footage comes from. Changed by PUT, for the reason that routes/rules.py gives."""

from collections.abc import Mapping

from fastapi import APIRouter, Response

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import LiveDep, ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.cameras import CameraDraft, CameraOrderDraft, CameraView
from instantreact.api.schemas.fields import PathId, Switch
from instantreact.api.schemas.live import LiveView
from instantreact.domain.principal import Scope
from instantreact.errors import InvalidInput, NotAllowed, StreamLost
from instantreact.media.reach import ReachPolicy, check_source, is_address
from instantreact.media.source import Scheme, parse_source
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, leases
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Camera, CameraLease

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=KeyedRoute)


@router.post(
    "",
    operation_id="createCamera",
    summary="Add a camera",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 409, 413, 422)},
)
@requires(Scope.ADMIN)
async def create_camera(services: ServicesDep, live: LiveDep, draft: CameraDraft, response: Response) -> CameraView:
    """Its user and password are encrypted, and shown to nobody again. It is watched at once if it is enabled."""
    services.recognition.refuse_mode(draft.speech)
    settings = draft.to_settings()
    check_draft_source(settings.source, live.policy)
    async with services.database.unit_of_work() as session:
        camera = await cameras.insert_camera(session, services.box, settings, now=services.clock.now())
    response.headers["Location"] = f"/cameras/{camera.id}"
    return _view(services, camera, {})


@router.get("", operation_id="listCameras", summary="List cameras", responses=problems(401, 403, 422, 503))
async def list_cameras(services: ServicesDep, page: PageDep, enabled: Switch | None = None) -> Page[CameraView]:
    """The newest first."""
    async with services.database.reading() as session:
        rows = await cameras.list_cameras(session, enabled=enabled, after=page.after, limit=page.fetch)
        leased = await leases.list_leases(session, [row.id for row in rows])
    return page.cut(rows, lambda row: _view(services, row, leased), lambda camera: Cursor(camera.created_at, camera.id))


@router.get(
    "/{camera_id}", operation_id="getCamera", summary="Read a camera", responses=problems(401, 403, 404, 422, 503)
)
async def get_camera(services: ServicesDep, camera_id: PathId) -> CameraView:
    """A camera, its user and password hidden, and how its watching goes."""
    async with services.database.reading() as session:
        camera = await cameras.get_camera(session, camera_id)
        return _view(services, camera, await leases.list_leases(session, [camera_id]))


@router.put(
    "/order",
    operation_id="orderCameras",
    summary="Put the cameras in order",
    status_code=204,
    responses=problems(401, 403, 404, 413, 422),
)
@requires(Scope.ADMIN)
async def order_cameras(services: ServicesDep, draft: CameraOrderDraft) -> None:
    """For everybody's wall: `position` of each from 1 on, in this order; null for all that are not named."""
    async with services.database.unit_of_work() as session:
        await cameras.order_cameras(session, draft.camera_ids)


@router.put(
    "/{camera_id}",
    operation_id="replaceCamera",
    summary="Replace a camera",
    responses=problems(401, 403, 404, 409, 413, 422, 503),
)
@requires(Scope.ADMIN)
async def replace_camera(services: ServicesDep, live: LiveDep, camera_id: PathId, draft: CameraDraft) -> CameraView:
    """All of it. The address as GET shows it, with its hidden user and password, keeps the one that is stored.

    `password` alone replaces the stored one; `username` alone keeps it where user and address are the same.

    A camera that is watched is opened anew when what matters to its watching has changed. A zone goes only when no
    rule asks about it that finds it at no other camera (409).
    """
    async with services.database.unit_of_work() as session:
        stored = await cameras.get_camera(session, camera_id)
        if draft.speech is not stored.speech:
            services.recognition.refuse_mode(draft.speech)
        known = cameras.open_settings(stored, services.box) if draft.leaves_unsaid else None
        settings = draft.to_settings(stored=known)
        check_draft_source(settings.source, live.policy)
        camera = await cameras.replace_camera(session, services.box, camera_id, settings, now=services.clock.now())
        return _view(services, camera, await leases.list_leases(session, [camera_id]))


@router.delete(
    "/{camera_id}",
    operation_id="deleteCamera",
    summary="Delete a camera",
    status_code=204,
    responses=problems(401, 403, 404, 409, 422),
)
@requires(Scope.ADMIN)
async def delete_camera(services: ServicesDep, camera_id: PathId) -> None:
    """Its clips, events and alerts stay. Not while a rule names it, or a zone that it alone has (409)."""
    async with services.database.unit_of_work() as session:
        await cameras.delete_camera(session, camera_id)


def _view(services: Services, camera: Camera, leased: Mapping[str, CameraLease]) -> CameraView:
    live = LiveView.of(leased.get(camera.id), enabled=camera.enabled, now=services.clock.now())
    return CameraView.of(camera, cameras.open_settings(camera, services.box), live)


def check_draft_source(text: str, policy: ReachPolicy) -> None:
    """Raise InvalidInput for a source that no camera could have, or that the policy forbids.

    A host's name is judged when it is opened: what it stands for may change. A file may still appear.
    """
    source = parse_source(text)
    if source.scheme is not Scheme.FILE and not is_address(source.host):
        return
    try:
        check_source(source, policy)
    except NotAllowed as error:
        raise InvalidInput(str(error)) from error
    except StreamLost:
        return
