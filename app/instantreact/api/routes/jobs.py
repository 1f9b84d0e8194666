"""Queued work, and what was given up."""

from fastapi import APIRouter

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.jobs import JobView
from instantreact.domain.job import JobState
from instantreact.domain.principal import Scope
from instantreact.jobs import outbox
from instantreact.pipeline import rerun
from instantreact.storage.paging import Cursor

router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=KeyedRoute)


@router.get("", operation_id="listJobs", summary="List jobs", responses=problems(401, 403, 422))
async def list_jobs(services: ServicesDep, page: PageDep, state: JobState | None = None) -> Page[JobView]:
    """The newest first. Jobs that are done are gone; `state=buried` lists those that were given up, and why."""
    async with services.database.reading() as session:
        rows = await outbox.list_jobs(session, state=state, after=page.after, limit=page.fetch)
    return page.cut(rows, JobView.model_validate, lambda job: Cursor(job.created_at, job.id))


@router.post(
    "/{job_id}/rerun",
    operation_id="rerunJob",
    summary="Run a buried job again",
    responses=problems(401, 403, 404, 409, 422),
)
@requires(Scope.OPERATE)
async def rerun_job(services: ServicesDep, job_id: PathId) -> JobView:
    """It is due at once, with all its tries. Only a buried job can be run again (409)."""
    return JobView.model_validate(await rerun.rerun_job(services, job_id))
