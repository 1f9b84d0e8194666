"""The service's own collaborators for commands that do its work beside it, whether it runs or not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from instantreact.cli.database import open_migrated
from instantreact.config import Settings

if TYPE_CHECKING:
    from instantreact.pipeline.services import Services


@asynccontextmanager
async def services_of(settings: Settings) -> "AsyncIterator[Services]":
    """Raises Misconfigured for a database that has not this version's tables, and for files that are not its own."""
    from instantreact.wiring import open_services

    async with open_migrated(settings):
        pass
    async with open_services(settings, keeps_nursery=False) as services:
        yield services
