"""What rules came to about events, a row for each rule whose conditions held."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.verdict import Outcome
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import Verdict


async def note_verdict(
    session: AsyncSession, event_id: str, rule_id: str, outcome: Outcome, why: str = "", *, now: datetime
) -> None:
    """What the rule came to where it has nothing to do with any alert; see `insert_verdict`."""
    verdict = Verdict(event_id=event_id, rule_id=rule_id, outcome=outcome, why=why, decided_at=now)
    await insert_verdict(session, verdict)


async def insert_verdict(session: AsyncSession, verdict: Verdict) -> None:
    """In place of what the rule came to before about the same event; an alert stays the last word."""
    values = {column.key: getattr(verdict, column.key) for column in inspect(Verdict).column_attrs}
    values["is_told"] = verdict.is_told is not False
    statement = insert_into(session, Verdict).values(values)
    changed = values.keys() - {"event_id", "rule_id"}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["event_id", "rule_id"],
            set_={name: statement.excluded[name] for name in changed},
            where=Verdict.alert_id.is_(None),
        )
    )


async def list_verdicts(session: AsyncSession, event_id: str) -> Sequence[Verdict]:
    """Those about an event."""
    return (await session.scalars(select(Verdict).where(Verdict.event_id == event_id))).all()
