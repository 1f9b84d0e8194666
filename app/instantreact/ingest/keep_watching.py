"""Watches cameras in the background of a process: once there is a captioner, and again after a failure."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from instantreact.errors import CaptionerUnavailable, StreamLost
from instantreact.inference.captioner import Captioner
from instantreact.inference.loader import RELOAD_S
from instantreact.ingest.supervisor import Supervisor
from instantreact.ingest.watcher import Watcher
from instantreact.logs import get_logger
from instantreact.media.live_frame import LiveFrame
from instantreact.pipeline.services import Services


class OwnCameras:
    """What this process watches. Set `supervisor` while one runs."""

    def __init__(self) -> None:
        self.supervisor: Supervisor | None = None

    def find_picture(self, camera_id: str) -> LiveFrame | None:
        """The newest picture, masked; None when the camera is not watched here or is not live."""
        watcher = self.supervisor.find_watcher(camera_id) if self.supervisor else None
        return watcher.latest if watcher else None

    async def take_over(self, camera_id: str) -> Watcher:
        """Watch this camera here from now on. Raises NotFound, Conflict, and StreamLost when nothing is watched."""
        if self.supervisor is None:
            raise StreamLost("This process does not watch cameras yet.", retry_after_s=5)
        return await self.supervisor.take_over(camera_id)


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
            captioner = await services.threads.run(services.captioner.get)
            await services.threads.run(services.detector.find)  # loaded beside the loop; it may be missing
            await services.threads.run(services.poses.find)
            return captioner
        except CaptionerUnavailable as error:
            log.warning("ingest.waits", reason=str(error))
            await asyncio.sleep(RELOAD_S)
