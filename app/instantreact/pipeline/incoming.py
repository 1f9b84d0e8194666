"""What people and channels tell us through webhooks: stored first, acted on by a job."""

import asyncio
from collections.abc import Iterator, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.catalogue import NOT_NOW, NOT_TOLD
from instantreact.channels.receiver import Delivered, Echo, Incoming, Read, Wrote
from instantreact.channels.registry import CHANNELS
from instantreact.channels.replies import ChatReply
from instantreact.domain.alert import Answer, ChannelKind, Receipt
from instantreact.errors import DeliveryError, InstantReactError
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim, finish_all
from instantreact.logs import get_logger
from instantreact.pipeline.chat import answer, obey
from instantreact.pipeline.chat_views import look_up
from instantreact.pipeline.commands import Command
from instantreact.pipeline.opt_in import act_on_invitation, language_of
from instantreact.pipeline.quiet import put_digest_job
from instantreact.pipeline.remind import put_remind_job
from instantreact.pipeline.sending import find_part_id
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import deliveries, incoming, recipients
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
        await services.database.write_gathered(partial(_store, channel=channel, items=some, now=now))


async def _store(session: AsyncSession, *, channel: ChannelKind, items: Sequence[Incoming], now: datetime) -> None:
    await _recognise(session, items, now=now)
    messages = [NewMessage(item.dedupe_key, item.body, asks=_asks(item)) for item in items]
    new = await incoming.insert_new(session, channel, messages, now=now)
    await outbox.put_all(session, StepName.INCOMING, new, now=now)


def _asks(item: Incoming) -> bool:
    """Whether something is to be done about it, beyond what is done as it is stored."""
    return item.opens_chat_window or not isinstance(item.content, Echo | None)


async def _recognise(session: AsyncSession, items: Sequence[Incoming], *, now: datetime) -> None:
    """An echo proves that a part was accepted, even where the answer to our request was lost.

    That must be known before the part is sent again, so it does not wait for its turn among the jobs.
    """
    echoes = [item.content for item in items if isinstance(item.content, Echo)]
    receipts = {
        part_id: Receipt(message_id=echo.mid, accepted_at=now)
        for echo in echoes
        if (part_id := find_part_id(echo.metadata or "")) is not None
    }
    if receipts:
        await deliveries.mark_parts_sent(session, receipts)


async def handle_incoming(services: Services, claim: Claim) -> None:
    """Act on the incoming message `claim.subject`, in one transaction, then show who answered that it counts."""
    channel, item, said = await services.database.write_together(_handle_all, _Handling(services, claim))
    if isinstance(said, _Asked):
        said = await _look_up(services, said)
    if said is None and isinstance(item.content, Answer):
        said = ChatReply(NOT_TOLD.say(item.language or services.language))
    await _sign(services, channel, item, said)


@dataclass(frozen=True)
class _Handling:
    """A message to be acted on, in the context of its job: logs, and what follows from it, carry its request's id."""

    services: Services
    claim: Claim
    context: Context = field(default_factory=copy_context)


async def _handle_all(session: AsyncSession, handlings: Sequence[_Handling]) -> list["_Handled"]:
    """Act on each, one after the other. Raises what one of them raised, and LeaseLost: then each is handled alone."""
    now = max(each.services.clock.now() for each in handlings)
    handled = [await asyncio.create_task(_handle(session, each), context=each.context) for each in handlings]
    await incoming.mark_handled(session, [each.claim.subject for each in handlings], now=now)
    for error in await finish_all(session, [each.claim for each in handlings]):
        if error is not None:
            raise error
    return handled


async def _handle(session: AsyncSession, handling: _Handling) -> "_Handled":
    services = handling.services
    stored = await incoming.get_message(session, handling.claim.subject)
    item = services.receivers[stored.channel].read_item(stored.body)
    return stored.channel, item, await _act(services, session, stored.channel, item)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is to be looked up, which may take a while, once what was done is stored."""

    person: Recipient
    command: Command


_Handled = tuple[ChannelKind, Incoming, ChatReply | _Asked | None]


async def _look_up(services: Services, asked: _Asked) -> ChatReply:
    try:
        return await look_up(services, asked.person, asked.command)
    except InstantReactError as error:
        log.warning("incoming.not_looked_up", command=asked.command.kind, reason=str(error))
        return ChatReply(NOT_NOW.say(language_of(services, asked.person)))


async def _act(
    services: Services, session: AsyncSession, channel: ChannelKind, item: Incoming
) -> ChatReply | _Asked | None:
    """Do what the item asks for; what to tell the person who did it."""
    person = await _find_person(session, channel, item)
    person, said = await act_on_invitation(services, session, channel, item, person)
    reply = None if said is None else ChatReply(said)
    if person is None:
        log.info("incoming.from_nobody_we_tell", dedupe_key=item.dedupe_key)
        return reply
    person.language = person.language or item.language
    if item.opens_chat_window:
        await _open_chat_window(services, session, person, item)
    match item.content:
        case Answer() as given:
            return await answer(services, session, person, given)
        case Wrote() as wrote if reply is None:
            obeyed = await obey(services, session, person, wrote)
            return _Asked(person, obeyed) if isinstance(obeyed, Command) else obeyed
    await _note_receipt(session, person, item)
    return reply


async def _note_receipt(session: AsyncSession, person: Recipient, item: Incoming) -> None:
    """What reached somebody, and what they have seen."""
    match item.content:
        case Delivered(mids, watermark):
            for some in _batches(mids, MIDS_AT_ONCE):
                await deliveries.mark_delivered(session, person.id, message_ids=some)
            await deliveries.mark_delivered(session, person.id, watermark=watermark)
        case Read(watermark) if watermark is not None:
            await deliveries.mark_read(session, person.id, watermark=watermark)


async def _find_person(session: AsyncSession, channel: ChannelKind, item: Incoming) -> Recipient | None:
    for address in filter(None, (item.address, item.alias)):
        person = await recipients.find_recipient(session, channel, address)
        if person is not None:
            return person
    return None


async def _open_chat_window(services: Services, session: AsyncSession, person: Recipient, item: Incoming) -> None:
    """The person acted: they may be told again, and what was held for them goes out now."""
    now = services.clock.now()
    acted_at, chat_window = min(now, item.occurred_at or now), CHANNELS[person.channel].chat_window
    await recipients.open_chat_window(session, person.id, acted_at=acted_at, chat_window=chat_window)
    await put_remind_job(session, services, person)
    if await deliveries.list_held(session, person.id):
        await put_digest_job(session, person.id, now=now)


async def _sign(services: Services, channel: ChannelKind, item: Incoming, said: ChatReply | None) -> None:
    """Whoever tapped or wrote waits for a sign. What they said is stored: a sign that gets lost is not tried again."""
    sender = services.channels.get(channel)
    if sender is None:
        return
    try:
        if said is None or (isinstance(item.content, Answer) and not said.is_news):
            await sender.confirm(item, said.text if said else "")
        elif item.address is not None:
            await sender.reply(item, said)
    except DeliveryError as error:
        log.warning("incoming.unconfirmed", channel=channel, reason=str(error))


def _batches(everything: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (everything[start : start + size] for start in range(0, len(everything), size))
