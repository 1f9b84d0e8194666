"""From an event to alerts: which rules hold, which are quiet, whom to tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import ChannelKind, PartKind
from instantreact.domain.happening import RuleMatched
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
    if await alerts.find_alert_in_cooldown(session, rule.id, event, cooldown=cooldown) is not None:
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

    def parts_of(channel: ChannelKind) -> list[PartKind]:
        return [part for part in CHANNELS[channel].parts if has_picture or part is not PartKind.PICTURE]

    stored, is_new = await alerts.insert_or_find(session, alert, recipients=told, parts_of=parts_of)
    if is_new:
        for delivery in stored.deliveries:
            await put_deliver_job(session, delivery.id, now=now)
    return stored if is_new else None


def _make_alert(event: Event, match: Match, scene: Scene, *, now: datetime) -> Alert:
    happening = RuleMatched(
        rule=match.rule.name,
        place=scene.place,
        caption=event.caption,
        evidence=match.evidence,
        occurred_at=event.occurred_at,
        time_zone=scene.time_zone.key,
        severity=match.rule.severity,
    )
    return Alert(
        rule_id=match.rule.id,
        event_id=event.id,
        camera_id=event.camera_id,
        happening=happening,
        raised_at=now,
    )
