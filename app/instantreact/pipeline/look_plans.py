"""Whether an alert waits for a second look, and until when: decided in the transaction that raises it."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.happening import RuleMatched
from instantreact.domain.rule import Severity
from instantreact.domain.second_look import LookPolicy, LookRequest, LookState, SecondLook
from instantreact.jobs import outbox
from instantreact.pipeline.step_names import StepName
from instantreact.storage.tables import Alert, Rule


def plan_look(rule: Rule, policy: LookPolicy | None, *, now: datetime) -> SecondLook | None:
    """The look at an alert that the rule raises now; None where it asks for none, or nobody looks."""
    wanted = rule.second_look
    if wanted is None or policy is None:
        return None
    due_at = now + timedelta(seconds=policy.timeout_s)
    return SecondLook(policy.mode, due_at, _may_reject(rule, wanted, policy), wanted.question)


def _may_reject(rule: Rule, wanted: LookRequest, policy: LookPolicy) -> bool:
    if wanted.may_reject is not None:
        return wanted.may_reject
    return policy.may_reject and rule.severity is not Severity.CRITICAL


async def put_look_job(session: AsyncSession, alert: Alert, *, now: datetime) -> datetime | None:
    """Queue the look at a new alert, if there is to be one; from when on people are told, None for at once.

    Their deliveries are put for the end of its time: a look that is over hastens them, and where there never is one,
    whatever the reason, they go out by themselves.
    """
    look = find_look(alert)
    if look is None:
        return None
    await outbox.put(session, StepName.SECOND_LOOK, alert.id, now=now)
    return look.due_at if look.holds_back else None


def find_look(alert: Alert) -> SecondLook | None:
    """The look at an alert; None where it asks for none."""
    return alert.happening.second_look if isinstance(alert.happening, RuleMatched) else None


def find_wait(alert: Alert, *, now: datetime) -> datetime | None:
    """Until when nobody is told of an alert, because of a look that is not over; None where that is no reason."""
    look = find_look(alert)
    waits = look is not None and look.holds_back and look.state is LookState.WAITING and now < look.due_at
    return look.due_at if look is not None and waits else None
