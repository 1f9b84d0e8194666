"""What the cooldown and the incident of an alert kept from people, once the alert turns out to tell nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.happening import RuleMatched
from instantreact.domain.site import zone_called
from instantreact.jobs.claims import Claim
from instantreact.pipeline.raising import Match, Scene, make_scene, raise_alerts
from instantreact.pipeline.services import Services
from instantreact.rules.match import measure, pick_evidence
from instantreact.storage import events, incidents, rules, sites
from instantreact.storage.incidents import Released
from instantreact.storage.tables import Alert


async def raise_released(
    session: AsyncSession, services: Services, alert: Alert, found: Sequence[Released], *, now: datetime
) -> None:
    """Raise what the alert had kept from people, as if it came just now.

    The first of it is an alert, whose cooldown and incident then hold for the rest. The caller holds the place.
    """
    if not isinstance(alert.happening, RuleMatched):
        return
    zone = zone_called(alert.happening.time_zone, services.time_zone)
    scene = make_scene(services, alert.happening.place, zone)
    for released in found:
        await _raise(session, released, replace(scene, place=released.camera or scene.place), now=now)


async def release_orphaned(services: Services, claim: Claim) -> None:
    """Raise what holds for the event `claim.subject` and was part of an alert that was deleted with what it was for."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        event = await events.get_event(session, claim.subject)
        zone = await sites.find_zone(session, event.camera_id, default=services.time_zone)
        for released in await incidents.release_orphans(session, event):
            await _raise(session, released, make_scene(services, released.camera or "", zone), now=now)
        await claim.finish(session)


async def _raise(session: AsyncSession, released: Released, scene: Scene, *, now: datetime) -> None:
    rule = await rules.get_rule(session, released.rule_id)
    evidence = pick_evidence(rule.criteria, measure(rule.criteria, released.event.observation))
    if evidence is not None:
        await raise_alerts(session, released.event, [Match(rule, evidence)], scene, now=now)
