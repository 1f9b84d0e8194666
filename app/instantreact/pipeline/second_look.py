"""A second look: a model elsewhere says what it sees in an alert's picture, and people learn of it.

No alert is lost or late by it. In mode `before` the deliveries are queued for the end of the look's time by the
transaction that raises the alert; what is said in time hastens them, or takes them back where it may.
"""

import time
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.words import compose_title
from instantreact.domain.alert import AlertState, DeliveryState
from instantreact.domain.happening import AlertDoubted, RuleMatched
from instantreact.domain.second_look import LOOKED, LookState, Opinion, SecondLook
from instantreact.errors import FileMissing, FilesUnreachable, NotFound, VisionFailed
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.media.shrinking import shrink_jpeg
from instantreact.pipeline.deliver import find_deliver_step, put_deliver_jobs
from instantreact.pipeline.look_plans import find_look
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import SecondLooks, Services
from instantreact.pipeline.suppressed import raise_released
from instantreact.storage import alerts, incidents, recipients
from instantreact.storage.deliveries import ACCEPTED
from instantreact.storage.second_looks import take_look
from instantreact.storage.tables import Alert, Delivery
from instantreact.vision.question import Question

_TOLD = (*ACCEPTED, DeliveryState.DIGESTED)

log = get_logger(__name__)


async def look_again(services: Services, claim: Claim) -> None:
    """Have the alert `claim.subject` looked at, unless its time is up, and act on what is said."""
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        alert = await alerts.get_alert(session, claim.subject)
        look = find_look(alert)
        if look is None or look.state is not LookState.WAITING:
            await claim.finish(session)
            return
        obstacle = await _find_obstacle(session, services, look)
    found = obstacle or await _look(services, alert, look)
    services.figures.second_looks.labels(found.state).inc()
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        await _conclude(session, services, claim.subject, found)
        await claim.finish(session)
    log.info("alert.looked_at", alert_id=alert.id, state=found.state, took_s=found.took_s, reason=found.why)


async def bury_look(session: AsyncSession, alert_id: str, reason: str) -> None:
    """The job that looks was given up: people were told at the end of its time."""
    alert = await alerts.lock_alert(session, alert_id)
    look = find_look(alert)
    if look is not None and isinstance(alert.happening, RuleMatched):
        found = replace(look, state=LookState.FAILED, why=reason)
        alert.happening = replace(alert.happening, second_look=found)


async def _find_obstacle(session: AsyncSession, services: Services, look: SecondLook) -> SecondLook | None:
    """The look as it ends before it began; None where it may begin, which is counted."""
    now, looks = services.clock.now(), services.looks
    if looks is None:
        return replace(look, state=LookState.FAILED, why="Nobody takes second looks any more.")
    if now >= look.due_at:
        return replace(look, state=LookState.LATE, why="Its time was up before it began.")
    if not await take_look(session, looks.policy.per_hour, now=now):
        return replace(look, state=LookState.SPENT, why=f"There were {looks.policy.per_hour} looks in this hour.")
    return None


async def _look(services: Services, alert: Alert, look: SecondLook) -> SecondLook:
    """The look as it ends; raises nothing that the model or the picture is to blame for."""
    looks, left_s = services.looks, (look.due_at - services.clock.now()).total_seconds()
    assert looks is not None  # noqa: S101 whoever calls has looked
    started = time.perf_counter()
    try:
        opinion = await _ask(services, looks, alert, look, left_s=left_s)
    except VisionFailed as error:
        took_s = time.perf_counter() - started
        state = LookState.LATE if took_s >= left_s else LookState.FAILED
        return replace(look, state=state, model=looks.model.name, why=str(error), took_s=round(took_s, 3))
    took_s = time.perf_counter() - started
    services.figures.second_look.observe(took_s)
    services.figures.second_look_tokens.labels("prompt").inc(opinion.prompt_tokens)
    services.figures.second_look_tokens.labels("answer").inc(opinion.answer_tokens)
    return replace(
        look, state=opinion.state, sentence=opinion.sentence, model=looks.model.name, took_s=round(took_s, 3)
    )


async def _ask(services: Services, looks: SecondLooks, alert: Alert, look: SecondLook, *, left_s: float) -> Opinion:
    """Raises VisionFailed."""
    event, happening = alert.event, alert.happening
    if event is None or event.snapshot_key is None or not isinstance(happening, RuleMatched):
        raise VisionFailed("There is no picture.")
    try:
        jpeg = await services.threads.run(services.blobs.read, event.snapshot_key)
    except (NotFound, FileMissing, FilesUnreachable) as error:
        raise VisionFailed("The picture cannot be read.") from error
    small = await services.threads.run(shrink_jpeg, jpeg, looks.policy.picture_px)
    if small is None:
        raise VisionFailed("The picture is damaged.")
    question = Question(happening.rule, happening.place, happening.caption, look.question, services.language)
    return await looks.model.look(question, small, timeout_s=left_s)


async def _conclude(session: AsyncSession, services: Services, alert_id: str, found: SecondLook) -> None:
    event = (await alerts.get_alert(session, alert_id)).event
    place = await incidents.lock_place(session, event) if event else None  # before the alert, as whoever adds to it
    now, alert = services.clock.now(), await alerts.lock_alert(session, alert_id)
    if not isinstance(alert.happening, RuleMatched):
        return
    alert.happening = replace(alert.happening, second_look=found)
    if await _withhold(session, alert, found, now=now):
        if place is not None:
            await raise_released(session, services, alert, await incidents.release(session, alert, place), now=now)
        log.info("alert.withheld", alert_id=alert.id, rule_id=alert.rule_id)
        return
    if found.holds_back:
        theirs = select(Delivery.id).where(Delivery.alert_id == alert.id)
        await outbox.hasten(session, find_deliver_step(alert), theirs, now=now)
    await _tell_told(session, alert, alert.happening, found, now=now)


async def _withhold(session: AsyncSession, alert: Alert, found: SecondLook, *, now: datetime) -> bool:
    """Tell nobody of an alert that was rejected in time, if that is allowed and nobody is being told yet."""
    may = found.holds_back and found.may_reject and found.state is LookState.REJECTED and now < found.due_at
    if not may or alert.state is not AlertState.RAISED:
        return False
    ids = {delivery.id for delivery in alert.deliveries}
    withdrawn = await outbox.withdraw(session, find_deliver_step(alert), ids)
    if withdrawn != ids:  # one is on its way: the others are told as well
        await put_deliver_jobs(session, alert, sorted(withdrawn), now=now)
        return False
    await alerts.withhold_alert(session, alert, _tell_rejection(found), by=LOOKED, now=now)
    return True


def _tell_rejection(found: SecondLook) -> str:
    return f"A second look rejected it: {found.sentence}" if found.sentence else "A second look rejected it."


async def _tell_told(
    session: AsyncSession, alert: Alert, happening: RuleMatched, found: SecondLook, *, now: datetime
) -> None:
    """Who has been told already, or is being told, learns that the look sees something else."""
    rejected = found.state is LookState.REJECTED
    is_news = rejected or (found.sentence and found.state is not LookState.CONFIRMED)
    if alert.state is not AlertState.RAISED or not is_news:
        return
    told = await recipients.list_recipients_to_tell(session, await _list_told(session, alert))
    if not told:
        return
    doubted = AlertDoubted(
        alert.id, compose_title(happening), found.sentence or "", rejected, alert.raised_at,
        happening.time_zone, happening.severity,
    )  # fmt: skip
    row = Alert(
        system_key=f"doubted:{alert.id}",
        event_id=alert.event_id,
        camera_id=alert.camera_id,
        happening=doubted,
        state=AlertState.ACKNOWLEDGED,
        answered_at=now,
        answered_by=LOOKED,
        raised_at=now,
    )
    await tell(session, row, told, has_picture=False, now=now)


async def _list_told(session: AsyncSession, alert: Alert) -> list[str]:
    """Recipients to whom the alert was sent, or is being sent, without what the look has found."""
    ids = [each.id for each in alert.deliveries]
    in_hand = await outbox.list_subjects_in_hand(session, find_deliver_step(alert), ids)
    return [
        delivery.recipient_id
        for delivery in alert.deliveries
        if delivery.id in in_hand or any(part.state in _TOLD or part.attempts for part in delivery.parts)
    ]
