"""An incident that has grown: whoever was told of it hears so once more, at most once in a grouping time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.words import compose_title
from instantreact.domain.alert import AlertState
from instantreact.domain.happening import IncidentGrew, RuleMatched
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.look_plans import find_wait
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.pipeline.suppressed import raise_released
from instantreact.storage import alerts, incidents, mutes, recipients
from instantreact.storage.incidents import Sighting
from instantreact.storage.tables import Alert, Recipient

log = get_logger(__name__)


async def follow_up(services: Services, claim: Claim) -> None:
    """Tell those who were told of the alert `claim.subject` what has become part of it since, unless it is over."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        event = (await alerts.get_alert(session, claim.subject)).event
        if event is not None:  # before the alert, as whoever adds to it
            await incidents.lock_place(session, event)
        alert = await alerts.lock_alert(session, claim.subject)
        wait = find_wait(alert, now=now)
        if wait is not None:  # nobody knows of it yet
            await outbox.put(session, StepName.FOLLOW_UP, alert.id, now=now, run_at=wait)
            await claim.finish(session)
            return
        if alert.state is AlertState.DISMISSED:  # for what people were told of, and nothing else
            await raise_released(session, services, alert, await incidents.release_untold(session, alert), now=now)
        seen = await incidents.list_sightings(session, alert.id)
        new = [each for each in seen if not each.is_told]
        await incidents.mark_told(session, alert.id, [each.event_id for each in new])
        if new and _is_worth_telling(alert, seen):
            await _tell_more(session, alert, seen, new, now=now)
        await claim.finish(session)


def _is_worth_telling(alert: Alert, seen: Sequence[Sighting]) -> bool:
    """Whoever takes care of it need not hear of more of the same; a false alarm is over."""
    is_news = bool(incidents.find_unheard(seen))
    return alert.state is AlertState.RAISED or (alert.state is AlertState.ACKNOWLEDGED and is_news)


async def _tell_more(
    session: AsyncSession, alert: Alert, seen: Sequence[Sighting], new: Sequence[Sighting], *, now: datetime
) -> None:
    told = await _list_awake(session, alert, new, now=now)
    if not told or len(seen) < 2 or not isinstance(alert.happening, RuleMatched):
        return
    best = max(new, key=lambda each: (each.snapshot_key is not None, each.score))
    row = Alert(
        system_key=f"follow_up:{alert.id}:{len(seen)}",
        event_id=best.event_id,
        camera_id=best.camera_id if len({each.camera_id for each in seen}) == 1 else None,  # it tells of all
        happening=_describe(alert, alert.happening, seen, best),
        state=AlertState.ACKNOWLEDGED,
        raised_at=now,
    )
    if await tell(session, row, told, has_picture=best.snapshot_key is not None, now=now) is not None:
        alert.followed_up_at = now
        log.info("alert.followed_up", alert_id=alert.id, count=len(seen), told=[each.id for each in told])


def _describe(alert: Alert, begun: RuleMatched, seen: Sequence[Sighting], best: Sighting) -> IncidentGrew:
    return IncidentGrew(
        alert_id=alert.id,
        title=compose_title(begun),
        caption=best.caption,
        count=len({each.event_id for each in seen}),
        first_at=seen[0].occurred_at,
        latest_at=seen[-1].occurred_at,
        places=tuple(dict.fromkeys(each.camera or begun.place for each in seen)),
        rules=tuple(dict.fromkeys(each.rule for each in seen)),
        time_zone=begun.time_zone,
        severity=begun.severity,
    )


async def _list_awake(
    session: AsyncSession, alert: Alert, new: Sequence[Sighting], *, now: datetime
) -> list[Recipient]:
    """Those who were told of the alert and have not muted all of what is new."""
    people = await recipients.list_recipients_to_tell(session, [each.recipient_id for each in alert.deliveries])
    awake: dict[str, Recipient] = {}
    for rule_id, camera_id in dict.fromkeys((each.rule_id, each.camera_id) for each in new):
        part = Alert(rule_id=rule_id, camera_id=camera_id, happening=alert.happening)
        awake |= {each.id: each for each in await mutes.list_awake(session, part, people, now=now)}
    return list(awake.values())
