"""An alert that nobody answers goes to the next people, step by step; and they all learn who took it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.words import compose_title
from instantreact.domain.alert import AlertState
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.happening import AlertAnswered, RuleMatched
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.deliver import put_deliver_jobs
from instantreact.pipeline.look_plans import find_wait
from instantreact.pipeline.parts import parts_for
from instantreact.pipeline.raising import put_escalate_job, tell
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import alerts, mutes, recipients, rules
from instantreact.storage.tables import Alert

log = get_logger(__name__)


async def escalate(services: Services, claim: Claim) -> None:
    """Tell the people of the next step of the alert `claim.subject`, if nobody has answered it."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        alert = await alerts.lock_alert(session, claim.subject)
        steps = await rules.list_steps(session, alert.rule_id)
        until = find_wait(alert, now=now)
        if until is not None and alert.escalated < len(steps):
            await outbox.put(session, StepName.ESCALATE, alert.id, now=now, run_at=until)
        elif alert.state is AlertState.RAISED and alert.escalated < len(steps):
            await _take_step(session, services, alert, steps[alert.escalated], now=now)
            if alert.escalated < len(steps):
                await put_escalate_job(session, alert, steps[alert.escalated], now=now)
        await claim.finish(session)


async def tell_answered(session: AsyncSession, alert: Alert, *, by: str, by_id: str | None, now: datetime) -> None:
    """Everybody else who was told of an escalated alert learns who took it, in the caller's transaction."""
    others = [each.recipient for each in alert.deliveries if each.recipient_id != by_id]
    told = await recipients.list_recipients_to_tell(session, [each.id for each in others])
    if not alert.escalated or not told:
        return
    zone = alert.happening.time_zone if isinstance(alert.happening, RuleMatched) else "UTC"
    happening = AlertAnswered(compose_title(alert.happening), alert.state, by, alert.raised_at, zone)
    row = Alert(
        system_key=f"answered:{alert.id}:{alert.state}",
        camera_id=alert.camera_id,
        happening=happening,
        state=AlertState.ACKNOWLEDGED,
        answered_at=now,
        answered_by=by,
        raised_at=now,
    )
    await tell(session, row, told, has_picture=False, now=now)


async def _take_step(
    session: AsyncSession, services: Services, alert: Alert, step: EscalationStep, *, now: datetime
) -> None:
    zone = ZoneInfo(alert.happening.time_zone) if isinstance(alert.happening, RuleMatched) else services.time_zone
    people = await recipients.list_recipients_to_tell(session, step.find_told(now.astimezone(zone).date()))
    people = await mutes.list_awake(session, alert, people, now=now)
    has_picture = alert.event is not None and alert.event.snapshot_key is not None
    added = await alerts.add_deliveries(session, alert, people, parts_of=parts_for(has_picture=has_picture), now=now)
    await put_deliver_jobs(session, alert, [delivery.id for delivery in added], now=now)
    alert.escalated += 1
    alert.untold_reason = None if added else alert.untold_reason
    write = log.info if people else log.warning
    write("alert.escalated", alert_id=alert.id, step=alert.escalated, told=[each.recipient_id for each in added])
