"""The system alerts of a camera that is lost for long, or back."""

from collections import deque
from datetime import datetime
from zoneinfo import ZoneInfo

from instantreact.alerts.message import format_moment, format_time
from instantreact.domain.camera import Outage
from instantreact.domain.rule import Severity
from instantreact.errors import NotFound
from instantreact.ingest.state import BackAfter, Fact, LostFor
from instantreact.ingest.watched import WatchedCamera
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import Services
from instantreact.storage import recipients
from instantreact.storage.cameras import get_camera
from instantreact.storage.sites import find_zone
from instantreact.storage.tables import Alert

_SEEN_S = 1.0
"""Seen for less than this meanwhile, a camera was lost all the time, for people."""


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
    began = fact.since.astimezone(zone)
    is_today = began.date() == now.astimezone(zone).date()
    since = format_time(began) if is_today else format_moment(began)
    comes_and_goes = fact.seen_s >= _SEEN_S
    partly = f"Of the time since {since}, {format_gap(fact.gap_s)} was not seen."
    if isinstance(fact, LostFor):
        kind, severity = "lost", Severity.WARNING
        title = f"{camera.name} {'comes and goes' if comes_and_goes else 'is lost'}"
        text = f"{title}. {partly}" if comes_and_goes else f"{camera.name} has sent no picture since {since}."
        text = f"{text} {fact.reason}"
    else:
        kind, severity, title = "back", Severity.INFO, f"{camera.name} is back"
        entirely = f"Nothing was seen for {format_gap(fact.gap_s)} from {since} on."
        text = f"{title}. {partly if comes_and_goes else entirely}"
    return Alert(
        camera_id=camera.id,
        system_key=f"camera-{kind}:{camera.id}:{fact.since.isoformat()}",
        title=title,
        text=text.strip(),
        severity=severity,
        raised_at=now,
    )


def format_gap(gap_s: float) -> str:
    """A length of time for people: its two largest units."""
    minutes, seconds = divmod(round(gap_s), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
