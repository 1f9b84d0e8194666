"""From an event to alerts: which rules hold, which are quiet, whom to tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.alerts.message import Happening, compose_text
from instantreact.domain.alert import PartKind
from instantreact.domain.rule import Evidence
from instantreact.logs import get_logger
from instantreact.pipeline.deliver import put_deliver_job
from instantreact.storage import alerts, recipients, rules
from instantreact.storage.tables import Alert, Event, Recipient, Rule

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Match:
    """A rule that holds, and what made it hold."""

    rule: Rule
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Scene:
    """Where and when people are told that something happened: the place's name, and the clock on its wall."""

    place: str
    time_zone: ZoneInfo


async def raise_alerts(
    session: AsyncSession, event: Event, matches: Sequence[Match], scene: Scene, *, now: datetime
) -> list[Alert]:
    """Raise an alert for every match of `event` whose rule is not quiet; those that are new.

    The alerts, their deliveries and the jobs that deliver them belong to the caller's transaction. A rule that was
    deleted or disabled since it matched raises none.
    """
    enabled = await rules.list_enabled(session, [match.rule.id for match in matches])
    due = [match for match in matches if match.rule.id in enabled]
    raised = [await _raise_alert(session, event, match, scene, now=now) for match in due]
    return [alert for alert in raised if alert is not None]


async def _raise_alert(
    session: AsyncSession, event: Event, match: Match, scene: Scene, *, now: datetime
) -> Alert | None:
    rule = match.rule
    await rules.lock_rule(session, rule.id, event.camera_id or event.clip_id or "")
    cooldown = timedelta(seconds=rule.cooldown_s)
    if await alerts.find_holding_alert(session, rule.id, event, cooldown=cooldown) is not None:
        log.info("alert.suppressed", rule_id=rule.id, event_id=event.id, reason="cooldown")
        return None
    told = await recipients.list_recipients_to_tell(session, rule.recipient_ids)
    if not told:
        log.warning("alert.nobody_to_tell", rule_id=rule.id, event_id=event.id)
    alert = _make_alert(event, match, scene, now=now)
    return await tell(session, alert, told, has_picture=event.snapshot_key is not None, now=now)


async def tell(
    session: AsyncSession, alert: Alert, told: list[Recipient], *, has_picture: bool, now: datetime
) -> Alert | None:
    """Store an alert with its deliveries and their jobs; None when it was there already."""
    parts = (PartKind.TEXT, PartKind.PICTURE) if has_picture else (PartKind.TEXT,)
    stored, is_new = await alerts.insert_or_find(session, alert, recipients=told, parts=parts)
    if is_new:
        for delivery in stored.deliveries:
            await put_deliver_job(session, delivery.id, now=now)
    return stored if is_new else None


def _make_alert(event: Event, match: Match, scene: Scene, *, now: datetime) -> Alert:
    rule, evidence = match.rule, match.evidence
    happening = Happening(
        rule=rule.name,
        place=scene.place,
        caption=event.caption,
        evidence=evidence,
        occurred_at=event.occurred_at.astimezone(scene.time_zone),
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
