"""The audit log: who saw, changed and answered what. Entries are added; retention alone deletes old ones."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import PrincipalKind
from instantreact.storage.database import Database
from instantreact.storage.paging import PAGE_SIZE, Cursor, between, newest_first
from instantreact.storage.reading import read_in_order
from instantreact.storage.tables import AuditEntry


@dataclass(frozen=True)
class AuditFilter:
    """Which entries: all conditions that are set hold. `since` is included, `until` is not."""

    action: AuditAction | None = None
    principal: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def add_entry(
    session: AsyncSession,
    action: AuditAction,
    kind: PrincipalKind,
    name: str,
    what: str,
    subject: str,
    *,
    now: datetime,
    principal_id: str | None = None,
) -> None:
    """What was done otherwise than over HTTP, in the transaction that does it."""
    entry = AuditEntry(at=now, action=action, principal_kind=kind, principal=name, route=what, subject=subject)
    entry.principal_id = principal_id
    session.add(entry)


async def list_entries(
    session: AsyncSession, wanted: AuditFilter, *, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> list[AuditEntry]:
    """Newest first."""
    statement = _narrow(select(AuditEntry), wanted)
    page = newest_first(statement, AuditEntry.at, AuditEntry.id, after=after, limit=limit)
    return list(await session.scalars(page))


def read_entries(database: Database, wanted: AuditFilter) -> AsyncIterator[AuditEntry]:
    """Oldest first, some in each transaction."""
    return read_in_order(database, _narrow(select(AuditEntry), wanted), AuditEntry.at, AuditEntry.id)


def _narrow(statement: Select[AuditEntry], wanted: AuditFilter) -> Select[AuditEntry]:
    if wanted.action is not None:
        statement = statement.where(AuditEntry.action == wanted.action)
    if wanted.principal is not None:
        statement = statement.where(AuditEntry.principal == wanted.principal)
    return between(statement, AuditEntry.at, wanted.since, wanted.until)
