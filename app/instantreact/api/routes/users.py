"""People who may sign in. Changed by PUT, for the reason that routes/rules.py gives."""

from fastapi import APIRouter, Request, Response

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.users import UserDraft, UserView
from instantreact.api.sign_in import make_hash
from instantreact.domain.principal import Scope
from instantreact.storage import second_factors, users
from instantreact.storage.paging import Cursor
from instantreact.storage.users import UserChanges

router = APIRouter(prefix="/users", tags=["users"], route_class=KeyedRoute)


@router.post(
    "",
    operation_id="createUser",
    summary="Add a user",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 409, 413, 422, 503)},
)
@requires(Scope.ADMIN, unconfined=True)
async def create_user(request: Request, services: ServicesDep, draft: UserDraft, response: Response) -> UserView:
    """Without a password they cannot sign in until somebody sets one."""
    changes = await _read_draft(request, draft)
    async with services.database.unit_of_work() as session:
        row = await users.create_user(session, changes, now=services.clock.now())
    response.headers["Location"] = f"/users/{row.id}"
    return UserView.model_validate(row)


@router.get("", operation_id="listUsers", summary="List users", responses=problems(401, 403, 422))
@requires(Scope.ADMIN)
async def list_users(services: ServicesDep, page: PageDep) -> Page[UserView]:
    """The newest first."""
    async with services.database.reading() as session:
        rows = await users.list_user_page(session, after=page.after, limit=page.fetch)
    return page.cut(rows, UserView.model_validate, lambda user: Cursor(user.created_at, user.id))


@router.get("/{user_id}", operation_id="getUser", summary="Read a user", responses=problems(401, 403, 404, 422))
@requires(Scope.ADMIN)
async def get_user(services: ServicesDep, user_id: PathId) -> UserView:
    """Who they are, and when they last signed in."""
    async with services.database.reading() as session:
        return UserView.model_validate(await users.get_user(session, user_id))


@router.put(
    "/{user_id}",
    operation_id="replaceUser",
    summary="Replace a user",
    responses=problems(401, 403, 404, 409, 413, 422, 503),
)
@requires(Scope.ADMIN)
async def replace_user(request: Request, services: ServicesDep, user_id: PathId, draft: UserDraft) -> UserView:
    """Another role, sites or password end their sessions. The last administrator stays one (409)."""
    changes = await _read_draft(request, draft)
    async with services.database.unit_of_work() as session:
        return UserView.model_validate(await users.replace_user(session, user_id, changes))


@router.delete(
    "/{user_id}",
    operation_id="removeUser",
    summary="Remove a user",
    status_code=204,
    responses=problems(401, 403, 404, 409, 422),
)
@requires(Scope.ADMIN)
async def remove_user(services: ServicesDep, user_id: PathId) -> None:
    """With their sessions, and what they signed. The last administrator stays (409)."""
    async with services.database.unit_of_work() as session:
        await users.remove_user(session, user_id)


@router.delete(
    "/{user_id}/totp",
    operation_id="dropUserTotp",
    summary="Drop a second factor",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def drop_totp(services: ServicesDep, user_id: PathId) -> None:
    """For somebody who lost their app and their recovery codes: the password is enough again."""
    async with services.database.unit_of_work() as session:
        await second_factors.drop_totp(session, user_id)


async def _read_draft(request: Request, draft: UserDraft) -> UserChanges:
    return UserChanges(
        name=draft.name,
        role=draft.role,
        site_ids=None if draft.site_ids is None else tuple(draft.site_ids),
        password=None if draft.password is None else await make_hash(request, draft.password),
    )
