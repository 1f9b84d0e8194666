"""The services of a process, on a database of their own."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from instantreact.pipeline.services import Services
from instantreact.wiring import open_services
from tests.ingest.processes import make_settings
from tests.storage.databases import database, empty_database, engine, postgres, url

__all__ = ["database", "empty_database", "engine", "postgres", "url"]


@pytest.fixture
def state_dir(empty_database: Path, tmp_path: Path) -> Path:
    """A state folder with an empty database."""
    folder = tmp_path / "state"
    folder.mkdir()
    shutil.copyfile(empty_database, folder / "instantreact.sqlite3")
    return folder


@pytest.fixture
async def services(state_dir: Path) -> AsyncIterator[Services]:
    async with open_services(make_settings(state_dir)) as services:
        yield services
