"""What many deliveries ask of the database at once, and write into it, with the statements of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind, Receipt
from instantreact.errors import InstantReactError, NotFound
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim, confirm_all, finish_all
from instantreact.pipeline.quiet import MINUTE
from instantreact.pipeline.step_names import StepName
from instantreact.storage import channel_faults, deliveries, recipients
from instantreact.storage.tables import ChannelFault, Delivery, DeliveryPart


@dataclass(frozen=True)
class DeliveryRequest:
    """Asks how a delivery stands at `now`."""

    delivery_id: str
    now: datetime


@dataclass(frozen=True)
class DeliveryStanding:
    """How a delivery stands: what is wrong with its channel, how many alerts its person was sent in a minute."""

    delivery: Delivery
    fault: ChannelFault | None
    told: int


@dataclass(frozen=True)
class DeliveryStep:
    """A step of a delivery that is sent: the channel took the part `sent`, and `start` is next.

    Without a next one the delivery's claim is finished, if it `ends` by that.
    """

    claim: Claim
    delivery: Delivery
    now: datetime
    sent: tuple[DeliveryPart, Receipt] | None = None
    start: DeliveryPart | None = None
    ends: bool = True


async def read_standings(
    session: AsyncSession, requests: Sequence[DeliveryRequest]
) -> list[DeliveryStanding | NotFound]:
    """How each stands; NotFound in the place of those that are gone."""
    found = await deliveries.find_deliveries(session, [each.delivery_id for each in requests])
    faults = {fault.channel: fault for fault in await channel_faults.list_faults(session)}
    people = {delivery.recipient_id for delivery in found.values()}
    told = await deliveries.count_told_each(session, people, since=max(each.now for each in requests) - MINUTE)
    return [
        DeliveryStanding(delivery, faults.get(delivery.channel), told.get(delivery.recipient_id, 0))
        if (delivery := found.get(each.delivery_id)) is not None
        else NotFound("delivery", each.delivery_id)
        for each in requests
    ]


async def write_steps(session: AsyncSession, steps: Sequence[DeliveryStep]) -> list[InstantReactError | None]:
    """Note what was sent, whoever holds the job by now; then start or finish for those whose claim is good.

    LeaseLost in the place of the others: they send nothing more. NotFound where the delivery is gone.
    Rows are locked in one order, parts before deliveries before jobs, as everybody does who locks several.
    """
    receipts = {step.sent[0].id: step.sent[1] for step in steps if step.sent is not None}
    starting = [step for step in steps if step.start is not None]
    await deliveries.lock_part_rows(session, receipts.keys() | {step.start.id for step in starting if step.start})
    there = await deliveries.mark_parts_sent(session, receipts) if receipts else set()
    await _note_reached(session, [step for step in steps if step.sent is not None])
    good = await confirm_all(session, [step.claim for step in steps])
    started = [step.start.id for step in starting if step.start and step.claim.token in good]
    await deliveries.start_attempts(session, started, now=max(step.now for step in steps))
    await finish_all(session, [s.claim for s in steps if s.start is None and s.ends and s.claim.token in good])
    return [_judge(step, there, is_good=step.claim.token in good) for step in steps]


def _judge(step: DeliveryStep, there: set[str], *, is_good: bool) -> InstantReactError | None:
    if step.sent is not None and step.sent[0].id not in there:
        return NotFound("delivery", step.delivery.id)
    return None if is_good else step.claim.lost()


async def _note_reached(session: AsyncSession, steps: Sequence[DeliveryStep]) -> None:
    """Who was reached is no longer said to be unreachable, and the channels work."""
    for step in steps:
        if step.delivery.recipient.unreachable_reason is not None:
            await recipients.mark_reached(session, step.delivery.recipient_id)
    if steps:
        now = max(step.now for step in steps)
        await note_working(session, {step.delivery.channel for step in steps}, now=now)


async def note_working(session: AsyncSession, channels: set[ChannelKind], *, now: datetime) -> None:
    """These took a delivery, or refused it for its recipient alone: where one was broken it is no longer."""
    for channel in sorted(channels):
        if await channel_faults.note_success(session, channel):
            await put_check_job(session, channel, now=now)


async def put_check_job(session: AsyncSession, channel: ChannelKind, *, now: datetime, after_s: float = 0.0) -> None:
    """Queue the job that looks whether a channel works, in the caller's transaction."""
    await outbox.put(session, StepName.CHECK_CHANNEL, channel, now=now, run_at=now + timedelta(seconds=after_s))
