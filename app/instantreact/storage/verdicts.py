"""What rules came to about events, a row for each rule whose conditions held."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.verdict import Outcome
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import Event, Verdict


async def note_verdict(
    session: AsyncSession, event_id: str, rule_id: str, outcome: Outcome, why: str = "", *, now: datetime
) -> None:
    """What the rule came to, in place of what it came to before about the same event; an alert stays the last word."""
    values = {"event_id": event_id, "rule_id": rule_id, "outcome": outcome, "why": why, "decided_at": now}
    statement = insert_into(session, Verdict).values(values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["event_id", "rule_id"],
            set_={name: statement.excluded[name] for name in ("outcome", "why", "decided_at")},
            where=Verdict.outcome != Outcome.RAISED,
        )
    )


async def list_suppressed(session: AsyncSession, rule_id: str, event: Event, *, since: datetime) -> Sequence[Event]:
    """What the rule's cooldown has suppressed since then where `event` was seen, the first first."""
    place = Event.camera_id == event.camera_id if event.camera_id else Event.clip_id == event.clip_id
    suppressed = select(Event).join(Verdict, Verdict.event_id == Event.id)
    suppressed = suppressed.where(
        Verdict.rule_id == rule_id, Verdict.outcome == Outcome.COOLDOWN, Verdict.decided_at >= since, place
    )
    return (await session.scalars(suppressed.order_by(Event.occurred_at, Event.id))).all()


async def list_verdicts(session: AsyncSession, event_id: str) -> Sequence[Verdict]:
    """Those about an event."""
    return (await session.scalars(select(Verdict).where(Verdict.event_id == event_id))).all()
