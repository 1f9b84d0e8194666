"""From an event to alerts: which rules hold, which are quiet, whom to tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.escalation import EscalationStep
from instantreact.domain.happening import RuleMatched
from instantreact.domain.rule import Evidence
from instantreact.domain.second_look import LookPolicy
from instantreact.domain.verdict import Outcome
from instantreact.jobs import outbox
from instantreact.logs import get_logger
from instantreact.pipeline.deliver import put_deliver_jobs
from instantreact.pipeline.grouping import join_incident
from instantreact.pipeline.look_plans import plan_look, put_look_job
from instantreact.pipeline.parts import parts_for
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.rules.presence import count_pictured
from instantreact.storage import alerts, incidents, mutes, recipients, rules
from instantreact.storage.incidents import Place
from instantreact.storage.tables import Alert, Event, Recipient, Rule, Verdict
from instantreact.storage.verdicts import insert_verdict

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Match:
    """A rule that holds, and what made it hold."""

    rule: Rule
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Scene:
    """Where and when people are told that something happened: the place's name, and the clock on its wall.

    grouping  how near to each other two things there are one alert; zero: none are
    looks  how second looks are taken, where they are
    """

    place: str
    time_zone: ZoneInfo
    grouping: timedelta = timedelta()
    looks: LookPolicy | None = None


def make_scene(services: Services, place: str, time_zone: ZoneInfo) -> Scene:
    """The scene at a place, as the services group alerts and look at them."""
    return Scene(place, time_zone, services.grouping, services.looks.policy if services.looks else None)


async def raise_alerts(
    session: AsyncSession, event: Event, matches: Sequence[Match], scene: Scene, *, now: datetime
) -> list[Alert]:
    """Raise an alert for every match of `event` whose rule is not quiet; those that are new.

    The alerts, their deliveries and the jobs that deliver them belong to the caller's transaction. A rule that was
    deleted or disabled since it matched raises none.
    """
    enabled = await rules.list_enabled(session, [match.rule.id for match in matches])
    place, raised = await incidents.lock_place(session, event), []
    grouped = await incidents.list_grouped(session, event.id)
    for match in sorted(matches, key=lambda each: -each.rule.severity.weight):  # the others may join the gravest
        if match.rule.id not in enabled or match.rule.id in grouped:
            continue
        alert, verdict = await _decide(session, event, match, scene, place, now=now)
        await insert_verdict(session, verdict)
        if alert is not None:
            raised.append(alert)
        if verdict.outcome is not Outcome.RAISED:
            log.info("alert.suppressed", rule_id=match.rule.id, event_id=event.id, reason=verdict.outcome)
    return raised


async def _decide(
    session: AsyncSession, event: Event, match: Match, scene: Scene, place: Place, *, now: datetime
) -> tuple[Alert | None, Verdict]:
    """The alert that the match raises, if it is new, and what it came to."""
    rule, alert, incident = match.rule, None, None
    verdict = Verdict(event_id=event.id, rule_id=rule.id, outcome=Outcome.RAISED, why="", decided_at=now)
    verdict.score = max(each.score for each in match.evidence)
    resting = await _find_rest(session, event, rule, scene)
    if resting is not None:
        verdict.outcome, verdict.why = resting
        return None, verdict
    told = await recipients.list_recipients_to_tell(session, rule.recipient_ids)
    awake = await mutes.list_awake(session, _make_alert(event, match, scene, now=now), told, now=now)
    muted = await _find_mute(session, event, rule) if told and not awake else None
    if muted is not None:
        verdict.outcome, verdict.why = muted
        return None, verdict
    if scene.grouping and (awake or not told):
        ids, grouping = [each.id for each in awake], scene.grouping
        incident, verdict.is_told = await join_incident(
            session, event, rule, match.evidence, ids, place, grouping=grouping, now=now
        )
    if incident is not None:
        verdict.outcome, verdict.alert_id = Outcome.GROUPED, incident.id
        verdict.why = f"The alert {incident.id} tells of it."
    else:
        verdict.is_told, alert = True, await _raise_alert(session, event, match, scene, told, now=now)
        verdict.alert_id = alert.id if alert else None
    return alert, verdict


async def _find_rest(session: AsyncSession, event: Event, rule: Rule, scene: Scene) -> tuple[Outcome, str] | None:
    """Why the rule rests when the event was seen, in a sentence; None where it does not."""
    local = event.occurred_at.astimezone(scene.time_zone)
    if rule.schedule is not None and not rule.schedule.covers(local):
        return Outcome.OFF_SCHEDULE, f"{local:%a %H:%M} by the clock of {scene.time_zone.key} is outside of its hours."
    cooldown = timedelta(seconds=rule.cooldown_s)
    held_by = await alerts.find_alert_in_cooldown(session, rule.id, event, cooldown=cooldown)
    if held_by is not None:
        return Outcome.COOLDOWN, f"The alert {held_by.id} is less than {rule.cooldown_s:g} s away."
    return None


async def _find_mute(session: AsyncSession, event: Event, rule: Rule) -> tuple[Outcome, str] | None:
    """Why a rule that everybody has muted raises nothing, in a sentence; None for the first time in a cooldown."""
    cooldown = timedelta(seconds=rule.cooldown_s)
    muted = await alerts.find_alert_in_cooldown(session, rule.id, event, cooldown=cooldown, even_untold=True)
    if muted is None:
        return None
    return Outcome.MUTED, f"Everybody has muted it, and the alert {muted.id}, as near as a cooldown, says so."


async def _raise_alert(
    session: AsyncSession, event: Event, match: Match, scene: Scene, told: list[Recipient], *, now: datetime
) -> Alert | None:
    rule = match.rule
    if not told:
        log.warning("alert.nobody_to_tell", rule_id=rule.id, event_id=event.id)
    alert = _make_alert(event, match, scene, now=now)
    raised = await tell(session, alert, told, has_picture=event.snapshot_key is not None, now=now)
    if raised is not None and rule.escalation:
        await put_escalate_job(session, raised, rule.escalation[0], now=now)
    return raised


async def put_escalate_job(session: AsyncSession, alert: Alert, step: EscalationStep, *, now: datetime) -> None:
    """Look at the alert again when the step is due, in the caller's transaction."""
    run_at = max(now, alert.raised_at + timedelta(seconds=step.after_s))
    await outbox.put(session, StepName.ESCALATE, alert.id, now=now, run_at=run_at)


async def tell(
    session: AsyncSession, alert: Alert, told: list[Recipient], *, has_picture: bool, now: datetime
) -> Alert | None:
    """Store an alert with its deliveries and their jobs; None when it was there already.

    Whoever has muted it is not told. Where that is everybody, it says so and holds no cooldown.
    """
    awake = await mutes.list_awake(session, alert, told, now=now)
    if told and not awake:
        alert.untold_reason = mutes.ALL_MUTED
    parts_of = parts_for(has_picture=has_picture)
    stored, is_new = await alerts.insert_or_find(session, alert, recipients=awake, parts_of=parts_of)
    if is_new:
        told_at = await put_look_job(session, stored, now=now)
        ids = [delivery.id for delivery in stored.deliveries]
        await put_deliver_jobs(session, stored, ids, now=now, run_at=told_at)
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
        second_look=plan_look(match.rule, scene.looks, now=now) if event.snapshot_key else None,
        things=count_pictured(event.observation),
    )
    return Alert(
        rule_id=match.rule.id,
        event_id=event.id,
        camera_id=event.camera_id,
        happening=happening,
        raised_at=now,
    )
