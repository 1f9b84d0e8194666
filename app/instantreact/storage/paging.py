"""Lists by time. Keyset pagination, newest first: a page starts after the (time, id) where the last one ended."""

from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

PAGE_SIZE = 50
T = TypeVar("T", bound=Select[*tuple[Any, ...]])


class Cursor(NamedTuple):
    """The time and id of the last row of a page."""

    at: datetime
    id: str


def newest_first(
    statement: T,
    at: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[str],
    *,
    after: Cursor | None,
    limit: int,
) -> T:
    """At most `limit` rows ordered by time and id, newest first, older than `after`."""
    if after is not None:
        # Compared as a pair, which an index answers as a range; written out with OR it would not.
        statement = statement.where(tuple_(at, row_id) < (after.at, after.id))
    return statement.order_by(at.desc(), row_id.desc()).limit(limit)


def nearest_end(until: datetime | None, after: Cursor | None) -> tuple[datetime | None, Cursor | None]:
    """The one of the two that says more: SQLite looks up one end of a range in its index, and may take the other."""
    if until is None or after is None:
        return until, after
    return (until, None) if until <= after.at else (None, after)


def between(statement: T, at: InstrumentedAttribute[datetime], since: datetime | None, until: datetime | None) -> T:
    """Only rows of `since` or later, and of before `until`; None: no such bound."""
    if since is not None:
        statement = statement.where(at >= since)
    if until is not None:
        statement = statement.where(at < until)
    return statement
