"""What has changed, in an order that every process agrees on: nothing is told twice and nothing is passed over.

PostgreSQL numbers rows when they are written, and shows them when their transaction is committed, which may be in
another order. So rows are in the order of their transactions, and told only when no older transaction still runs.
"""

import asyncio
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from sqlalchemy import ColumnElement, delete, func, literal, literal_column, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import InvalidInput
from instantreact.logs import get_logger
from instantreact.storage.confinement import WHOLE
from instantreact.storage.database import Database
from instantreact.storage.tables import News

KEPT = 100_000
"""How many are kept: who was away for longer has to look at everything anew."""

TRIM_S = 60.0

CURSOR_PATTERN = r"^([0-9]{1,18})-([0-9]{1,18})$"
"""Of a cursor as text."""

log = get_logger(__name__)


class NewsTopic(StrEnum):
    """Of what there is news."""

    EVENT = "event"
    ALERT = "alert"
    DELIVERY = "delivery"
    CAMERA = "camera"
    JOB = "job"


@dataclass(frozen=True, order=True)
class NewsCursor:
    """How far somebody has been told."""

    transaction_id: int = 0
    id: int = 0

    def __str__(self) -> str:
        return f"{self.transaction_id}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidInput for what does not match CURSOR_PATTERN."""
        found = re.fullmatch(CURSOR_PATTERN, text)
        if found is None:
            raise InvalidInput(
                "Last-Event-ID is none that this stream has sent; leave it out to begin with what is new."
            )
        return cls(int(found[1]), int(found[2]))


@dataclass(frozen=True)
class NewsFilter:
    """Which news: of these topics; None for all."""

    topics: frozenset[NewsTopic] | None = None


@dataclass(frozen=True)
class Told:
    """One piece of news.

    change    created, changed, or ended (of a job that is done)
    state     as it was then, where the subject has one
    """

    cursor: NewsCursor
    topic: NewsTopic
    subject: str
    change: str
    state: str | None
    camera_id: str | None
    at: datetime


async def find_newest(session: AsyncSession) -> NewsCursor:
    """As far as anybody can be told now."""
    row = (await session.execute(_CURSORS.where(_is_settled(session)).order_by(*_NEWEST).limit(1))).one_or_none()
    return NewsCursor(*row) if row else NewsCursor()


async def has_gap(session: AsyncSession, after: NewsCursor) -> bool:
    """Whether something after `after` is no longer kept, or `after` is of another database."""
    row = (await session.execute(_CURSORS.order_by(News.transaction_id, News.id).limit(1))).one_or_none()
    oldest = NewsCursor(*row) if row else NewsCursor()
    if after < oldest and after.id + 1 < oldest.id:
        return True
    return after > await find_newest(session)


async def list_news(session: AsyncSession, after: NewsCursor, which: NewsFilter, *, limit: int) -> list[Told]:
    """The oldest `limit` pieces after a cursor."""
    statement = (
        select(News)
        .where(tuple_(News.transaction_id, News.id) > tuple_(literal(after.transaction_id), literal(after.id)))
        .where(_is_settled(session), *_restrict(which))
        .order_by(News.transaction_id, News.id)
        .limit(limit)
    )
    return [_tell(row) for row in await session.scalars(statement)]


async def trim_news(session: AsyncSession) -> None:
    """Forget the oldest."""
    newest = select(func.max(News.id)).scalar_subquery()
    await session.execute(delete(News).where(News.id <= newest - KEPT).execution_options(synchronize_session=False))


async def keep_news_short(database: Database) -> None:
    """Forget the oldest now and then, until cancelled."""
    while True:
        try:
            async with database.unit_of_work() as session:
                await trim_news(session)
        except Exception as error:
            log.warning("news.not_trimmed", reason=str(error))
        await asyncio.sleep(TRIM_S)


_CURSORS = select(News.transaction_id, News.id).execution_options(**WHOLE)  # how far there is news is no secret
_NEWEST = (News.transaction_id.desc(), News.id.desc())


def _is_settled(session: AsyncSession) -> ColumnElement[bool]:
    if session.get_bind().dialect.name != "postgresql":
        return true()
    return News.transaction_id < literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def _restrict(which: NewsFilter) -> Collection[ColumnElement[bool]]:
    return [] if which.topics is None else [News.topic.in_(sorted(which.topics))]


def _tell(row: News) -> Told:
    cursor = NewsCursor(row.transaction_id, row.id)
    return Told(cursor, NewsTopic(row.topic), row.subject, row.change, row.state, row.camera_id, row.at)
