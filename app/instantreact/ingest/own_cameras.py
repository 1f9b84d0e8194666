"""The cameras of this process, for whoever shows them: there before the supervisor is, and after it."""

from instantreact.errors import StreamLost
from instantreact.ingest.supervisor import Supervisor
from instantreact.ingest.watcher import Watcher
from instantreact.media.live_frame import LiveFrame


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
