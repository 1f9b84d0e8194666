"""How right rules were in the last days, by what people answered."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import AlertState
from instantreact.domain.happening import RuleMatched
from instantreact.rules.record import FEWEST, Answered, Proposal, is_mostly_wrong, propose
from instantreact.storage import records
from instantreact.storage.tables import Rule

LOOKED_AT = timedelta(days=30)


@dataclass
class Record:
    """How a rule's alerts stand, by camera; None is uploads."""

    by_camera: dict[str | None, Counter[AlertState]] = field(default_factory=lambda: defaultdict(Counter))

    def count(self, state: AlertState) -> int:
        """Over all cameras."""
        return sum(counts[state] for counts in self.by_camera.values())

    def describe_fault(self) -> str | None:
        """A sentence where most of what people answered is "false alarm"; else None."""
        right, wrong = self.count(AlertState.ACKNOWLEDGED), self.count(AlertState.DISMISSED)
        if not is_mostly_wrong(right, wrong):
            return None
        return f"{wrong} of its {right + wrong} answered alerts of the last {LOOKED_AT.days} days were false alarms."


async def read_records(session: AsyncSession, rule_ids: Sequence[str], *, now: datetime) -> Mapping[str, Record]:
    """By the rules' ids; an empty one for a rule without alerts."""
    found: dict[str, Record] = {rule_id: Record() for rule_id in rule_ids}
    for count in await records.count_answers(session, rule_ids, since=now - LOOKED_AT):
        found[count.rule_id].by_camera[count.camera_id][count.state] += count.alerts
    return found


async def find_proposal(session: AsyncSession, rule: Rule, *, now: datetime) -> Proposal | None:
    """The threshold that its answered alerts speak for; None where there is nothing better than what it has."""
    alerts = await records.list_answered(session, rule.id, since=now - LOOKED_AT)
    answered = [
        Answered(alert.happening.evidence, alert.state is AlertState.DISMISSED)
        for alert in alerts
        if isinstance(alert.happening, RuleMatched)
    ]
    return propose(rule.criteria, answered) if len(answered) >= FEWEST else None
