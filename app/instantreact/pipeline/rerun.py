"""Digs a buried job out, together with what it was about."""

from contextlib import suppress

from instantreact.errors import NotFound
from instantreact.jobs import outbox
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import DELIVERIES, StepName
from instantreact.storage import clips, deliveries
from instantreact.storage.tables import Job


async def rerun_job(services: Services, job_id: str) -> Job:
    """The job is due at once, and the delivery or clip that was given up with it waits again.

    Raises NotFound, and Conflict if the job is not buried.
    """
    async with services.database.unit_of_work() as session:
        job = await outbox.rerun_job(session, job_id, now=services.clock.now())
        with suppress(NotFound):  # deleted meanwhile: the job will find nothing to do
            if job.kind in DELIVERIES:
                await deliveries.reopen_delivery(session, job.subject)
            if job.kind == StepName.ANALYZE:
                await clips.mark_stored(session, job.subject)
            if job.kind == StepName.HEAR:
                await clips.mark_unheard(session, job.subject)
    return job
