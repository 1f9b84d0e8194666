"""The first administrator, made by whoever reads what the service prints at its start."""

from fastapi import APIRouter, Request, Response

from instantreact.api.audit import audits
from instantreact.api.auth import admit
from instantreact.api.cookies import refuse_foreign, refuse_unprotected
from instantreact.api.deps import WholeServicesDep
from instantreact.api.guessing import counted
from instantreact.api.openapi import CREATED, problems
from instantreact.api.schemas.users import SetupDraft, SetupView, UserView
from instantreact.api.sign_in import make_hash
from instantreact.domain.audit import AuditAction
from instantreact.domain.user import Role
from instantreact.errors import Conflict, NotSignedIn
from instantreact.storage import users
from instantreact.storage.setup_codes import use_setup_code
from instantreact.storage.users import UserChanges

router = APIRouter(prefix="/setup", tags=["users"])


@router.get("", operation_id="getSetup", summary="Is there an administrator?", responses=problems(422))
async def get_setup(request: Request, services: WholeServicesDep) -> SetupView:
    """Without one, `instantreact serve` prints a code at its start."""
    async with services.database.reading() as session:
        is_needed = not await users.has_administrator(session)
    return SetupView(is_needed=is_needed, has_oidc=request.app.state.oidc is not None)


@router.post(
    "",
    operation_id="setUp",
    summary="Make the first administrator",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 408, 409, 413, 415, 422, 429, 503)},
)
@audits(AuditAction.CHANGED)
async def set_up(request: Request, services: WholeServicesDep, draft: SetupDraft, response: Response) -> UserView:
    """The code is good once, for an hour from the start that printed it; later starts print another."""
    refuse_unprotected(request)
    refuse_foreign(request, is_strict=False)
    request.state.tried = "set-up code"
    async with services.database.reading() as session:
        if await users.has_administrator(session):
            raise Conflict("There is an administrator already: they add others.")
    async with counted(request, services, "\0set-up"):
        hashed = await make_hash(request, draft.password)
        now = services.clock.now()
        async with services.database.unit_of_work() as session:
            if not await use_setup_code(session, draft.code, now=now):
                raise NotSignedIn("The code is wrong, was used, or has expired: start the service again for another.")
            changes = UserChanges(draft.name, Role.ADMINISTRATOR, password=hashed)
            row = await users.create_user(session, changes, now=now)
    request.state.tried = row.id
    admit(request, users.principal_of(row))
    response.headers["Location"] = f"/users/{row.id}"
    return UserView.model_validate(row)
