"""Watches cameras in the background of a process: once there is a captioner, and again after a failure."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from instantreact.errors import CaptionerUnavailable
from instantreact.inference.captioner import Captioner
from instantreact.inference.loader import RELOAD_S
from instantreact.ingest.own_cameras import OwnCameras
from instantreact.ingest.supervisor import Supervisor
from instantreact.logs import get_logger
from instantreact.pipeline.services import Services

_PAUSE_S = 1.0

log = get_logger(__name__)


@asynccontextmanager
async def keep_watching(
    services: Services, make_supervisor: Callable[[Captioner], Supervisor]
) -> AsyncIterator[OwnCameras]:
    """Watch cameras during the block; their leases are given up at its end."""
    own = OwnCameras()
    watching = asyncio.create_task(_keep_watching(services, make_supervisor, own), name="cameras")
    try:
        yield own
    finally:
        watching.cancel()
        await asyncio.wait([watching])


async def _keep_watching(
    services: Services, make_supervisor: Callable[[Captioner], Supervisor], own: OwnCameras
) -> None:
    captioner = await _wait_for_captioner(services)
    while True:
        own.supervisor = make_supervisor(captioner)
        try:
            await own.supervisor.run()
        except Exception:  # what it did not foresee must not leave every camera alone
            log.exception("ingest.supervisor_failed")
        finally:
            supervisor, own.supervisor = own.supervisor, None
            await supervisor.close()
        await asyncio.sleep(_PAUSE_S)


async def _wait_for_captioner(services: Services) -> Captioner:
    while True:
        try:
            return await services.threads.run(services.captioner.get)
        except CaptionerUnavailable as error:
            log.warning("ingest.waits", reason=str(error))
            await asyncio.sleep(RELOAD_S)
