"""`instantreact ingest`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from instantreact.cli.settings import read_settings, warn_of_unknown_settings
from instantreact.logs import configure_logs


def ingest(
    host: Annotated[str | None, typer.Option(help="Address to listen on for the API's process.")] = None,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 0,
    state_dir: Annotated[Path | None, typer.Option(help="Folder for the database and the clips.")] = None,
) -> None:
    """Watch cameras in a process of its own, beside `serve`; each camera is watched by one process."""
    from instantreact.main import ingest as watch_cameras

    settings = read_settings(host=host, port=port, state_dir=state_dir)
    configure_logs(level=settings.log_level, json=settings.log_json)
    warn_of_unknown_settings()
    asyncio.run(watch_cameras(settings, announce=lambda text: typer.echo(text)))
