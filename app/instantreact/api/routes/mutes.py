"""What is quiet for a while. Every mute ends by itself."""

from datetime import timedelta

from fastapi import APIRouter, Response

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import PrincipalDep, ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.mutes import MuteDraft, MuteView
from instantreact.domain.principal import Scope
from instantreact.storage import mutes
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Mute

router = APIRouter(prefix="/mutes", tags=["alerts"], route_class=KeyedRoute)


@router.post(
    "",
    operation_id="createMute",
    summary="Mute alerts for a while",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 413, 422)},
)
@requires(Scope.OPERATE)
async def create_mute(services: ServicesDep, principal: PrincipalDep, draft: MuteDraft, response: Response) -> MuteView:
    """Alerts are raised all the same and say that nobody was told. That a camera is lost or a channel fails is muted by
    a mute of everything alone. Another mute of the same takes the place of this one.
    """
    now = services.clock.now()
    mute = Mute(
        rule_id=draft.rule_id,
        camera_id=draft.camera_id,
        recipient_id=draft.recipient_id,
        until=now + timedelta(seconds=draft.duration_s),
        made_by=principal.name,
        created_at=now,
    )
    async with services.database.unit_of_work() as session:
        view = MuteView.model_validate(await mutes.insert_mute(session, mute, now=now))
    response.headers["Location"] = "/mutes"
    return view


@router.get("", operation_id="listMutes", summary="List mutes", responses=problems(401, 403, 422))
async def list_mutes(services: ServicesDep, page: PageDep) -> Page[MuteView]:
    """Those that are not over, the newest first."""
    async with services.database.reading() as session:
        rows = await mutes.list_mutes(session, now=services.clock.now(), after=page.after, limit=page.fetch)
    return page.cut(rows, MuteView.model_validate, lambda mute: Cursor(mute.created_at, mute.id))


@router.delete(
    "/{mute_id}",
    operation_id="deleteMute",
    summary="End a mute",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.OPERATE)
async def delete_mute(services: ServicesDep, mute_id: PathId) -> None:
    """From now on people are told again; not of what was raised meanwhile."""
    async with services.database.unit_of_work() as session:
        await mutes.delete_mute(session, mute_id)
