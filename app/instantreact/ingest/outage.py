"""The system alerts of a camera that is lost for long, or back."""

from collections import deque
from datetime import datetime
from zoneinfo import ZoneInfo

from instantreact.domain.camera import Outage
from instantreact.domain.happening import CameraBack, CameraLost
from instantreact.errors import NotFound
from instantreact.ingest.state import BackAfter, Fact, LostFor
from instantreact.ingest.watched import WatchedCamera
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import Services
from instantreact.storage import recipients
from instantreact.storage.cameras import get_camera
from instantreact.storage.sites import find_zone
from instantreact.storage.tables import Alert


class UntoldFacts:
    """What is worth telling people and is not stored yet: a database that fails for a while loses none of it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._facts: deque[tuple[WatchedCamera, Fact]] = deque()

    def put(self, camera: WatchedCamera, fact: Fact) -> None:
        """Tell this when its turn comes."""
        self._facts.append((camera, fact))

    async def tell(self) -> None:
        """Tell the oldest first. Raises when one cannot be stored: it is kept, and so are those after it."""
        while self._facts:
            await _tell(self._services, *self._facts[0])
            self._facts.popleft()

    def find_outage(self, camera_id: str) -> Outage | None:
        """The camera's outage as people know it so far; None when all of it is told."""
        fact = next((fact for camera, fact in self._facts if camera.id == camera_id), None)
        return Outage(fact.since, is_told=isinstance(fact, BackAfter)) if fact else None


async def _tell(services: Services, camera: WatchedCamera, fact: Fact) -> None:
    """Tell every recipient; the same fact twice is told once, whichever process tells it.

    A camera that was deleted meanwhile is nobody's concern any more.
    """
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        try:
            await get_camera(session, camera.id)
        except NotFound:
            return
        zone = await find_zone(session, camera.id, default=services.time_zone)
        told = await recipients.list_recipients_to_tell(session, None)
        await tell(session, make_outage_alert(camera, fact, zone, now=now), told, has_picture=False, now=now)


def make_outage_alert(camera: WatchedCamera, fact: Fact, zone: ZoneInfo, *, now: datetime) -> Alert:
    """The alert of one fact about one camera, told by the clock of `zone`."""
    gap_s, seen_s = fact.gap_s, fact.seen_s
    happening: CameraLost | CameraBack
    if isinstance(fact, LostFor):
        kind = "lost"
        happening = CameraLost(camera.name, fact.since, now, gap_s, seen_s, fact.reason, time_zone=zone.key)
    else:
        kind = "back"
        happening = CameraBack(camera.name, fact.since, now, gap_s, seen_s, time_zone=zone.key)
    system_key = f"camera-{kind}:{camera.id}:{fact.since.isoformat()}"
    return Alert(camera_id=camera.id, system_key=system_key, happening=happening, raised_at=now)
