"""The system alerts of a camera that is lost for long, or back."""

from datetime import datetime

from instantreact.domain.rule import Severity
from instantreact.ingest.state import Fact, LostFor
from instantreact.ingest.watched import WatchedCamera
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import Services
from instantreact.storage import recipients
from instantreact.storage.tables import Alert


async def tell_outage(services: Services, camera: WatchedCamera, fact: Fact) -> None:
    """Tell every recipient; the same fact twice is told once, whichever process tells it."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        told = await recipients.list_recipients_to_tell(session, None)
        await tell(session, make_outage_alert(camera, fact, now=now), told, has_picture=False, now=now)


def make_outage_alert(camera: WatchedCamera, fact: Fact, *, now: datetime) -> Alert:
    """The alert of one fact about one camera."""
    since = fact.since.strftime("%H:%M:%S UTC")
    if isinstance(fact, LostFor):
        kind, severity, title = "lost", Severity.WARNING, f"{camera.name} is lost"
        text = f"{camera.name} has sent no picture since {since}. {fact.reason}"
    else:
        kind, severity, title = "back", Severity.INFO, f"{camera.name} is back"
        text = f"{camera.name} is back. Nothing was seen for {format_gap(fact.gap_s)} from {since} on."
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
