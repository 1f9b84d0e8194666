"""What was kept for somebody, told in one message."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.words import compose_title
from instantreact.domain.alert import AlertState
from instantreact.domain.happening import Digest, DigestItem, RuleMatched
from instantreact.domain.rule import Severity
from instantreact.domain.site import zone_called
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.deliver import put_deliver_job, put_deliver_jobs
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import Services
from instantreact.storage import deliveries, recipients
from instantreact.storage.tables import Alert, Delivery, Recipient

FEWEST = 2
"""Held alerts that make a digest; one alone is sent as it is."""
MOST_ITEMS = 50
MOST_PICTURES = 3
PICTURES_FOR = timedelta(days=1)
"""What somebody is shown late: pictures of alerts that they were told of, and not older."""

log = get_logger(__name__)


async def send_digest(services: Services, claim: Claim) -> None:
    """Tell the recipient `claim.subject` what is held for them: critical alerts one by one, the others together."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        person = await recipients.lock_recipient(session, claim.subject)
        held = await deliveries.list_kept(session, person.id)
        ordinary = [each for each in held if _is_ordinary(each.alert)]
        together = ordinary if len(ordinary) >= FEWEST else []
        told = {each.id for each in together}
        for delivery in held:
            if delivery.id not in told:
                await deliveries.reopen_delivery(session, delivery.id)
                await put_deliver_jobs(session, delivery.alert, [delivery.id], now=now)
        if together:
            await _tell_together(session, services, person, together, now=now)
        await _follow_up(session, person, now=now)
        await claim.finish(session)


async def _follow_up(session: AsyncSession, person: Recipient, *, now: datetime) -> None:
    """Pictures that could not follow their text: the newest few go out now, the others do not any more."""
    for index, delivery in enumerate(await deliveries.list_lacking(session, person.id)):
        if index < MOST_PICTURES and now - delivery.created_at < PICTURES_FOR:
            await deliveries.reopen_delivery(session, delivery.id)
            await put_deliver_job(session, delivery.id, now=now)
        else:
            await deliveries.give_up_held(session, delivery.id, "The chat window opened too late for this picture.")


def _is_ordinary(alert: Alert) -> bool:
    return alert.happening.severity is not Severity.CRITICAL and not isinstance(alert.happening, Digest)


async def _tell_together(
    session: AsyncSession, services: Services, person: Recipient, held: Sequence[Delivery], *, now: datetime
) -> None:
    zone = zone_called(person.time_zone, services.time_zone)
    items = tuple(_make_item(each.alert) for each in held[:MOST_ITEMS])
    row = Alert(
        system_key=f"digest:{held[0].id}:{held[-1].id}",
        happening=Digest(len(held), items, zone.key),
        state=AlertState.ACKNOWLEDGED,
        raised_at=now,
    )
    digest = await tell(session, row, [person], has_picture=False, now=now)
    if digest is not None:
        await deliveries.mark_digested(session, [each.id for each in held], f"It is told in the digest {digest.id}.")
        log.info("alerts.digested", recipient_id=person.id, alert_id=digest.id, alerts=len(held))


def _make_item(alert: Alert) -> DigestItem:
    happening = alert.happening
    if isinstance(happening, RuleMatched):
        return DigestItem(happening.rule, happening.place, happening.occurred_at)
    return DigestItem(compose_title(happening), "", alert.raised_at)
