"""What the cooldown and the incident of an alert kept from people, once the alert turns out to tell nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.happening import RuleMatched
from instantreact.domain.site import zone_called
from instantreact.jobs.claims import Claim
from instantreact.pipeline.raising import Match, Scene, raise_alerts
from instantreact.pipeline.services import Services
from instantreact.rules.match import measure, pick_evidence
from instantreact.storage import events, incidents, rules, sites
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
        await _raise(session, released, replace(scene, place=released.camera or scene.place), now=now)


async def release_orphaned(services: Services, claim: Claim) -> None:
    """Raise what holds for the event `claim.subject` and was part of an alert that was deleted with what it was for."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        event, looks = await events.get_event(session, claim.subject), services.looks.policy if services.looks else None
        zone = await sites.find_zone(session, event.camera_id, default=services.time_zone)
        for released in await incidents.release_orphans(session, event):
            scene = Scene(released.camera or "", zone, services.grouping, looks)
            await _raise(session, released, scene, now=now)
        await claim.finish(session)


async def _raise(session: AsyncSession, released: Released, scene: Scene, *, now: datetime) -> None:
    rule = await rules.get_rule(session, released.rule_id)
    evidence = pick_evidence(rule.criteria, measure(rule.criteria, released.event.observation))
    if evidence is not None:
        await raise_alerts(session, released.event, [Match(rule, evidence)], scene, now=now)
