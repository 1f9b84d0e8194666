"""`instantreact keys`: who may use the API. It works on the database itself, whether `serve` runs or not."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from instantreact.cli.database import transaction_on
from instantreact.cli.settings import StateDir, read_settings
from instantreact.config import Settings
from instantreact.domain.principal import Scope

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncSession

    from instantreact.storage.tables import ApiKey

app = typer.Typer(
    no_args_is_help=True,
    help="Who may use the API: make keys, list them, replace them, take them back. "
    "A camera that only pushes gets `--scope ingest --camera NAME`, a wall of screens `--scope read --site NAME`. "
    "A key is shown once, when it is made; INSTANTREACT_API_KEY is none of these.",
)

Name = Annotated[str, typer.Argument(help="The key's name.")]


@app.command("list")
def list_(state_dir: StateDir = None) -> None:
    """Show every key: what it is good for, when it expires, when it was last used."""

    async def run(settings: Settings) -> None:
        from instantreact.storage import keys

        async with transaction_on(settings) as (session, _):
            rows = await keys.list_keys(session)
            for row in rows:
                typer.echo(await _describe(session, row))
        if not rows:
            typer.echo("There are no keys yet: `instantreact serve` makes the first one.")

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Unique; what is done with the key is done in this name.")],
    scope: Annotated[
        list[Scope] | None,
        typer.Option(
            help="What it is good for, as often as wanted; by default read. read: see everything; ingest: bring in "
            "clips and frames; operate: answer and mute alerts, run jobs again; admin: configure, delete, make keys."
        ),
    ] = None,
    site: Annotated[
        list[str] | None, typer.Option(help="Only the cameras of this site, by name; as often as wanted.")
    ] = None,
    camera: Annotated[list[str] | None, typer.Option(help="Only this camera, by name; as often as wanted.")] = None,
    days: Annotated[float | None, typer.Option(help="It expires after so many days.", min=0.001, max=36_500)] = None,
    state_dir: StateDir = None,
) -> None:
    """Make a key and show it, this once."""

    async def run(settings: Settings) -> None:
        from instantreact.storage import keys
        from instantreact.storage.names import find_ids
        from instantreact.storage.tables import Camera, Site

        async with transaction_on(settings) as (session, now):
            limits = keys.KeyLimits(
                scopes=tuple(scope or [Scope.READ]),
                site_ids=await find_ids(session, Site, site) if site else None,
                camera_ids=await find_ids(session, Camera, camera) if camera else None,
                expires_at=now + timedelta(days=days) if days else None,
            )
            row, key = await keys.create_key(session, name.strip(), limits, now=now)
            _audit(session, "create", row.name, now)
            described = await _describe(session, row)
        typer.echo(described)
        _show(key)

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command()
def rotate(
    name: Name,
    overlap_hours: Annotated[
        float, typer.Option(help="For so long the key that is replaced counts as well; 0: it ends at once.", min=0)
    ] = 24.0,
    state_dir: StateDir = None,
) -> None:
    """Make a new key in the place of this one, for the same things; the old one counts a while longer."""

    async def run(settings: Settings) -> None:
        from instantreact.storage import keys

        async with transaction_on(settings) as (session, now):
            row = await keys.get_key_called(session, name)
            row, key = await keys.rotate_key(session, row.id, overlap=timedelta(hours=overlap_hours), now=now)
            until = row.old_until
            _audit(session, "rotate", name, now)
        typer.echo(f"The key {name} from before counts until {_format(until)}." if overlap_hours else "")
        _show(key)

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command()
def revoke(name: Name, state_dir: StateDir = None) -> None:
    """Take a key back: every process of the service refuses it within a second."""

    async def run(settings: Settings) -> None:
        from instantreact.storage import keys

        async with transaction_on(settings) as (session, now):
            await keys.revoke_key(session, (await keys.get_key_called(session, name)).id)
            _audit(session, "revoke", name, now)
        typer.echo(f"The key {name} opens nothing any more.")

    asyncio.run(run(read_settings(state_dir=state_dir)))


def _audit(session: "AsyncSession", what: str, name: str, now: "datetime") -> None:
    from instantreact.cli.audit import record

    record(session, f"keys {what}", name, now=now)


async def _describe(session: "AsyncSession", row: "ApiKey") -> str:
    from instantreact.storage.names import list_names
    from instantreact.storage.tables import Camera, Site

    parts = [
        ", ".join(row.scopes),
        _confine("sites", row.site_ids, await list_names(session, Site, row.site_ids or ())),
        _confine("cameras", row.camera_ids, await list_names(session, Camera, row.camera_ids or ())),
        "" if row.expires_at is None else f"expires {_format(row.expires_at)}",
        f"last used {_format(row.last_used_at)}" if row.last_used_at else "never used",
    ]
    return f"{row.name}: {'; '.join(part for part in parts if part)}"


def _confine(kind: str, ids: Sequence[str] | None, names: Sequence[str]) -> str:
    return "" if ids is None else f"only {kind} {', '.join(names) or '(all deleted)'}"


def _format(moment: "datetime | None") -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else ""


def _show(key: str) -> None:
    typer.echo(f"The API key, shown this once: {key}\nSend it in the header X-API-Key.")
