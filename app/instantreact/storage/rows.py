"""Rows as values that do not depend on the database: how they move from one to another, and into a backup.

A table is described by its columns and their kinds, so that what an earlier version wrote can be read by a later one.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Enum,
    Float,
    Integer,
    String,
    TableClause,
    column,
    func,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.types import TypeEngine

from instantreact.storage.tables import Base, News
from instantreact.storage.types import UTCDateTime, Value, WordSet

BATCH_ROWS = 1000

Row = list[Any]
"""A row in the order of its table's columns: texts, numbers, truths, what JSON knows; times and words as JSON has them
where it is `portable`."""


class ColumnKind(StrEnum):
    """What a column holds, whatever a database calls it."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"
    WORDS = "words"


_TYPES: Mapping[ColumnKind, TypeEngine[Any]] = {
    ColumnKind.TEXT: String(),
    ColumnKind.INTEGER: BigInteger(),
    ColumnKind.REAL: Float(),
    ColumnKind.BOOLEAN: Boolean(),
    ColumnKind.TIME: UTCDateTime(),
    ColumnKind.JSON: JSON(none_as_null=True),
    ColumnKind.WORDS: WordSet(),
}
_KINDS: Sequence[tuple[type[TypeEngine[Any]], ColumnKind]] = (
    (Value, ColumnKind.JSON),
    (JSON, ColumnKind.JSON),
    (UTCDateTime, ColumnKind.TIME),
    (WordSet, ColumnKind.WORDS),
    (Enum, ColumnKind.TEXT),
    (Boolean, ColumnKind.BOOLEAN),
    (Integer, ColumnKind.INTEGER),
    (Float, ColumnKind.REAL),
    (String, ColumnKind.TEXT),
)


@dataclass(frozen=True)
class TableShape:
    """A table's name, and the kinds of its columns."""

    name: str
    columns: Mapping[str, ColumnKind]

    @property
    def clause(self) -> TableClause:
        """For SQL: its columns give and take plain values, and check nothing."""
        return table(self.name, *(column(name, _TYPES[kind]) for name, kind in self.columns.items()))

    def to_portable(self, row: Sequence[Any]) -> Row:
        """The row as JSON has it, the same whichever database it came from."""
        return [_to_portable(kind, value) for kind, value in zip(self.columns.values(), row, strict=True)]

    def from_portable(self, row: Row) -> dict[str, Any]:
        """What to insert."""
        named = zip(self.columns.items(), row, strict=True)
        return {name: _from_portable(kind, value) for (name, kind), value in named}


@dataclass
class RowDigest:
    """How many rows there are, and the sum of their hashes: the same in whichever order a database gives them."""

    rows: int = 0
    _sum: int = field(default=0, repr=False)

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            text = json.dumps(row, sort_keys=True, separators=(",", ":"))
            self._sum += int.from_bytes(hashlib.sha256(text.encode()).digest())
        self._sum &= (1 << 256) - 1
        self.rows += len(rows)


def list_shapes() -> list[TableShape]:
    """Every table that is moved, each after those that it refers to.

    News are not: their order is that of one database's transactions. Who follows them is told that there is a gap.
    """
    tables = [each for each in Base.metadata.sorted_tables if each.name != News.__tablename__]
    return [TableShape(each.name, {column.name: _find_kind(column) for column in each.columns}) for each in tables]


async def read_rows(source: AsyncSession | AsyncConnection, shape: TableShape) -> AsyncIterator[list[Row]]:
    """All rows of a table, portable, some at a time."""
    columns = shape.clause.columns
    result = await source.stream(select(*columns), execution_options={"yield_per": BATCH_ROWS})
    async for rows in result.partitions():
        yield [shape.to_portable(row) for row in rows]


async def find_last_news(session: AsyncSession) -> int:
    """The number of the newest piece of news: the next has another, wherever the rows move."""
    return await session.scalar(select(func.max(News.id))) or 0


def _find_kind(of: Column[Any]) -> ColumnKind:
    return next(kind for known, kind in _KINDS if isinstance(of.type, known))


def _to_portable(kind: ColumnKind, value: Any) -> Any:
    if value is None:
        return None
    if kind is ColumnKind.TIME:
        return value.isoformat()
    if kind is ColumnKind.WORDS:
        return sorted(set(value))  # as PostgreSQL keeps them
    return float(value) if kind is ColumnKind.REAL else value


def _from_portable(kind: ColumnKind, value: Any) -> Any:
    if value is None:
        return None
    if kind is ColumnKind.TIME:
        return datetime.fromisoformat(value)
    return tuple(value) if kind is ColumnKind.WORDS else value
