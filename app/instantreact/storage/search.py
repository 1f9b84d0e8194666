"""Full-text search of events: SQLite's FTS5, kept by triggers, and PostgreSQL's GIN over `events.words`.

An FTS5 row is numbered by the time of its event, so that the newest matches are read first and no more than a page of
them: the number is the millisecond since 1970 times 2^18, and those of the same millisecond are counted up.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Select, cast, column, func, inspect, literal, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Event
from instantreact.storage.words import SoughtWord

INDEX = "event_words"
"""The name of the FTS5 table; those that FTS5 makes for itself, and the index of PostgreSQL, hold it."""

_TIES = 2**18  # events of one millisecond
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LIMIT = 2**63 - 1
_TRIGGERS = ("insert", "delete", "update")
# Our words are split already: all beyond ASCII is letters, and no positions are needed.
_TABLE = """
    CREATE VIRTUAL TABLE event_words USING fts5 (words, event_id UNINDEXED, detail = none, columnsize = 0,
        tokenize = "ascii tokenchars '_'", prefix = '3 4 5 6 7 8 9 10 11 12 13 14')
"""
_INSERT = """
    CREATE TRIGGER event_words_insert AFTER INSERT ON events BEGIN
        INSERT INTO event_words (rowid, words, event_id) VALUES (
            coalesce((SELECT rowid + 1 FROM event_words WHERE rowid BETWEEN FIRST(NEW) AND FIRST(NEW) + 262143
                      ORDER BY rowid DESC LIMIT 1), FIRST(NEW)),
            NEW.words, NEW.id);
    END
"""
_DELETE = """
    CREATE TRIGGER event_words_delete AFTER DELETE ON events BEGIN
        DELETE FROM event_words WHERE rowid BETWEEN FIRST(OLD) AND FIRST(OLD) + 262143 AND event_id = OLD.id;
    END
"""
_UPDATE = """
    CREATE TRIGGER event_words_update AFTER UPDATE OF words ON events WHEN OLD.words IS NOT NEW.words BEGIN
        UPDATE event_words SET words = NEW.words
        WHERE rowid BETWEEN FIRST(OLD) AND FIRST(OLD) + 262143 AND event_id = OLD.id;
    END
"""
_FILL = """
    INSERT INTO event_words (rowid, words, event_id)
    SELECT FIRST(events) + row_number() OVER (PARTITION BY FIRST(events) ORDER BY id) - 1, words, id
    FROM events ORDER BY 1
"""
# Not strftime('%s') of the whole time: that rounds.
_FIRST = r"""
    ((strftime('%s', substr(\1.occurred_at, 1, 19)) * 1000 + CAST(substr(\1.occurred_at, 21, 3) AS INTEGER)) * 262144)
"""
# Nothing is put off: whoever writes when the list of what waits is full would be held up for all of it.
_POSTGRES = "CREATE INDEX IF NOT EXISTS ix_event_words ON events USING gin (words) WITH (fastupdate = off)"


def install_search(connection: Connection) -> None:
    """Make what search needs where it is not whole: a migration that copies `events` drops its triggers."""
    if not _has_words(connection):
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_POSTGRES)
        return
    named = text("SELECT count(*) FROM sqlite_master WHERE name IN (:table, :insert, :delete, :update)")
    names = {"table": INDEX, **{trigger: f"{INDEX}_{trigger}" for trigger in _TRIGGERS}}
    if connection.scalar(named, names) < len(names):
        remove_search(connection)
        for statement in (_TABLE, _INSERT, _DELETE, _UPDATE, _FILL):
            connection.exec_driver_sql(re.sub(r"FIRST\((\w+)\)", _FIRST.strip(), statement))


def remove_search(connection: Connection) -> None:
    """Drop what `install_search` has made; PostgreSQL drops its index with the column."""
    if connection.dialect.name == "sqlite":
        for trigger in _TRIGGERS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {INDEX}_{trigger}")
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {INDEX}")


def is_compared(name: str | None, kind: str, _: object) -> bool:
    """For Alembic: whether this table or index is one of the models'."""
    return kind not in {"table", "index"} or INDEX not in str(name)


def search_postgres(sought: Sequence[SoughtWord], newest: Select[Event] | None = None) -> Select[Event]:
    """Events that hold these words: of the `newest` few, or of all by the index.

    The planner cannot know that nobody ever said a word: it would read through all events for it. Hence it is asked
    for the few first, where a common word is found at once, and then told to use the index.
    """
    terms = [f"'{word.text}'{':*' if word.is_beginning else ''}" for word in sought]
    query = cast(" & ".join(terms), TSQUERY)
    if newest is not None:
        few = newest.with_only_columns(Event.id, Event.words).subquery()
        return select(Event).where(Event.id.in_(select(few.c.id).where(few.c.words.op("@@")(query))))
    found = select(Event.id).where(Event.words.op("@@")(query)).cte("found").prefix_with("MATERIALIZED")
    return select(Event).where(Event.id.in_(select(found.c.id)))


def search_sqlite(
    sought: Sequence[SoughtWord], *, since: datetime | None, until: datetime | None, after: Cursor | None, limit: int
) -> Select[Event]:
    """Events that hold these words, and among them for sure the newest `limit` of the span and page that are asked for.

    Which of the events of one millisecond are older the index does not know: it gives all of them.
    """
    index = table(INDEX, column("rowid"), column("event_id"))
    query = " AND ".join(f'"{word.text}"{" *" if word.is_beginning else ""}' for word in sought)
    found = select(index.c.rowid).where(text(f"{INDEX} MATCH :query").bindparams(query=query))
    until = min(filter(None, (until, after.at if after else None)), default=None)
    lowest, highest = _number(since, -_LIMIT), _number(until, _LIMIT)
    # All of the last page's last millisecond, then so many that are older for sure.
    older = found.where(index.c.rowid >= lowest, index.c.rowid < highest).order_by(index.c.rowid.desc()).limit(limit)
    oldest = select(func.min(older.subquery().c.rowid)).scalar_subquery()
    first = func.coalesce(oldest - ((oldest % _TIES) + _TIES) % _TIES, highest)
    last = literal(min(highest + _TIES - 1, _LIMIT))
    matching = found.with_only_columns(index.c.event_id).where(index.c.rowid.between(first, last))
    return select(Event).where(Event.id.in_(matching))


def _has_words(connection: Connection) -> bool:
    tables = inspect(connection)
    return tables.has_table("events") and any(each["name"] == "words" for each in tables.get_columns("events"))


def _number(at: datetime | None, default: int) -> int:
    """The least number of an event of this millisecond."""
    if at is None:
        return default
    return max(-_LIMIT, min(_LIMIT, (at - _EPOCH) // timedelta(milliseconds=1) * _TIES))
