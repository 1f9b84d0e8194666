"""What people and channels tell us through webhooks: stored first, acted on by a job."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.receiver import Delivered, Echo, Incoming, Read
from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import Answer, ChannelKind, Receipt
from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import PrincipalKind
from instantreact.errors import DeliveryError, NotFound
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.answer import answer_alert, describe_state
from instantreact.pipeline.deliver import find_part_id, put_deliver_job
from instantreact.pipeline.opt_in import act_on_words
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import deliveries, incoming, recipients
from instantreact.storage.audit import add_entry
from instantreact.storage.incoming import NewMessage
from instantreact.storage.tables import Recipient

T = TypeVar("T")

log = get_logger(__name__)


ITEMS_AT_ONCE = 200
MIDS_AT_ONCE = 500
"""A body of a megabyte holds thousands of either: nobody else could write, or a statement be prepared, meanwhile."""


async def accept_webhook(services: Services, channel: ChannelKind, body: bytes) -> None:
    """Store every item of a verified webhook body with the job that acts on it; a repeated item changes nothing.

    Some at a time: where it breaks off the channel sends the body again. Raises InvalidInput and NotFound for a body
    that is not the channel's.
    """
    items = await services.threads.run(services.receivers[channel].parse, body)
    now = services.clock.now()
    for some in _batches(items, ITEMS_AT_ONCE):
        messages = [
            NewMessage(item.dedupe_key, item.body, asks=item.opens_chat_window or item.content is not None)
            for item in some
        ]
        async with services.database.unit_of_work() as session:
            new = await incoming.insert_new(session, channel, messages, now=now)
            await outbox.put_all(session, StepName.INCOMING, new, now=now)


async def handle_incoming(services: Services, claim: Claim) -> None:
    """Act on the incoming message `claim.subject`, in one transaction, then show who answered that it counts."""
    async with services.database.unit_of_work() as session:
        stored = await incoming.get_message(session, claim.subject)
        item = services.receivers[stored.channel].read_item(stored.body)
        said = await _act(services, session, stored.channel, item)
        await incoming.mark_handled(session, stored.id, now=services.clock.now())
        await claim.finish(session)
    if isinstance(item.content, Answer):
        await _sign(services, stored.channel, item, said or "You are not told of alerts here.")
    elif said is not None:
        await _sign(services, stored.channel, item, said)


async def _act(services: Services, session: AsyncSession, channel: ChannelKind, item: Incoming) -> str | None:
    """Do what the item asks for; what to tell the person who did it."""
    if isinstance(item.content, Echo):
        await _recognise(services, session, item.content)
        return None
    person = await _find_person(session, channel, item)
    person, said = await act_on_words(services, session, channel, item, person)
    if person is None:
        log.info("incoming.from_nobody_we_tell", dedupe_key=item.dedupe_key)
        return said
    if item.opens_chat_window:
        await _open_chat_window(services, session, person, item)
    match item.content:
        case Answer() as answer:
            return await _answer(services, session, person, answer)
        case Delivered(mids, watermark):
            for some in _batches(mids, MIDS_AT_ONCE):
                await deliveries.mark_delivered(session, person.id, message_ids=some)
            await deliveries.mark_delivered(session, person.id, watermark=watermark)
        case Read(watermark) if watermark is not None:
            await deliveries.mark_read(session, person.id, watermark=watermark)
    return said


async def _find_person(session: AsyncSession, channel: ChannelKind, item: Incoming) -> Recipient | None:
    for address in filter(None, (item.address, item.alias)):
        person = await recipients.find_recipient(session, channel, address)
        if person is not None:
            return person
    return None


async def _recognise(services: Services, session: AsyncSession, echo: Echo) -> None:
    """An echo proves that a part was accepted, even where the answer to our request was lost."""
    part_id = find_part_id(echo.metadata or "")
    if part_id is None:
        return
    receipt = Receipt(message_id=echo.mid, accepted_at=services.clock.now())
    try:
        await deliveries.mark_part_sent(session, part_id, receipt)
    except NotFound:
        log.info("incoming.echo_of_deleted_part", part_id=part_id)


async def _open_chat_window(services: Services, session: AsyncSession, person: Recipient, item: Incoming) -> None:
    """The person acted: they may be told again, and what was held for them goes out now."""
    now = services.clock.now()
    acted_at, chat_window = min(now, item.occurred_at or now), CHANNELS[person.channel].chat_window
    await recipients.open_chat_window(session, person.id, acted_at=acted_at, chat_window=chat_window)
    for delivery_id in await deliveries.list_held(session, person.id):
        await deliveries.reopen_delivery(session, delivery_id)
        await put_deliver_job(session, delivery_id, now=now)


async def _answer(services: Services, session: AsyncSession, person: Recipient, answer: Answer) -> str:
    """What to show the person who answered."""
    now = services.clock.now()
    try:
        said = describe_state(await answer_alert(session, answer, by=person.name, now=now))
    except NotFound:
        log.info("incoming.answer_to_deleted_alert", alert_id=answer.alert_id)
        return "This alert was deleted."
    what = f"{person.channel} {answer.kind}"
    add_entry(session, AuditAction.ANSWERED, PrincipalKind.CHANNEL, person.name, what, answer.alert_id, now=now)
    return said


async def _sign(services: Services, channel: ChannelKind, item: Incoming, said: str) -> None:
    """Whoever tapped or wrote waits for a sign. What they said is stored: a sign that gets lost is not tried again."""
    sender = services.channels.get(channel)
    if sender is None:
        return
    try:
        if isinstance(item.content, Answer):
            await sender.confirm(item, said)
        elif item.address is not None:
            await sender.reply(item.address, said)
    except DeliveryError as error:
        log.warning("incoming.unconfirmed", channel=channel, reason=str(error))


def _batches(everything: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (everything[start : start + size] for start in range(0, len(everything), size))
