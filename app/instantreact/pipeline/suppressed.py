"""What the cooldown of an alert suppressed, once the alert turns out to hold none."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.happening import RuleMatched
from instantreact.domain.site import zone_called
from instantreact.pipeline.raising import Match, Scene, raise_alerts
from instantreact.pipeline.services import Services
from instantreact.rules.match import measure, pick_evidence
from instantreact.storage import rules
from instantreact.storage.tables import Alert
from instantreact.storage.verdicts import list_suppressed


async def lock_rule_of(session: AsyncSession, alert: Alert) -> None:
    """Nobody raises or suppresses anything of the alert's rule and place until the transaction ends."""
    if alert.rule_id is not None and alert.event is not None:
        await rules.lock_rule(session, alert.rule_id, alert.event.camera_id or alert.event.clip_id or "")


async def raise_suppressed(session: AsyncSession, services: Services, alert: Alert, *, now: datetime) -> None:
    """Raise what was suppressed since the alert was raised: the first of it, whose cooldown then holds for the rest."""
    if alert.rule_id is None or alert.event is None or not isinstance(alert.happening, RuleMatched):
        return
    rule = await rules.get_rule(session, alert.rule_id)
    zone = zone_called(alert.happening.time_zone, services.time_zone)
    scene = Scene(alert.happening.place, zone, services.looks.policy if services.looks else None)
    for event in await list_suppressed(session, rule.id, alert.event, since=alert.raised_at):
        evidence = pick_evidence(rule.criteria, measure(rule.criteria, event.observation))
        if evidence is not None:
            await raise_alerts(session, event, [Match(rule, evidence)], scene, now=now)
