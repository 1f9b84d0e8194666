"""A sign of life for somebody outside, who raises an alarm when it stays away (a dead man's switch).

Such services take a POST at an address of one's own (healthchecks.io, Uptime Kuma, Better Stack and others). The job
that sends it goes through the queue as deliveries do: when nothing is handed out any more, nothing is sent either.
"""

from datetime import timedelta

import httpx

from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import channel_faults

SUBJECT = "service"
TIMEOUT_S = 10.0

log = get_logger(__name__)


async def queue_heartbeat(services: Services) -> None:
    """Send the first sign at once, as at the start of a process."""
    if services.heartbeat is None:
        return
    async with services.database.unit_of_work() as session:
        await outbox.put(session, StepName.HEARTBEAT, SUBJECT, now=services.clock.now())


async def send_heartbeat(services: Services, claim: Claim) -> None:
    """Send a sign if alerts can go out, and put the next one. What fails is not tried before that."""
    heartbeat, now = services.heartbeat, services.clock.now()
    if heartbeat is not None:
        fault = await _find_fault(services)
        if fault is None:
            await _call(heartbeat.url)
        else:
            log.warning("heartbeat.withheld", reason=fault)
    async with services.database.unit_of_work() as session:
        if heartbeat is not None:
            run_at = now + timedelta(seconds=heartbeat.every_s)
            await outbox.put(session, StepName.HEARTBEAT, SUBJECT, now=now, run_at=run_at)
        await claim.finish(session)


async def _find_fault(services: Services) -> str | None:
    """Why nobody should believe that all is well; None where nothing is known against it."""
    async with services.database.reading() as session:
        broken = await channel_faults.list_faults(session)
    if broken:
        return "; ".join(f"{fault.channel}: {fault.reason}" for fault in broken)
    return await services.threads.run(services.blobs.find_shortage)


async def _call(url: str) -> None:
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            response = await client.post(url, content=b"InstantReact is alive.\n")
    except (httpx.RequestError, httpx.InvalidURL) as error:
        log.warning("heartbeat.failed", reason=f"The heartbeat's address does not answer: {type(error).__name__}.")
        return
    if not response.is_success:
        log.warning("heartbeat.failed", reason=f"It answered {response.status_code}.")
