"""Where people are signed in: each sees and ends their own sessions, administrators everybody's."""

from typing import Annotated

from fastapi import APIRouter, Query

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import PrincipalDep, WholeServicesDep
from instantreact.api.openapi import problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import Id, PathId
from instantreact.api.schemas.users import UserSessionView
from instantreact.domain.principal import Principal, Scope
from instantreact.storage import user_sessions
from instantreact.storage.paging import Cursor

router = APIRouter(prefix="/sessions", tags=["session"], route_class=KeyedRoute)


@router.get("", operation_id="listSessions", summary="List sessions", responses=problems(401, 403, 422))
async def list_sessions(
    services: WholeServicesDep,
    principal: PrincipalDep,
    page: PageDep,
    user_id: Annotated[Id | None, Query(description="Only this user's.")] = None,
) -> Page[UserSessionView]:
    """The newest first; administrators see everybody's. One that has ended by itself may still be there."""
    if not _administers(principal) and user_id not in {None, principal.id}:
        return page.cut([], UserSessionView.model_validate, lambda row: Cursor(row.created_at, row.id))
    whose = user_id if _administers(principal) else principal.id or ""
    async with services.database.reading() as session:
        rows = await user_sessions.list_session_page(session, user_id=whose, after=page.after, limit=page.fetch)
    return page.cut(rows, UserSessionView.model_validate, lambda row: Cursor(row.created_at, row.id))


@router.delete(
    "/{session_id}",
    operation_id="endSession",
    summary="End a session",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.READ)
async def end_session(services: WholeServicesDep, principal: PrincipalDep, session_id: PathId) -> None:
    """Every process of the service refuses it within a second."""
    whose = None if _administers(principal) else principal.id or ""
    async with services.database.unit_of_work() as session:
        await user_sessions.end_session(session, session_id, user_id=whose)


def _administers(principal: Principal) -> bool:
    return Scope.ADMIN in principal.scopes and principal.confinement is None
