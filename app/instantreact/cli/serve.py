"""`instantreact serve`, what it is in parts (`api`, `worker`, `relay`, `ingest`), and `migrate`."""

import asyncio
from typing import Annotated

import typer

from instantreact.cli.settings import StateDir, read_settings
from instantreact.config import Settings
from instantreact.logs import configure_logs


def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    state_dir: StateDir = None,
) -> None:
    """Answer requests only; workers and `ingest` do the rest."""
    from instantreact.main import serve_api

    asyncio.run(serve_api(_begin(host=host, port=port, state_dir=state_dir), announce=typer.echo))


def worker(state_dir: StateDir = None) -> None:
    """Run jobs only: analysis and delivery. As many workers as you like; they need RabbitMQ and a relay."""
    from instantreact.roles import work

    asyncio.run(work(_begin(state_dir=state_dir), announce=typer.echo))


def relay(state_dir: StateDir = None) -> None:
    """Hand jobs to the workers through RabbitMQ; a second one takes over when the first dies."""
    from instantreact.roles import relay as hand_over

    asyncio.run(hand_over(_begin(state_dir=state_dir), announce=typer.echo))


def ingest(
    host: Annotated[str | None, typer.Option(help="Address to listen on for the API's process.")] = None,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 0,
    state_dir: StateDir = None,
) -> None:
    """Watch cameras only; each camera is watched by one process, and by another within seconds when that dies."""
    from instantreact.main import ingest as watch_cameras

    asyncio.run(watch_cameras(_begin(host=host, port=port, state_dir=state_dir), announce=typer.echo))


def _begin(**given: object) -> Settings:
    settings = read_settings(**given)
    configure_logs(level=settings.log_level, json=settings.log_json)
    return settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    state_dir: StateDir = None,
) -> None:
    """Start the service: API, analysis, delivery and cameras in one process. The database is migrated first."""
    from instantreact.main import serve as serve_app

    asyncio.run(serve_app(_begin(host=host, port=port, state_dir=state_dir), announce=typer.echo))


def migrate(
    state_dir: StateDir = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Move everything out of this database; by default the settings'.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--to", help="Move everything into this empty one; by default the settings'.")
    ] = None,
) -> None:
    """Bring the database to this version's tables; `serve` does it by itself.

    With --from or --to, such as sqlite:///state/instantreact.sqlite3 and postgresql://user:password@host/name, move an
    installation from one database to another while the service stands still.
    """
    from instantreact.cli.moving import move
    from instantreact.storage.migrate import find_current_and_head, upgrade
    from instantreact.storage.state_folder import prepare_folder
    from instantreact.wiring import open_secret_box

    settings = read_settings(state_dir=state_dir)
    if source or target:
        move(settings, source, target)
        return
    if settings.database_url is None:
        prepare_folder(settings.state_dir)
    before, head = asyncio.run(find_current_and_head(settings.resolved_database_url))
    if before == head:
        typer.echo(f"The database is at {head} already.")
        return
    asyncio.run(upgrade(settings.resolved_database_url, box=open_secret_box(settings)))
    typer.echo(f"The database went from {before or 'nothing'} to {head}.")
