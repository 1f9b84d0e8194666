"""`instantreact api`, `worker`, `relay` and `ingest`: what `serve` is in one process, each in one of its own."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from instantreact.cli.settings import read_settings
from instantreact.config import Settings
from instantreact.logs import configure_logs

StateDir = Annotated[Path | None, typer.Option(help="Folder for the database and the clips.")]


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
