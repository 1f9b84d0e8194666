"""A channel that is broken: who is told, when it is tried again, and that nothing is lost meanwhile.

Broken is one that refuses our credentials or settings, and one that has failed or been silent for a while, whoever was
to be told (storage/channel_faults.py says how often).

A channel is asked now and then whether it works, so that somebody knows before an alert needs it. While it is broken
its deliveries wait; once it says that it works, one of them tries, since only that proves it, and the rest follow.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import ChannelKind
from instantreact.domain.happening import ChannelFailing, ChannelMended, Notice
from instantreact.errors import ChannelBroken, DeliveryDeferred, DeliveryError
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.deliver import REPAIR_S, put_deliver_job
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import DELIVERIES, StepName
from instantreact.pipeline.together import put_check_job
from instantreact.storage import channel_faults, deliveries, recipients, template_faults
from instantreact.storage.tables import Alert, ChannelFault, Job

CHECK_S = 300.0
"""How often a channel that works is asked whether it does."""

log = get_logger(__name__)


async def queue_checks(services: Services) -> None:
    """Look at every channel at once, as at the start of a process: its settings may have been mended.

    So may a template: it is tried. And those of a recogniser: whatever waits to be heard is tried.
    """
    async with services.database.unit_of_work() as session:
        await template_faults.forget_refusals(session)
        for step in (StepName.HEAR, StepName.HEAR_LIVE):
            await outbox.hasten(session, step, select(Job.subject).where(Job.kind == step), now=services.clock.now())
        broken = await channel_faults.list_faults(session)
        for kind in {*services.channels, *(fault.channel for fault in broken)}:
            await put_check_job(session, kind, now=services.clock.now())


async def check_channel(services: Services, claim: Claim) -> None:
    """Look whether the channel `claim.subject` works, tell people when that changed, and look again later."""
    kind = ChannelKind(claim.subject)
    found, now = await _find_problem(services, kind), services.clock.now()
    async with services.database.unit_of_work() as session:
        if isinstance(found, ChannelBroken):
            await channel_faults.note_fault(session, kind, str(found), now=now)
        elif found is not None and not CHANNELS[kind].many_services:
            await channel_faults.count_failure(session, kind, str(found), now=now)
        fault = await channel_faults.lock_fault(session, kind)
        told = await _decide(services, session, fault, found, now=now) if fault else None
        still_broken = found is not None or await channel_faults.find_fault(session, kind) is not None
        await put_check_job(session, kind, now=now, after_s=REPAIR_S if still_broken else CHECK_S)
        await claim.finish(session)
    if told is not None:
        await _show(services, told)


async def _find_problem(services: Services, kind: ChannelKind) -> ChannelBroken | DeliveryDeferred | None:
    channel = services.channels.get(kind)
    if channel is None:
        async with services.database.reading() as session:
            waits = (await session.scalars(deliveries.pending_ids(kind).limit(1))).first()
        return ChannelBroken(f"No {kind} channel is configured; see `instantreact doctor`.") if waits else None
    try:
        await channel.check()
    except ChannelBroken as error:
        return error
    except DeliveryDeferred as error:  # what passes without anybody's help, if it does
        log.warning("channel.unchecked", channel=kind, reason=str(error))
        return error if error.is_outage else None
    except DeliveryError as error:
        log.warning("channel.unchecked", channel=kind, reason=str(error))
    return None


async def _decide(
    services: Services, session: AsyncSession, fault: ChannelFault, found: DeliveryError | None, *, now: datetime
) -> Alert | None:
    """Tell of the fault or of its end, or let a delivery find out; the alert where nobody else could be told of it."""
    if isinstance(found, ChannelBroken):
        return await _tell(services, session, fault, is_over=False, now=now)
    trial_id = await deliveries.find_trial(session, fault.channel, but=fault.trial_id)
    if trial_id is not None and not fault.is_over:
        if fault.tried_at is None or now - fault.tried_at >= timedelta(seconds=REPAIR_S):
            fault.trial_id = trial_id
            await put_deliver_job(session, trial_id, now=now)
        return await _tell(services, session, fault, is_over=False, now=now)
    if found is not None and not fault.is_over:  # nothing waits that could show that it works again
        return await _tell(services, session, fault, is_over=False, now=now)
    for step in DELIVERIES:
        await outbox.hasten(session, step, deliveries.pending_ids(fault.channel), now=now)
    await channel_faults.forget_fault(session, fault.channel)
    return await _tell(services, session, fault, is_over=True, now=now)


async def _tell(
    services: Services, session: AsyncSession, fault: ChannelFault, *, is_over: bool, now: datetime
) -> Alert | None:
    """Tell those who are reached otherwise, once; the alert where there is nobody."""
    broken = {other.channel for other in await channel_faults.list_faults(session)} | {fault.channel}
    everybody = await recipients.list_recipients_to_tell(session, None)
    told = [person for person in everybody if person.channel not in broken]
    alert = await tell(
        session, _make_alert(services, fault, is_over=is_over, now=now), told, has_picture=False, now=now
    )
    if alert is None:
        return None
    write = log.info if is_over else log.error
    write("channel.mended" if is_over else "channel.broken", channel=fault.channel, reason=fault.reason)
    return None if told else alert


def _make_alert(services: Services, fault: ChannelFault, *, is_over: bool, now: datetime) -> Alert:
    since, time_zone = fault.since, services.time_zone.key
    happening: ChannelFailing | ChannelMended
    if is_over:
        kind, happening = "mended", ChannelMended(fault.channel, since, time_zone)
    else:
        kind, happening = "broken", ChannelFailing(fault.channel, since, fault.reason, time_zone)
    system_key = f"channel-{kind}:{fault.channel}:{since.isoformat()}"
    return Alert(system_key=system_key, happening=happening, raised_at=now)


async def _show(services: Services, alert: Alert) -> None:
    """Nobody is reached otherwise: show it on the console at least."""
    console = services.channels.get(ChannelKind.CONSOLE)
    if console is None:
        return
    notice = Notice(alert.id, alert.happening, language=services.language)
    try:
        await console.send_text("the operator", notice, metadata=alert.id)
    except DeliveryError as error:
        log.warning("channel.fault_not_shown", reason=str(error))
