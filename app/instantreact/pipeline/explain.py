"""Why each rule did or did not raise an alert for an event."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.rule import AbsenceCondition, Condition, Evidence, PassageCondition, PresenceCondition
from instantreact.domain.verdict import Outcome
from instantreact.pipeline.look_plans import find_look
from instantreact.rules.match import asks_for_score, holds, measure, pick_evidence, score_needed
from instantreact.storage import alerts, rules
from instantreact.storage.tables import Alert, Event, Rule, Verdict
from instantreact.storage.verdicts import list_verdicts


@dataclass(frozen=True)
class Measured:
    """What an event says about one condition: its score, None where nothing is known, and what is needed to hold.

    score_before  what the model said, where the camera's calibration has changed that
    """

    condition: Condition
    evidence: Evidence | None
    score_before: float | None = None

    @property
    def score(self) -> float | None:
        return self.evidence.score if self.evidence else None

    @property
    def needed(self) -> float | None:
        """None where any score will do, as for words."""
        return score_needed(self.condition) if asks_for_score(self.condition) else None

    @property
    def holds(self) -> bool:
        return holds(self.condition, self.evidence)


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a rule, as it is now, makes of an event; what it came to then; and the alert that followed."""

    rule: Rule
    measured: tuple[Measured, ...]
    holds: bool
    verdict: Verdict | None
    alert: Alert | None
    why: str


async def explain_event(session: AsyncSession, event: Event) -> list[Explanation]:
    """One of every rule that watches where the event was seen, or came to something about it, by the rules' names."""
    verdicts = {verdict.rule_id: verdict for verdict in await list_verdicts(session, event.id)}
    raised = {alert.rule_id: alert for alert in await alerts.list_alerts_of_event(session, event.id)}
    watching = [
        rule
        for rule in await rules.list_all_rules(session)
        if rule.id in verdicts or rule.id in raised or rule.camera_ids is None or event.camera_id in rule.camera_ids
    ]
    return [_explain(rule, event, verdicts.get(rule.id), raised.get(rule.id)) for rule in watching]


def _explain(rule: Rule, event: Event, verdict: Verdict | None, alert: Alert | None) -> Explanation:
    evidence = measure(rule.criteria, event.observation)
    before = event.observation.concepts_before
    measured = tuple(
        Measured(condition, found, before.get(getattr(condition, "concept", "")))
        for condition, found in zip(rule.criteria.conditions, evidence, strict=True)
    )
    holds = pick_evidence(rule.criteria, evidence) is not None
    why = _tell(rule, measured, verdict, alert, holds=holds)
    return Explanation(rule, measured, holds, verdict, alert, why)


def _tell(
    rule: Rule, measured: Sequence[Measured], verdict: Verdict | None, alert: Alert | None, *, holds: bool
) -> str:
    if alert is not None:
        return " ".join(filter(None, ("It raised an alert.", _tell_look(alert), _tell_deliveries(alert))))
    if verdict is not None:
        return _tell_verdict(verdict)
    if holds:
        disabled = " and is disabled" if not rule.enabled else ""
        return f"As it is now it holds{disabled}; when the event was filed it did not, was disabled, or was not there."
    return f"It does not hold: {'; '.join(_tell_condition(each) for each in measured if not each.holds)}."


def _tell_verdict(verdict: Verdict) -> str:
    match verdict.outcome:
        case Outcome.RAISED:
            return "It raised an alert, which was deleted since."
        case Outcome.GROUPED:
            return f"It held, and is part of an alert. {verdict.why}"
        case Outcome.UNCONFIRMED:
            return f"It held, but not for long or often enough. {verdict.why}"
        case Outcome.OFF_SCHEDULE:
            return f"It held outside of its schedule. {verdict.why}"
        case Outcome.COOLDOWN:
            return f"It held during its cooldown. {verdict.why}"
        case Outcome.MUTED:
            return f"It held while it was muted. {verdict.why}"
        case Outcome.SILENT:
            return "It held, but the footage was to raise no alerts: it was old when it came, or sent so."


def _tell_condition(measured: Measured) -> str:
    condition = measured.condition
    named = getattr(condition, "concept", None) or getattr(condition, "zone", None) or getattr(condition, "name", None)
    if isinstance(condition, PresenceCondition):
        return _tell_presence(condition, measured.evidence)
    what = named or " or ".join(getattr(condition, "phrases", ()))
    if measured.score is None:
        return f"{what} was not {'heard' if condition.kind in {'speech', 'meaning'} else 'looked for'}"
    before = measured.score_before
    calibrated = "" if before is None else f" ({before:.2f} before this camera's calibration)"
    return f"{what} had {measured.score:.2f}{calibrated}, where {measured.needed or 0.0:.2f} is asked for"


def _tell_presence(condition: PresenceCondition, evidence: Evidence | None) -> str:
    where = f" in {condition.zone}" if condition.zone else ""
    if evidence is None:
        return f"{condition.label} was not looked for"
    if isinstance(condition, AbsenceCondition):
        absent_s = evidence.for_s or 0.0
        return f"no {condition.label}{where} was seen for {absent_s:g} s, where {condition.for_s:g} s are asked for"
    if isinstance(condition, PassageCondition):
        return f"{evidence.count} of {condition.label} passed{where}, where {condition.min_count} or more are asked for"
    asked = _tell_range(condition.min_count, condition.max_count)
    lasting = f" for {condition.for_s:g} s" if condition.for_s else ""
    return (
        f"{evidence.count} of {condition.label}{where}{lasting} had {condition.min_score:.2f} or more, where {asked} "
        "asked for"
    )


def _tell_range(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more are"
    if least == most:
        return f"exactly {least} is" if least == 1 else f"exactly {least} are"
    return f"{least} to {most} are"


def _tell_look(alert: Alert) -> str:
    look = find_look(alert)
    if look is None:
        return ""
    said = f", {look.model}: “{look.sentence}”" if look.sentence else ""
    why = f" ({look.why.rstrip('.')})" if look.why else ""
    return f"Second look: {look.state}{said}{why}."


def _tell_deliveries(alert: Alert) -> str:
    if not alert.deliveries:
        return alert.untold_reason or "Nobody was there to be told."
    return " ".join(
        f"{each.recipient.name} on {each.channel}: {each.state}{_tell_error(each.parts)}." for each in alert.deliveries
    )


def _tell_error(parts: Sequence[object]) -> str:
    errors = [str(error).rstrip(".") for part in parts if (error := getattr(part, "error", None))]
    return f" ({errors[-1]})" if errors else ""
