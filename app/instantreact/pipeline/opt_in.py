"""Being told of alerts is each person's own choice: by the link or code of an invitation, ended and begun by a word.

Whoever was added by an operator is told without an invitation, until they say stop.
"""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.catalogue import NOT_INVITED, NOT_VALID, STARTED, STOPPED, WELCOME
from instantreact.channels.receiver import Incoming, Invited, Wrote
from instantreact.domain.alert import ChannelKind
from instantreact.domain.language import Language
from instantreact.logs import get_logger
from instantreact.pipeline.commands import Command, CommandKind, read_command
from instantreact.pipeline.services import Services
from instantreact.storage import invitations, recipients
from instantreact.storage.tables import Invitation, Recipient

_CODE = re.compile(r"\s*(\d{3})[\s-]?(\d{3})\s*", re.ASCII)
_START = Command(CommandKind.START)

log = get_logger(__name__)


async def act_on_invitation(
    services: Services, session: AsyncSession, channel: ChannelKind, item: Incoming, person: Recipient | None
) -> tuple[Recipient | None, str | None]:
    """What an invitation or a stranger's words come to, in the caller's transaction: who they are then, and the reply.

    Without a reply nothing came of it: it is for others to act on.
    """
    match item.content:
        case Invited(token):
            now = services.clock.now()
            return await _join(services, session, item, await invitations.use_token(session, channel, token, now=now))
        case Wrote(text) if code := _CODE.fullmatch(text):
            found = await invitations.use_code(session, channel, code[1] + code[2], now=services.clock.now())
            return await _join(services, session, item, found)
        case Wrote(text) if person is None and read_command(text) == _START:
            return None, NOT_INVITED.say(item.language or services.language)
    return person, None


async def stop_or_start(services: Services, session: AsyncSession, person: Recipient, *, starts: bool) -> str:
    """Whether somebody is told from now on; the reply."""
    now, language = services.clock.now(), language_of(services, person)
    if not starts:
        await recipients.opt_out(session, person.id, now=now)
        log.info("recipient.opted_out", recipient_id=person.id, channel=person.channel)
        return STOPPED.say(language)
    was_out = person.opted_out_at is not None
    await recipients.opt_in(session, person.id, now=now)
    return STARTED.say(language) if was_out else WELCOME.say(language, name=person.name)


def language_of(services: Services, person: Recipient) -> Language:
    """In which somebody is spoken to."""
    return person.language or services.language


async def _join(
    services: Services, session: AsyncSession, item: Incoming, invitation: Invitation | None
) -> tuple[Recipient | None, str | None]:
    if invitation is None or item.address is None:
        return None, NOT_VALID.say(item.language or services.language)
    now, language = services.clock.now(), invitation.language or item.language
    person = await recipients.find_recipient(session, invitation.channel, item.address)
    if person is None:
        person = Recipient(
            name=invitation.name,
            channel=invitation.channel,
            address=item.address,
            language=language,
            opted_in_at=now,
            created_at=now,
        )
        await recipients.insert_recipient(session, person)
    else:
        await recipients.opt_in(session, person.id, now=now)
        person.language = person.language or language
    invitation.recipient_id = person.id
    log.info("recipient.opted_in", recipient_id=person.id, channel=person.channel)
    return person, WELCOME.say(language_of(services, person), name=person.name)
