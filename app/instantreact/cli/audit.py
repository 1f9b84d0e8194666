"""`instantreact audit`: who saw, changed and answered what."""

import asyncio
import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from instantreact.cli.database import open_migrated
from instantreact.cli.settings import StateDir, read_settings
from instantreact.config import Settings
from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import PrincipalKind
from instantreact.errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(
    no_args_is_help=True,
    help="The audit log: who saw media, changed or answered something, or was refused, when and from where. "
    "GET /audit shows the same, page by page.",
)

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]
"""How a moment is written; without a zone it is UTC."""

Moment = Annotated[datetime | None, typer.Option(formats=FORMATS, help="In UTC, such as 2026-11-22.")]


@app.command()
def export(
    since: Moment = None,
    until: Moment = None,
    state_dir: StateDir = None,
) -> None:
    """Write the log to standard output, the oldest first: a JSON object a line. `since` is included, `until` is not."""

    async def run(settings: Settings) -> None:
        from instantreact.api.schemas.audit import AuditEntryView
        from instantreact.storage.audit import AuditFilter, read_entries

        wanted = AuditFilter(since=to_utc(since), until=to_utc(until))
        async with open_migrated(settings) as database:
            async for entry in read_entries(database, wanted):
                typer.echo(AuditEntryView.model_validate(entry).model_dump_json())

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.callback()
def _audit() -> None:
    pass


def record(
    session: "AsyncSession", command: str, subject: str, *, now: datetime, action: AuditAction = AuditAction.CHANGED
) -> None:
    """Write down a command that changes or shows something, in the transaction that does it."""
    from instantreact.storage.audit import add_entry

    add_entry(session, action, PrincipalKind.COMMAND, _find_user(), command, subject, now=now)


def _find_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "somebody"


def to_utc(moment: datetime | None) -> datetime | None:
    """What was meant by a moment on the command line. Raises InvalidInput."""
    if moment is None or moment.tzinfo is None:
        return moment and moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput(f"{moment:%Y-%m-%d} lies outside the calendar.") from error
