"""From an event to alerts: which rules hold, which are quiet, whom to tell."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.alerts.message import Happening, compose_text
from instantreact.domain.alert import PartKind
from instantreact.domain.rule import Evidence
from instantreact.logs import get_logger
from instantreact.pipeline.deliver import put_deliver_job
from instantreact.rules.match import match
from instantreact.storage import alerts, recipients, rules
from instantreact.storage.tables import Alert, Event, Recipient, Rule

log = get_logger(__name__)


async def raise_alerts(
    session: AsyncSession, event: Event, watching: Sequence[Rule], *, place: str, now: datetime
) -> int:
    """Raise an alert for every rule of `watching` that holds for `event` and is not quiet; how many were new.

    The alerts, their deliveries and the jobs that deliver them belong to the caller's transaction.
    """
    raised = 0
    for rule in watching:
        evidence = match(rule.criteria, event.observation)
        if evidence is not None:
            raised += await _raise_alert(session, rule, event, evidence, place=place, now=now)
    return raised


async def _raise_alert(
    session: AsyncSession, rule: Rule, event: Event, evidence: tuple[Evidence, ...], *, place: str, now: datetime
) -> bool:
    await rules.lock_rule(session, rule.id, event.camera_id or event.clip_id or "")
    cooldown = timedelta(seconds=rule.cooldown_s)
    if await alerts.find_holding_alert(session, rule.id, event, cooldown=cooldown) is not None:
        log.info("alert.suppressed", rule_id=rule.id, event_id=event.id, reason="cooldown")
        return False
    told = await recipients.list_recipients_to_tell(session, rule.recipient_ids)
    if not told:
        log.warning("alert.nobody_to_tell", rule_id=rule.id, event_id=event.id)
    alert = _make_alert(rule, event, evidence, place=place, now=now)
    return await tell(session, alert, told, has_picture=event.snapshot_key is not None, now=now)


async def tell(session: AsyncSession, alert: Alert, told: list[Recipient], *, has_picture: bool, now: datetime) -> bool:
    """Store an alert with its deliveries and their jobs; False when it was there already."""
    parts = (PartKind.TEXT, PartKind.PICTURE) if has_picture else (PartKind.TEXT,)
    stored, is_new = await alerts.insert_or_find(session, alert, recipients=told, parts=parts)
    if is_new:
        for delivery in stored.deliveries:
            await put_deliver_job(session, delivery.id, now=now)
    return is_new


def _make_alert(rule: Rule, event: Event, evidence: tuple[Evidence, ...], *, place: str, now: datetime) -> Alert:
    happening = Happening(
        rule=rule.name,
        place=place,
        caption=event.caption,
        evidence=evidence,
        occurred_at=event.occurred_at,
        severity=rule.severity,
    )
    return Alert(
        rule_id=rule.id,
        event_id=event.id,
        camera_id=event.camera_id,
        title=rule.name,
        text=compose_text(happening),
        severity=rule.severity,
        evidence=evidence,
        raised_at=now,
    )
