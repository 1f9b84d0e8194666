"""Who saw, changed and answered what. Nobody can change it; retention alone ends it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.queries import refuse_empty_time
from instantreact.api.schemas.audit import AuditEntryView
from instantreact.api.schemas.fields import Line, Moment
from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import Scope
from instantreact.storage.audit import AuditFilter, list_entries
from instantreact.storage.paging import Cursor

router = APIRouter(prefix="/audit", tags=["audit"], route_class=KeyedRoute)


async def _ask_filter(
    action: AuditAction | None = None,
    principal: Annotated[Line | None, Query(description="Whose: the name of a key or a person.")] = None,
    since: Annotated[Moment | None, Query(description="At this time or later.")] = None,
    until: Annotated[Moment | None, Query(description="Before this time.")] = None,
) -> AuditFilter:
    refuse_empty_time(since, until)
    return AuditFilter(action=action, principal=principal, since=since, until=until)


@router.get("", operation_id="listAuditEntries", summary="Read the audit log", responses=problems(401, 403, 422))
@requires(Scope.ADMIN)
async def list_audit_entries(
    request: Request, services: ServicesDep, page: PageDep, wanted: Annotated[AuditFilter, Depends(_ask_filter)]
) -> Page[AuditEntryView]:
    """The latest first. What was seen is there within a second; `instantreact audit export` writes all of it."""
    await request.app.state.audit.flush()
    async with services.database.reading() as session:
        rows = await list_entries(session, wanted, after=page.after, limit=page.fetch)
    return page.cut(rows, AuditEntryView.model_validate, lambda entry: Cursor(entry.at, entry.id))
