"""`instantreact users`: people who sign in. It works on the database itself, whether `serve` runs or not."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from instantreact.cli.database import transaction_on
from instantreact.cli.settings import StateDir, read_settings
from instantreact.config import Settings
from instantreact.domain.user import Role
from instantreact.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncSession

    from instantreact.storage.tables import User

app = typer.Typer(
    no_args_is_help=True,
    help="People who sign in: add them, list them, set a password, drop a lost second factor, remove them. "
    "A viewer sees, an operator answers alerts too, an administrator does everything. "
    "Passwords are asked for, or read from standard input: a line of its own.",
)

Name = Annotated[str, typer.Argument(help="Theirs, however it is written.")]


@app.command("list")
def list_(state_dir: StateDir = None) -> None:
    """Show every user: their role, their sites, when they last signed in."""

    async def run(settings: Settings) -> None:
        from instantreact.storage import users

        async with transaction_on(settings) as (session, _):
            rows = await users.list_users(session)
            for row in rows:
                typer.echo(await _describe(session, row))
        if not rows:
            typer.echo("There are no users yet: `instantreact users add NAME --role administrator` adds one.")

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Unique; what they do is done in this name.")],
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.VIEWER,
    site: Annotated[list[str] | None, typer.Option(help="Only the cameras of this site, as often as wanted.")] = None,
    state_dir: StateDir = None,
) -> None:
    """Add somebody, with a password."""

    async def run(settings: Settings) -> None:
        from instantreact.storage import users
        from instantreact.storage.names import find_ids
        from instantreact.storage.tables import Site

        hashed = _ask_password()
        async with transaction_on(settings) as (session, now):
            site_ids = await find_ids(session, Site, site) if site else None
            row = await users.create_user(session, users.UserChanges(_check(name), role, site_ids, hashed), now=now)
            _audit(session, "add", row, now)
            typer.echo(await _describe(session, row))

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command()
def password(name: Name, state_dir: StateDir = None) -> None:
    """Set somebody's password; every session of theirs ends."""

    async def run(settings: Settings) -> None:
        from instantreact.storage import users

        hashed = _ask_password()
        async with transaction_on(settings) as (session, now):
            row = await users.get_user_called(session, name)
            _audit(session, "password", await users.set_password(session, row.id, hashed), now)
        typer.echo(f"{row.name} has another password, and is signed in nowhere.")

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command("drop-totp")
def drop_totp(name: Name, state_dir: StateDir = None) -> None:
    """Drop the second factor of somebody who lost it: the password is enough again."""

    async def run(settings: Settings) -> None:
        from instantreact.storage import second_factors, users

        async with transaction_on(settings) as (session, now):
            row = await users.get_user_called(session, name)
            _audit(session, "drop-totp", await second_factors.drop_totp(session, row.id), now)
        typer.echo(f"{row.name} signs in with the password alone.")

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command()
def remove(name: Name, state_dir: StateDir = None) -> None:
    """Remove somebody: every process of the service refuses them within a second."""

    async def run(settings: Settings) -> None:
        from instantreact.storage import users

        async with transaction_on(settings) as (session, now):
            row = await users.get_user_called(session, name)
            _audit(session, "remove", await users.remove_user(session, row.id), now)
        typer.echo(f"{row.name} is gone.")

    asyncio.run(run(read_settings(state_dir=state_dir)))


def _ask_password() -> str:
    from instantreact.storage.passwords import LEAST, MOST, hash_password

    if sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not LEAST <= len(given) <= MOST:
        raise InvalidInput(f"A password has {LEAST} to {MOST} characters.")
    return hash_password(given)


def _check(name: str) -> str:
    from pydantic import TypeAdapter, ValidationError

    from instantreact.api.schemas.fields import Name as UserName

    try:
        checked: str = TypeAdapter(UserName).validate_python(name)
    except ValidationError as error:
        raise InvalidInput("A name is a line of up to 120 letters that can be seen.") from error
    return checked


def _audit(session: "AsyncSession", what: str, row: "User", now: "datetime") -> None:
    from instantreact.cli.audit import record

    record(session, f"users {what}", row.name, now=now)


async def _describe(session: "AsyncSession", row: "User") -> str:
    from instantreact.storage.names import list_names
    from instantreact.storage.tables import Site

    sites = ", ".join(await list_names(session, Site, row.site_ids or ())) or "(all deleted)"
    parts = [
        row.role,
        "" if row.site_ids is None else f"only sites {sites}",
        "" if row.has_password else "without a password",
        "with a second factor" if row.has_totp else "",
        f"last signed in {row.signed_in_at:%Y-%m-%d %H:%M UTC}" if row.signed_in_at else "never signed in",
    ]
    return f"{row.name}: {'; '.join(part for part in parts if part)}"
