"""`instantreact migrate --from ... --to ...`: an installation moves to another database."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from instantreact.config import Settings, name_driver
from instantreact.errors import Misconfigured

if TYPE_CHECKING:
    from instantreact.storage.moving import DatabaseSource

_REPORT_S = 2.0


def move(settings: Settings, source: str | None, target: str | None) -> None:
    """What is not given is the database of the settings."""
    from instantreact.storage.moving import fill_database

    from_url, to_url = (full_url(each) if each else settings.resolved_database_url for each in (source, target))
    if from_url == to_url:
        raise Misconfigured("--from and --to are the same database. What is left out is the one of the settings.")
    refuse_while_running(settings)
    for url in (from_url, to_url):
        _refuse_while_served(url)

    async def work() -> int:
        async with _opened(from_url) as rows:
            with _named("--to"):
                moved = await fill_database(to_url, rows, report=show_progress())
        for name, digest in moved.items():
            typer.echo(f"{name}: {digest.rows} rows, the same in both")
        return sum(digest.rows for digest in moved.values())

    total = asyncio.run(work())
    typer.echo(
        f"{total} rows moved. Files and the secret key stay where they are, in {settings.state_dir.absolute()} or "
        "where the settings say: what is encrypted is opened by the same key. Now set INSTANTREACT_DATABASE_URL "
        "to the new address, and keep the old database until you have seen the service run."
    )


def full_url(url: str) -> str:
    """A database's address with the driver that we use."""
    return re.sub(r"^sqlite:///", "sqlite+aiosqlite:///", name_driver(url))


def refuse_while_running(settings: Settings) -> None:
    """Raises Misconfigured while a process of the service has this state folder."""
    from instantreact.wiring import make_neighbours

    if make_neighbours(settings).has_living():
        raise Misconfigured(
            f"The service runs on {settings.state_dir.absolute()}: what it writes from now on would be lost. Stop all "
            "its processes first."
        )


def _refuse_while_served(url: str) -> None:
    """Raises Misconfigured where a process of the service works on the state folder that a SQLite file lies in."""
    from sqlalchemy.engine import make_url

    from instantreact.storage.neighbours import Neighbours

    path = make_url(url).database if url.startswith("sqlite") else None
    folder = Path(path).parent if path else None
    if folder is not None and (folder / "processes").is_dir() and Neighbours(folder / "processes").has_living():
        raise Misconfigured(
            f"The service runs on {folder.absolute()}: what it writes from now on would be lost. Stop it first."
        )


def show_progress() -> Callable[[str, int], None]:
    """Tells now and then how far it is."""
    told_s = time.monotonic()

    def show(table: str, rows: int) -> None:
        nonlocal told_s
        if time.monotonic() - told_s > _REPORT_S:
            told_s = time.monotonic()
            typer.echo(f"{table}: {rows} rows so far")

    return show


@contextmanager
def _named(option: str) -> Iterator[None]:
    try:
        yield
    except Misconfigured as error:
        raise Misconfigured(f"{option}: {error}".replace("INSTANTREACT_DATABASE_URL", "the address")) from error


@asynccontextmanager
async def _opened(url: str) -> "AsyncIterator[DatabaseSource]":
    from instantreact.storage.moving import open_source

    async with AsyncExitStack() as stack:
        with _named("--from"):
            source = await stack.enter_async_context(open_source(url))
        yield source
