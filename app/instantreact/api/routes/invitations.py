"""How people become recipients by themselves: a link, a QR code or six digits, used once."""

from datetime import timedelta

from fastapi import APIRouter, Response

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.invitations import InvitationDraft, InvitationView, MadeInvitationView
from instantreact.domain.principal import Scope
from instantreact.pipeline.invite import draw_qr, invite
from instantreact.storage import invitations
from instantreact.storage.paging import Cursor

router = APIRouter(prefix="/invitations", tags=["recipients"], route_class=KeyedRoute)


@router.post(
    "",
    operation_id="createInvitation",
    summary="Invite somebody",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 413, 422, 503)},
)
@requires(Scope.ADMIN, unconfined=True)
async def create_invitation(services: ServicesDep, draft: InvitationDraft, response: Response) -> MadeInvitationView:
    """Give the link, its QR code or the six digits to one person: whoever uses them first is told of alerts."""
    life = timedelta(seconds=draft.expires_in_s)
    made = await invite(services, draft.name, draft.channel, life=life, language=draft.language)
    response.headers["Location"] = "/invitations"
    shown = InvitationView.model_validate(made.row).model_dump()
    return MadeInvitationView(**shown, url=made.url, code=made.code, qr_svg=draw_qr(made.url))


@router.get("", operation_id="listInvitations", summary="List invitations", responses=problems(401, 403, 422))
async def list_invitations(services: ServicesDep, page: PageDep) -> Page[InvitationView]:
    """The newest first, used and expired ones too."""
    async with services.database.reading() as session:
        rows = await invitations.list_invitations(session, after=page.after, limit=page.fetch)
    return page.cut(rows, InvitationView.model_validate, lambda row: Cursor(row.created_at, row.id))


@router.delete(
    "/{invitation_id}",
    operation_id="deleteInvitation",
    summary="Delete an invitation",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def delete_invitation(services: ServicesDep, invitation_id: PathId) -> None:
    """Its link and code open nothing any more; whoever has used it stays a recipient."""
    async with services.database.unit_of_work() as session:
        await invitations.delete_invitation(session, invitation_id)
