"""One alert to one person: its parts in order, each sent once as far as a channel lets us know."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.channel import Channel
from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import ChannelKind, DeliveryState, Receipt
from instantreact.domain.happening import IncidentGrew, Reminder
from instantreact.domain.rule import Severity
from instantreact.errors import (
    ChannelBroken,
    ChatWindowClosed,
    DeliveryDeferred,
    DeliveryRefused,
    LeaseLost,
    RecipientUnreachable,
)
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.parts import parts_for
from instantreact.pipeline.quiet import find_reason_against, hold_while_quiet
from instantreact.pipeline.sending import count_outcome, count_sent, send_part
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import DELIVERIES, StepName
from instantreact.pipeline.together import (
    DeliveryRequest,
    DeliveryStep,
    note_working,
    put_check_job,
    read_standings,
    write_steps,
)
from instantreact.storage import alerts, channel_faults, deliveries, recipients
from instantreact.storage.tables import Alert, Delivery, DeliveryPart, Recipient

MAX_ATTEMPTS = 100
"""Tries of a delivery: with waits of two and a half minutes on average, a channel may fail for four hours."""

REPAIR_S = 30.0
"""How long to leave a channel alone that somebody has to repair, in seconds."""

HELD_UP_S = 600.0
"""How long a delivery waits for a channel's repair at most: all are hastened once it is repaired."""

FOLLOW_S = 5.0
"""How long a follow-up waits, each time, for the alert that it follows."""

ONLY_TEXT = "The text went out by a template, which has no picture: it follows when this person writes or taps."

log = get_logger(__name__)


async def deliver(services: Services, claim: Claim) -> None:
    """Send every part of the delivery `claim.subject` that is still pending.

    Raises DeliveryDeferred when the channel may take the rest later: accepted parts are committed and not repeated.
    """
    standing = await services.database.read_together(
        read_standings, DeliveryRequest(claim.subject, services.clock.now())
    )
    delivery = standing.delivery
    reason = find_reason_against(services, delivery)
    if reason is not None:
        await _refuse(services, claim, delivery, reason)
        return
    if await hold_while_quiet(services, claim, delivery, told=standing.told):
        return
    if standing.fault is not None and await _wait_for_repair(services, claim, delivery):
        return
    _wait_for_echo(services, delivery)
    await _wait_for_its_alert(services, delivery)
    try:
        await _send_parts(services, claim, _find_channel(services, delivery), delivery)
    except ChannelBroken as error:
        await _note_broken(services, delivery, error)
        raise DeliveryDeferred(str(error), retry_after_s=REPAIR_S) from error
    except DeliveryDeferred as error:
        if error.is_outage and not CHANNELS[delivery.channel].many_services:
            await _note_failing(services, delivery, error)
        raise


async def _send_parts(services: Services, claim: Claim, channel: Channel, delivery: Delivery) -> None:
    """Send what is pending in order. That one part was accepted is committed as the next is started."""
    sent: tuple[DeliveryPart, Receipt] | None = None
    for part in delivery.parts:
        if part.state is not DeliveryState.PENDING:
            continue
        await _go_on(services, claim, delivery, sent, part)
        sent, goes_on = await _send_part(services, channel, delivery, part)
        if sent is not None and sent[1].by_template:  # it has a text alone
            await _go_on(services, claim, delivery, sent, None, ends=False)
            await _hold(services, delivery, ChatWindowClosed(ONLY_TEXT))
            sent, goes_on = None, False
        if not goes_on:
            break
    await _go_on(services, claim, delivery, sent, None)


async def _go_on(
    services: Services,
    claim: Claim,
    delivery: Delivery,
    sent: tuple[DeliveryPart, Receipt] | None,
    start: DeliveryPart | None,
    *,
    ends: bool = True,
) -> None:
    """Commit what was sent and that `start` is tried, or the end. Raises LeaseLost when another has the job by now."""
    step = DeliveryStep(claim, delivery, services.clock.now(), sent, start, ends)
    lost: LeaseLost | None = None
    try:
        await services.database.write_together(write_steps, step)
    except LeaseLost as error:  # what was sent is committed all the same
        lost = error
    if sent is not None:
        _note_sent(services, delivery, *sent)
    if lost is not None:
        raise lost


async def put_deliver_job(
    session: AsyncSession, delivery_id: str, *, now: datetime, run_at: datetime | None = None
) -> None:
    """Queue the job that sends what is pending of a delivery, in the caller's transaction. Raises NotFound."""
    alert = await alerts.get_alert_of(session, delivery_id)
    await put_deliver_jobs(session, alert, [delivery_id], now=now, run_at=run_at)


def find_deliver_step(alert: Alert) -> StepName:
    """Which kind of job delivers it."""
    return StepName.DELIVER_CRITICAL if alert.happening.severity is Severity.CRITICAL else StepName.DELIVER


async def put_deliver_jobs(
    session: AsyncSession, alert: Alert, delivery_ids: Sequence[str], *, now: datetime, run_at: datetime | None = None
) -> None:
    """The same for several deliveries of one alert. Those of a critical one have places of their own."""
    await outbox.put_all(
        session, find_deliver_step(alert), delivery_ids, now=now, run_at=run_at, max_attempts=MAX_ATTEMPTS
    )


async def _wait_for_repair(services: Services, claim: Claim, delivery: Delivery) -> bool:
    """Put the delivery off while its channel is broken, unless it is the one that may try; that uses up no tries."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        fault = await channel_faults.lock_fault(session, delivery.channel)
        if fault is None or fault.is_over or fault.trial_id == delivery.id:
            return False
        run_at = now + timedelta(seconds=HELD_UP_S)
        await put_deliver_jobs(session, delivery.alert, [delivery.id], now=now, run_at=run_at)
        await claim.finish(session)
    return True


def _wait_for_echo(services: Services, delivery: Delivery) -> None:
    """A crash broke a try off: the channel may have taken it, and soon says so. Raises DeliveryDeferred until then."""
    now, wait_s = services.clock.now(), CHANNELS[delivery.channel].echo_wait_s
    for part in delivery.parts:
        if part.state is DeliveryState.PENDING and part.tried_since is not None:
            left_s = wait_s - (now - part.tried_since).total_seconds()
            if left_s > 0:
                raise DeliveryDeferred("A try was broken off, and may have arrived.", retry_after_s=left_s)


async def _wait_for_its_alert(services: Services, delivery: Delivery) -> None:
    """A follow-up comes after what it follows. Raises DeliveryDeferred while that is on its way to the same person."""
    happening = delivery.alert.happening
    if isinstance(happening, IncidentGrew):
        async with services.database.reading() as session:
            if await deliveries.is_pending(session, happening.alert_id, delivery.recipient_id):
                raise DeliveryDeferred("The alert that it follows is not sent yet.", retry_after_s=FOLLOW_S)


async def _note_broken(services: Services, delivery: Delivery, error: ChannelBroken) -> None:
    """People are told once, and one delivery tries again now and then: see pipeline/repair.py."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        is_new = await channel_faults.note_fault(session, delivery.channel, str(error), now=now, by_trial=True)
        if is_new:
            await _put_off_all(session, delivery.channel, now=now)
        await put_check_job(session, delivery.channel, now=now, after_s=0.0 if is_new else REPAIR_S)


async def _note_failing(services: Services, delivery: Delivery, error: DeliveryDeferred) -> None:
    """Often enough without success in between, it is broken: what waits needs not find that out one by one."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        is_new = await channel_faults.count_failure(session, delivery.channel, str(error), now=now)
        fault = await channel_faults.lock_fault(session, delivery.channel)
        if fault is not None and fault.trial_id == delivery.id:
            await channel_faults.note_fault(session, delivery.channel, str(error), now=now, by_trial=True)
        if is_new:
            await _put_off_all(session, delivery.channel, now=now)
            await put_check_job(session, delivery.channel, now=now)


async def _put_off_all(session: AsyncSession, channel: ChannelKind, *, now: datetime) -> None:
    """What waits for a channel that has just broken: thousands need not find that out one after another."""
    for step in DELIVERIES:
        until = now + timedelta(seconds=HELD_UP_S)
        await outbox.put_off(session, step, deliveries.pending_ids(channel), until=until)


async def bury_delivery(session: AsyncSession, delivery_id: str, reason: str) -> None:
    """The job that delivers was given up: mark what it did not send."""
    await deliveries.fail_delivery(session, delivery_id, DeliveryState.BURIED, reason)


def _find_channel(services: Services, delivery: Delivery) -> Channel:
    channel = services.channels.get(delivery.channel)
    if channel is None:
        raise ChannelBroken(f"No {delivery.channel} channel is configured; see `instantreact doctor`.")
    return channel


async def _send_part(
    services: Services, channel: Channel, delivery: Delivery, part: DeliveryPart
) -> tuple[tuple[DeliveryPart, Receipt] | None, bool]:
    """Send one part: the receipt, where it was accepted; False when the parts after it have no chance either."""
    try:
        receipt = await send_part(services, channel, delivery, part)
    except (DeliveryDeferred, ChannelBroken) as error:
        count_outcome(services, delivery, part, "deferred")
        await _mark(services, part, DeliveryState.PENDING, error)
        raise
    except ChatWindowClosed as error:
        count_outcome(services, delivery, part, "held")
        await _hold(services, delivery, error)
        return None, False
    except RecipientUnreachable as error:
        count_outcome(services, delivery, part, "refused")
        await _give_up(services, delivery, error)
        return None, False
    except DeliveryRefused as error:
        count_outcome(services, delivery, part, "refused")
        await _mark(services, part, DeliveryState.REFUSED, error)
        return None, True
    return (part, receipt), True


def _note_sent(services: Services, delivery: Delivery, part: DeliveryPart, receipt: Receipt) -> None:
    count_sent(services, delivery, part, receipt)
    log.info(
        "delivery.part_sent",
        alert_id=delivery.alert_id,
        delivery_id=delivery.id,
        part=part.kind,
        message_id=receipt.message_id,
    )


async def _mark(services: Services, part: DeliveryPart, state: DeliveryState, error: Exception) -> None:
    log.warning("delivery.part_failed", delivery_id=part.delivery_id, part_id=part.id, state=state, reason=str(error))
    async with services.database.unit_of_work() as session:
        await deliveries.mark_part_failed(session, part.id, state, str(error))


async def _hold(services: Services, delivery: Delivery, error: ChatWindowClosed) -> None:
    async with services.database.unit_of_work() as session:
        person = await recipients.lock_recipient(session, delivery.recipient_id)
        if person.window_open_until != delivery.recipient.window_open_until:
            raise DeliveryDeferred(str(error))  # they acted while this was under way: the window is open again
        is_reminder = isinstance(delivery.alert.happening, Reminder)  # it would come when they need it no more
        state = DeliveryState.REFUSED if is_reminder else DeliveryState.HELD
        await deliveries.fail_delivery(session, delivery.id, state, str(error))
        await recipients.close_chat_window(session, delivery.recipient_id)
        await note_working(session, {delivery.channel}, now=services.clock.now())
        if not is_reminder and not await deliveries.was_told(session, delivery.id):
            await _fall_back(session, services, person, delivery)
    log.warning("delivery.held", delivery_id=delivery.id, recipient_id=delivery.recipient_id)


async def _refuse(services: Services, claim: Claim, delivery: Delivery, reason: str) -> None:
    """What was on its way when they said stop, say, is not sent any more."""
    async with services.database.unit_of_work() as session:
        await deliveries.fail_delivery(session, delivery.id, DeliveryState.REFUSED, reason)
        await claim.finish(session)
    log.info("delivery.refused", delivery_id=delivery.id, recipient_id=delivery.recipient_id, reason=reason)


async def _give_up(services: Services, delivery: Delivery, error: RecipientUnreachable) -> None:
    log.warning("delivery.refused", delivery_id=delivery.id, recipient_id=delivery.recipient_id, reason=str(error))
    async with services.database.unit_of_work() as session:
        await deliveries.fail_delivery(session, delivery.id, DeliveryState.REFUSED, str(error))
        person = await recipients.mark_unreachable(session, delivery.recipient_id, str(error))
        await note_working(session, {delivery.channel}, now=services.clock.now())
        await _fall_back(session, services, person, delivery)


async def _fall_back(session: AsyncSession, services: Services, person: Recipient, delivery: Delivery) -> None:
    """Tell them by their other way, where they have one by which they were not told of it yet."""
    told = await recipients.list_recipients_to_tell(session, [person.fallback_id] if person.fallback_id else [])
    if not told:
        return
    now, alert = services.clock.now(), await alerts.lock_alert(session, delivery.alert_id)
    parts_of = parts_for(has_picture=alert.event is not None and alert.event.snapshot_key is not None)
    added = await alerts.add_deliveries(session, alert, told, parts_of=parts_of, now=now)
    await put_deliver_jobs(session, alert, [each.id for each in added], now=now)
    for each in added:
        each.instead_of = delivery.id
        log.info("delivery.falls_back", alert_id=alert.id, recipient_id=person.id, fallback_id=each.recipient_id)
