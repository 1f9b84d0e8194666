"""`instantreact serve` and `instantreact migrate`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from instantreact.cli.settings import read_settings
from instantreact.logs import configure_logs


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    state_dir: Annotated[Path | None, typer.Option(help="Folder for the database and the clips.")] = None,
) -> None:
    """Start the service: API, analysis, delivery and cameras in one process. The database is migrated first."""
    from instantreact.main import serve as serve_app

    settings = read_settings(host=host, port=port, state_dir=state_dir)
    configure_logs(level=settings.log_level, json=settings.log_json)
    asyncio.run(serve_app(settings, announce=lambda text: typer.echo(text)))


def migrate(
    state_dir: Annotated[Path | None, typer.Option(help="Folder for the database and the clips.")] = None,
) -> None:
    """Bring the database to this version's tables; `serve` does it by itself."""
    from instantreact.storage.migrate import find_current_and_head, upgrade
    from instantreact.storage.state_folder import prepare_folder
    from instantreact.wiring import open_secret_box

    settings = read_settings(state_dir=state_dir)
    if settings.database_url is None:
        prepare_folder(settings.state_dir)
    before, head = asyncio.run(find_current_and_head(settings.resolved_database_url))
    if before == head:
        typer.echo(f"The database is at {head} already.")
        return
    asyncio.run(upgrade(settings.resolved_database_url, box=open_secret_box(settings)))
    typer.echo(f"The database went from {before or 'nothing'} to {head}.")
