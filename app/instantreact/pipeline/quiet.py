"""When somebody is not to be disturbed: in their quiet hours, and when they were told much within a minute.

What is critical passes. The rest is held, and told in a digest afterwards: see pipeline/digest.py.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import DeliveryState
from instantreact.domain.happening import Digest, Reminder
from instantreact.domain.rule import Severity
from instantreact.domain.site import zone_called
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import deliveries, recipients
from instantreact.storage.tables import Delivery, Recipient

MINUTE = timedelta(minutes=1)

log = get_logger(__name__)


async def put_digest_job(
    session: AsyncSession, recipient_id: str, *, now: datetime, run_at: datetime | None = None
) -> None:
    """Tell the recipient what is held for them, at `run_at` or at once, in the caller's transaction."""
    await outbox.put(session, StepName.DIGEST, recipient_id, now=now, run_at=run_at)


async def reconsider_held(session: AsyncSession, services: Services, recipient_id: str) -> None:
    """What is held for a recipient whose quiet hours were changed is told when they end now, or at once."""
    person, now = await recipients.lock_recipient(session, recipient_id), services.clock.now()
    if await deliveries.list_kept(session, recipient_id):
        told = await deliveries.count_told(session, recipient_id, since=now - MINUTE)
        found = _find_reason(services, person, now=now, told=told)
        await put_digest_job(session, recipient_id, now=now, run_at=found[0] if found else now)


async def hold_while_quiet(services: Services, claim: Claim, delivery: Delivery, *, told: int) -> bool:
    """Hold a delivery of which nothing was sent while its recipient is not to be disturbed; True when it is held.

    `told`: how many alerts they were sent within the last minute.
    """
    now = services.clock.now()
    found = _find_reason(services, delivery.recipient, now=now, told=told) if _can_wait(delivery) else None
    if found is None:
        return False
    until, why = found
    async with services.database.unit_of_work() as session:
        person = await recipients.lock_recipient(session, delivery.recipient_id)
        await deliveries.fail_delivery(session, delivery.id, DeliveryState.HELD, why)
        await put_digest_job(session, person.id, now=now, run_at=until)
        await claim.finish(session)
    log.info("delivery.held", delivery_id=delivery.id, recipient_id=delivery.recipient_id, reason=why)
    return True


def find_reason_against(services: Services, delivery: Delivery) -> str | None:
    """Why a delivery is not to be sent any more: they said stop, or a reminder comes too late."""
    person, happening, now = delivery.recipient, delivery.alert.happening, services.clock.now()
    if person.opted_out_at is not None:
        return "They have asked to be told no more."
    if not isinstance(happening, Reminder):
        return None
    if person.window_open_until != happening.until or happening.until <= now:
        return "Their chat window was opened anew, or has shut, before they were reminded."
    local = now.astimezone(zone_called(person.time_zone, services.time_zone))
    is_quiet = person.quiet_hours is not None and person.quiet_hours.covers(local)
    return "Their quiet hours began before they were reminded." if is_quiet else None


def _can_wait(delivery: Delivery) -> bool:
    happening = delivery.alert.happening
    is_begun = any(part.state is not DeliveryState.PENDING or part.attempts for part in delivery.parts)
    return not is_begun and happening.severity is not Severity.CRITICAL and not isinstance(happening, Digest | Reminder)


def _find_reason(services: Services, person: Recipient, *, now: datetime, told: int) -> tuple[datetime, str] | None:
    """Until when the person is not to be disturbed, and why; None when they may be."""
    local = now.astimezone(zone_called(person.time_zone, services.time_zone))
    if person.quiet_hours is not None and person.quiet_hours.covers(local):
        end = person.quiet_hours.find_end(local)
        return end.astimezone(UTC), f"Their quiet hours end at {end:%a %H:%M}."
    limit = 0 if CHANNELS[person.channel].tells_programs else services.alerts_a_minute
    if limit and told >= limit:
        return now + MINUTE, f"They were sent {limit} alerts within a minute."
    return None
