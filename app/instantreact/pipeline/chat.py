"""What somebody who is told of alerts writes back: what changes something is done at once, and what is to be looked
up is left for after the transaction.

Somebody who said stop, or whom an operator has disabled, is told no more than a stranger.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.catalogue import (
    CONCEPTS,
    DELETED,
    HELP,
    KEPT_ON,
    KEPT_UNTIL,
    LEARNED,
    NOT_UNDERSTOOD,
    NOTHING_TO_ANSWER,
)
from instantreact.channels.moments import format_minute
from instantreact.channels.receiver import Wrote
from instantreact.channels.replies import ChatReply
from instantreact.domain.alert import Answer, AnswerKind
from instantreact.domain.audit import AuditAction
from instantreact.domain.language import Language
from instantreact.domain.principal import PrincipalKind
from instantreact.domain.site import zone_called
from instantreact.errors import NotFound
from instantreact.logs import get_logger
from instantreact.pipeline.answer import answer_alert, describe_state
from instantreact.pipeline.chat_mutes import mute, unmute
from instantreact.pipeline.commands import Command, CommandKind, read_command
from instantreact.pipeline.opt_in import language_of, stop_or_start
from instantreact.pipeline.services import Services
from instantreact.storage import alerts, recipients
from instantreact.storage.audit import add_entry
from instantreact.storage.tables import Alert, Recipient
from instantreact.storage.taps import find_taught

HELP_EVERY = timedelta(minutes=1)
"""Two bots that do not understand each other would otherwise talk for ever."""

_ANSWERS = {CommandKind.ACKNOWLEDGE: AnswerKind.ACKNOWLEDGE, CommandKind.DISMISS: AnswerKind.DISMISS}
_OPEN_TO_ALL = (CommandKind.START, CommandKind.STOP)

log = get_logger(__name__)


async def obey(
    services: Services, session: AsyncSession, person: Recipient, wrote: Wrote
) -> ChatReply | Command | None:
    """Do what the words ask for, in the caller's transaction: the reply, or what is to be looked up after it."""
    command, language = read_command(wrote.text), language_of(services, person)
    may_ask = person.enabled and person.opted_out_at is None
    if command is not None and command.kind in _OPEN_TO_ALL:
        starts = command.kind is CommandKind.START
        return ChatReply(await stop_or_start(services, session, person, starts=starts))
    if not (may_ask and wrote.is_to_us):
        return None
    if command is None:
        return await _help_once(services, session, person)
    match command.kind:
        case CommandKind.HELP | CommandKind.KEEP:
            helps = command.kind is CommandKind.HELP
            return ChatReply(HELP.say(language) if helps else _say_kept(services, person))
        case CommandKind.MUTE:
            return await mute(services, session, person, command)
        case CommandKind.UNMUTE:
            return await unmute(services, session, person, command)
        case CommandKind.ACKNOWLEDGE | CommandKind.DISMISS:
            return await _answer_latest(services, session, person, _ANSWERS[command.kind])
    return command


async def answer(services: Services, session: AsyncSession, person: Recipient, given: Answer) -> ChatReply:
    """What to show the person who answered."""
    now, language = services.clock.now(), language_of(services, person)
    try:
        by, adapts = person.name, services.adapts
        alert = await answer_alert(session, given, by=by, now=now, recipient_id=person.id, adapts=adapts)
    except NotFound:
        log.info("incoming.answer_to_deleted_alert", alert_id=given.alert_id)
        return ChatReply(DELETED.say(language))
    what = f"{person.channel} {given.kind}"
    kind = PrincipalKind.CHANNEL
    add_entry(session, AuditAction.ANSWERED, kind, person.name, what, given.alert_id, now=now, principal_id=person.id)
    return await _tell_learned(session, alert, language)


async def _tell_learned(session: AsyncSession, alert: Alert, language: Language) -> ChatReply:
    """How the alert stands, and what its camera makes of a false alarm."""
    state = describe_state(alert, language)
    taught = await find_taught(session, alert.id)
    names = ", ".join(CONCEPTS[name].say(language) if name in CONCEPTS else name for name in taught)
    return ChatReply(LEARNED.say(language, state=state, concept=names), is_news=True) if names else ChatReply(state)


async def _answer_latest(services: Services, session: AsyncSession, person: Recipient, kind: AnswerKind) -> ChatReply:
    latest = await alerts.find_latest_told(session, person.id)
    if latest is None:
        return ChatReply(NOTHING_TO_ANSWER.say(language_of(services, person)))
    return await answer(services, session, person, Answer(kind, latest.id))


def _say_kept(services: Services, person: Recipient) -> str:
    """What they wrote, or tapped, has opened their chat window already: until when."""
    language, until = language_of(services, person), person.window_open_until
    if until is None:
        return KEPT_ON.say(language)
    zone = zone_called(person.time_zone, services.time_zone)
    return KEPT_UNTIL.say(language, until=format_minute(until.astimezone(zone), language))


async def _help_once(services: Services, session: AsyncSession, person: Recipient) -> ChatReply | None:
    now, language = services.clock.now(), language_of(services, person)
    locked = await recipients.lock_recipient(session, person.id)
    if locked.helped_at is not None and now - locked.helped_at < HELP_EVERY:
        return None
    locked.helped_at = now
    return ChatReply(NOT_UNDERSTOOD.say(language, help=HELP.say(language)))
