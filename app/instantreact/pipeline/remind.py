"""Before a person's chat window shuts they are asked, once, whether alerts are to go on: a tap opens it for a day more.

Whoever would be told of no alert is asked nothing, and nobody is in their quiet hours: where these would hide the
question, or the window shuts in them, it comes before they begin.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import AlertState
from instantreact.domain.happening import Reminder
from instantreact.domain.schedule import WeekSchedule
from instantreact.domain.site import zone_called
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import mutes, recipients
from instantreact.storage.tables import Alert, Recipient

MOST_STRETCHES = 7
"""How many quiet hours in a row are looked at: each may end just before the question about the next."""

log = get_logger(__name__)


async def queue_reminders(services: Services) -> None:
    """Put everybody's next reminder, as at the start of a process: another time before may be set."""
    async with services.database.unit_of_work() as session:
        for person in await recipients.list_with_window(session, until=services.clock.now()):
            await put_remind_job(session, services, person)


async def put_remind_job(session: AsyncSession, services: Services, person: Recipient) -> None:
    """Put the reminder of a person whose chat window or quiet hours have changed, in the caller's transaction."""
    now = services.clock.now()
    run_at = find_time(person, services.remind_before, services.time_zone, now=now)
    if run_at is not None:
        await outbox.put(session, StepName.REMIND, person.id, now=now, run_at=run_at)


def find_time(person: Recipient, lead: timedelta, default_zone: ZoneInfo, *, now: datetime) -> datetime | None:
    """When to remind the person, so long before, but not before now; None where that is too late, or not wanted."""
    until, window = person.window_open_until, CHANNELS[person.channel].chat_window
    if until is None or until <= now or window is None or not lead:
        return None
    quiet = _InUTC(person, default_zone)
    ideal = _find_ideal(quiet, until, lead)
    if ideal - lead < until - window:  # they have only just acted: it would win them next to nothing
        ideal = until - lead
    at = quiet.find_end(max(ideal, now))
    return at if at < until else None


async def remind(services: Services, claim: Claim) -> None:
    """Ask the recipient `claim.subject` to keep alerts on, if their chat window is about to shut."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        person = await recipients.lock_recipient(session, claim.subject)
        at = find_time(person, services.remind_before, services.time_zone, now=now)
        if at is not None and at > now:  # it moved since this was put
            await put_remind_job(session, services, person)
        elif at is not None and await recipients.would_be_told(session, person):
            await _ask(session, services, person, now=now)
        await claim.finish(session)


async def _ask(session: AsyncSession, services: Services, person: Recipient, *, now: datetime) -> None:
    """Once a window: another one has another key. Whoever has muted everything is asked when that is over."""
    until, muted_until = person.window_open_until or now, await mutes.find_end_of_all(session, person.id, now=now)
    if muted_until is not None:
        await outbox.put(session, StepName.REMIND, person.id, now=now, run_at=muted_until)
        return
    row = Alert(
        system_key=f"reminder:{person.id}:{until.isoformat()}",
        happening=Reminder(until, zone_called(person.time_zone, services.time_zone).key),
        state=AlertState.ACKNOWLEDGED,
        answered_at=now,
        raised_at=now,
    )
    if await tell(session, row, [person], has_picture=False, now=now) is not None:
        log.info("recipient.reminded", recipient_id=person.id, window_open_until=until.isoformat())


class _InUTC:
    """A person's quiet hours, asked in UTC."""

    def __init__(self, person: Recipient, default_zone: ZoneInfo) -> None:
        self._hours = person.quiet_hours or WeekSchedule(())
        self._zone = zone_called(person.time_zone, default_zone)

    def covers(self, moment: datetime) -> bool:
        return self._hours.covers(moment.astimezone(self._zone))

    def find_begin(self, moment: datetime) -> datetime:
        return self._hours.find_begin(moment.astimezone(self._zone)).astimezone(UTC)

    def find_end(self, moment: datetime) -> datetime:
        """The first moment from this one on that is not quiet."""
        return self._hours.find_end(moment.astimezone(self._zone)).astimezone(UTC) if self.covers(moment) else moment


def _find_ideal(quiet: _InUTC, until: datetime, lead: timedelta) -> datetime:
    """So long before the window shuts, or before the quiet hours in which it does, or in which that would be."""
    shuts = until
    for _ in range(MOST_STRETCHES):
        hidden = [each for each in (shuts - timedelta.resolution, shuts - lead) if quiet.covers(each)]
        if not hidden:
            break
        shuts = quiet.find_begin(hidden[0])
    return shuts - lead
