"""What people answered to a rule's alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import AlertState
from instantreact.domain.second_look import LOOKED
from instantreact.storage.tables import Alert

_MOST_ANSWERS = 1000
_BY_PEOPLE = func.coalesce(Alert.answered_by, "") != LOOKED


@dataclass(frozen=True)
class AnswerCounts:
    """How many alerts of a rule and camera (None: of uploads) stand so."""

    rule_id: str
    camera_id: str | None
    state: AlertState
    alerts: int


async def count_answers(session: AsyncSession, rule_ids: Sequence[str], *, since: datetime) -> list[AnswerCounts]:
    """Of alerts that were raised since then."""
    statement = (
        select(Alert.rule_id, Alert.camera_id, Alert.state, func.count())
        .where(Alert.rule_id.in_(rule_ids), Alert.raised_at >= since, _BY_PEOPLE)
        .group_by(Alert.rule_id, Alert.camera_id, Alert.state)
    )
    rows = await session.execute(statement)
    return [AnswerCounts(rule_id or "", camera_id, state, alerts) for rule_id, camera_id, state, alerts in rows]


async def list_answered(session: AsyncSession, rule_id: str, *, since: datetime) -> Sequence[Alert]:
    """The newest alerts that somebody answered."""
    statement = select(Alert).where(
        Alert.rule_id == rule_id, Alert.raised_at >= since, Alert.state != AlertState.RAISED, _BY_PEOPLE
    )
    return (await session.scalars(statement.order_by(Alert.raised_at.desc()).limit(_MOST_ANSWERS))).all()
