"""What happens at one place within a grouping time is one alert, an incident: see also pipeline/follow_up.py."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.happening import RuleMatched
from instantreact.domain.job import JobState
from instantreact.domain.rule import Evidence
from instantreact.jobs import outbox
from instantreact.pipeline.look_plans import find_look
from instantreact.pipeline.step_names import StepName
from instantreact.storage import incidents
from instantreact.storage.alerts import REACHING
from instantreact.storage.incidents import Place
from instantreact.storage.tables import Alert, Event, Rule

SOON = timedelta(seconds=10)
"""A rule that people have not heard of in this incident is told so soon, not only after the grouping time."""


async def join_incident(
    session: AsyncSession,
    event: Event,
    rule: Rule,
    evidence: Sequence[Evidence],
    told: Collection[str],
    place: Place,
    *,
    grouping: timedelta,
    now: datetime,
) -> tuple[Alert | None, bool]:
    """The alert that the rule's holding for the event becomes part of, None where none fits; and whether it tells so.

    Where it does not, a follow-up will. `told` are the recipients whom an alert of its own would reach. The caller
    holds the place.
    """
    for alert in await incidents.list_open(session, place, event, within=grouping):
        if not isinstance(alert.happening, RuleMatched) or not _asks_no_more(rule, told, alert, alert.happening):
            continue
        if alert.event_id == event.id and alert.raised_at == now:  # of this transaction: nobody has been told of it yet
            others = (each for each in evidence if each not in alert.happening.evidence)
            alert.happening = replace(alert.happening, evidence=(*alert.happening.evidence, *others))
            return alert, True
        await _put_follow_up(session, alert, rule, grouping=grouping, now=now)
        alert.grew_at = now
        return alert, False
    return None, False


def _asks_no_more(rule: Rule, told: Collection[str], alert: Alert, matched: RuleMatched) -> bool:
    """Whether the alert says it to everybody whom the rule tells, as urgently, and as long as nobody answers."""
    reached = {each.recipient_id for each in alert.deliveries if each.state in REACHING}
    if find_look(alert) is not None and rule.second_look is None:
        return False  # it would wait with the alert, and be doubted with it
    is_as_urgent = alert.untold_reason is None and rule.severity.weight <= matched.severity.weight
    return is_as_urgent and reached.issuperset(told) and (not rule.escalation or rule.id == alert.rule_id)


async def _put_follow_up(
    session: AsyncSession, alert: Alert, rule: Rule, *, grouping: timedelta, now: datetime
) -> None:
    due = (alert.followed_up_at or alert.raised_at) + grouping
    if alert.followed_up_at is None and rule.id not in await incidents.list_rule_ids(session, alert.id):
        due = min(due, now + SOON)
    waiting = await outbox.find_job(session, StepName.FOLLOW_UP, alert.id)
    if waiting is not None and waiting.state is JobState.DUE:
        due = min(due, waiting.run_at)
    await outbox.put(session, StepName.FOLLOW_UP, alert.id, now=now, run_at=max(now, due))
