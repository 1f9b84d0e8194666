"""The places that cameras belong to. Changed by PUT, for the reason that routes/rules.py gives."""

from fastapi import APIRouter, Response

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.sites import SiteDraft, SiteView
from instantreact.domain.principal import Scope
from instantreact.storage import sites
from instantreact.storage.paging import Cursor

router = APIRouter(prefix="/sites", tags=["sites"], route_class=KeyedRoute)


@router.post(
    "",
    operation_id="createSite",
    summary="Add a site",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 409, 413, 422)},
)
@requires(Scope.ADMIN)
async def create_site(services: ServicesDep, draft: SiteDraft, response: Response) -> SiteView:
    """A camera with the name of a site that is not there makes it, too, in the service's time zone."""
    async with services.database.unit_of_work() as session:
        site = await sites.insert_site(session, draft.to_changes(), now=services.clock.now())
    response.headers["Location"] = f"/sites/{site.id}"
    return SiteView.model_validate(site)


@router.get("", operation_id="listSites", summary="List sites", responses=problems(401, 403, 422))
async def list_sites(services: ServicesDep, page: PageDep) -> Page[SiteView]:
    """The newest first."""
    async with services.database.reading() as session:
        rows = await sites.list_sites(session, after=page.after, limit=page.fetch)
    return page.cut(rows, SiteView.model_validate, lambda site: Cursor(site.created_at, site.id))


@router.get("/{site_id}", operation_id="getSite", summary="Read a site", responses=problems(401, 403, 404, 422))
async def get_site(services: ServicesDep, site_id: PathId) -> SiteView:
    """A site, and its time zone."""
    async with services.database.reading() as session:
        return SiteView.model_validate(await sites.get_site(session, site_id))


@router.put(
    "/{site_id}",
    operation_id="replaceSite",
    summary="Replace a site",
    responses=problems(401, 403, 404, 409, 413, 422),
)
@requires(Scope.ADMIN)
async def replace_site(services: ServicesDep, site_id: PathId, draft: SiteDraft) -> SiteView:
    """All of it. Its cameras follow a new name; alerts that people were told of already keep the time they named."""
    async with services.database.unit_of_work() as session:
        return SiteView.model_validate(await sites.replace_site(session, site_id, draft.to_changes()))


@router.delete(
    "/{site_id}",
    operation_id="deleteSite",
    summary="Delete a site",
    status_code=204,
    responses=problems(401, 403, 404, 409, 422),
)
@requires(Scope.ADMIN)
async def delete_site(services: ServicesDep, site_id: PathId) -> None:
    """Not while a camera belongs to it (409)."""
    async with services.database.unit_of_work() as session:
        await sites.delete_site(session, site_id)
