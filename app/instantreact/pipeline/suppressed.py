"""What the cooldown and the incident of an alert kept from people, once the alert turns out to tell nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.happening import RuleMatched
from instantreact.domain.site import zone_called
from instantreact.pipeline.raising import Match, Scene, raise_alerts
from instantreact.pipeline.services import Services
from instantreact.rules.match import measure, pick_evidence
from instantreact.storage import incidents, rules
from instantreact.storage.incidents import Place, Released
from instantreact.storage.tables import Alert


async def raise_suppressed(
    session: AsyncSession, services: Services, alert: Alert, place: Place, *, now: datetime
) -> None:
    """Raise what was suppressed since the alert was raised, or had become part of it, as if it came just now.

    The first of it is an alert, whose cooldown and incident then hold for the rest. The caller holds the place.
    """
    await raise_released(session, services, alert, await incidents.release(session, alert, place), now=now)


async def raise_released(
    session: AsyncSession, services: Services, alert: Alert, found: Sequence[Released], *, now: datetime
) -> None:
    """Raise what the alert had kept from people; likewise."""
    if not isinstance(alert.happening, RuleMatched):
        return
    zone = zone_called(alert.happening.time_zone, services.time_zone)
    looks = services.looks.policy if services.looks else None
    scene = Scene(alert.happening.place, zone, services.grouping, looks)
    for released in found:
        rule = await rules.get_rule(session, released.rule_id)
        evidence = pick_evidence(rule.criteria, measure(rule.criteria, released.event.observation))
        if evidence is not None:
            there = replace(scene, place=released.camera or scene.place)
            await raise_alerts(session, released.event, [Match(rule, evidence)], there, now=now)
