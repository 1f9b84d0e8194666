"""How cameras stand, on the boards of channels that have some."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.camera import CameraStanding, CameraState
from instantreact.errors import DeliveryError, Transient
from instantreact.jobs.embedded import in_background
from instantreact.logs import get_logger
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, leases, recipients

SHOW_EVERY_S = 3.0
"""How old what a board shows may be."""

log = get_logger(__name__)


@asynccontextmanager
async def showing_cameras(services: Services) -> AsyncIterator[None]:
    """Keep boards as they should be, as long as the block lasts; nothing happens where there are none."""
    if not services.boards:
        yield
        return
    async with in_background(_show_for_ever(services)):
        yield


async def show_cameras(services: Services) -> None:
    """Once, on every board. Raises DeliveryError for one that cannot be reached."""
    for kind, board in services.boards.items():
        async with services.database.reading() as session:
            shown = await _list_shown(session, now=services.clock.now())
            addresses = await recipients.list_addresses(session, kind)
        await board.show(shown, addresses)


async def _show_for_ever(services: Services) -> None:
    problem: str | None = None
    while True:
        found = None
        try:
            await show_cameras(services)
        except (DeliveryError, Transient) as error:
            found = str(error)
        if found is not None and found != problem:
            log.warning("boards.not_shown", reason=found)
        problem = found
        await asyncio.sleep(SHOW_EVERY_S)


async def _list_shown(session: AsyncSession, *, now: datetime) -> list[CameraStanding]:
    """Whatever nobody watches stands nowhere."""
    known, watched = await cameras.list_all_cameras(session), await leases.list_leases(session)
    return [
        CameraStanding(camera.id, camera.name, lease.state)
        if camera.enabled and (lease := watched.get(camera.id)) is not None and lease.lease_until > now
        else CameraStanding(camera.id, camera.name, CameraState.STOPPED)
        for camera in known
    ]
