"""Once a day, for whoever wants it: how the cameras are, and how many alerts there were."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import AlertState
from instantreact.domain.camera import CameraState
from instantreact.domain.happening import DailyReport
from instantreact.domain.site import zone_called
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import alerts, cameras, recipients
from instantreact.storage.leases import list_leases
from instantreact.storage.tables import Alert, Recipient

DAY = timedelta(days=1)


async def queue_reports(services: Services) -> None:
    """Put everybody's next report, as at the start of a process: somebody may have restored a backup."""
    async with services.database.unit_of_work() as session:
        for person in await recipients.list_reported_to(session):
            await put_report_job(session, services, person)


async def put_report_job(session: AsyncSession, services: Services, person: Recipient) -> None:
    """Put the person's next report, in the caller's transaction; nothing where they want none."""
    if person.report_at is not None:
        now = services.clock.now()
        run_at = find_next(time.fromisoformat(person.report_at), _zone_of(services, person), now)
        await outbox.put(session, StepName.REPORT, person.id, now=now, run_at=run_at)


def find_next(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """When a zone's clock shows that time next; in UTC, and later than now."""
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(3))
    times = (datetime.combine(day, at, zone).astimezone(UTC) for day in days)
    return next(each for each in times if each > now)


async def send_report(services: Services, claim: Claim) -> None:
    """Tell the recipient `claim.subject` how things stand, and put the next report."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        person = await recipients.lock_recipient(session, claim.subject)
        told = await recipients.list_recipients_to_tell(session, [person.id])
        if person.report_at is not None and told:
            happening = await _look(session, services, person, now=now)
            row = Alert(
                system_key=f"report:{person.id}:{now.date()}",
                happening=happening,
                state=AlertState.ACKNOWLEDGED,
                raised_at=now,
            )
            await tell(session, row, told, has_picture=False, now=now)
        await put_report_job(session, services, person)
        await claim.finish(session)


async def _look(session: AsyncSession, services: Services, person: Recipient, *, now: datetime) -> DailyReport:
    watched = [camera for camera in await cameras.list_told_cameras(session, person.id) if camera.enabled]
    leases = await list_leases(session, [camera.id for camera in watched])
    live = {key for key, lease in leases.items() if lease.state is CameraState.LIVE and lease.lease_until > now}
    raised, unanswered = await alerts.count_raised(session, since=now - DAY)
    return DailyReport(
        live=len(live),
        lost=tuple(camera.name for camera in watched if camera.id not in live),
        alerts=raised,
        open=unanswered,
        since=now - DAY,
        time_zone=_zone_of(services, person).key,
    )


def _zone_of(services: Services, person: Recipient) -> ZoneInfo:
    return zone_called(person.time_zone, services.time_zone)
