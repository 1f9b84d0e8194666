"""Work that was given up is taken up again: a buried job with what it was about, a delivery that failed."""

from contextlib import suppress

from instantreact.errors import Conflict, NotFound
from instantreact.jobs import outbox
from instantreact.pipeline.deliver import put_deliver_job
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import DELIVERIES, StepName
from instantreact.storage import alerts, clips, deliveries
from instantreact.storage.tables import Alert, Job


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


async def retry_delivery(services: Services, alert_id: str, delivery_id: str) -> Alert:
    """What of a delivery was given up, refused or held is sent again at once; the alert.

    Raises NotFound, and Conflict where all of it is sent, or is about to be.
    """
    async with services.database.unit_of_work() as session:
        alert = await alerts.get_alert(session, alert_id)
        if delivery_id not in {delivery.id for delivery in alert.deliveries}:
            raise NotFound("delivery", delivery_id)
        if not await deliveries.retry_delivery(session, delivery_id):
            raise Conflict(f"Nothing of delivery {delivery_id} has failed.")
        await put_deliver_job(session, delivery_id, now=services.clock.now())
        return await alerts.get_alert(session, alert_id)
