"""Being told of alerts is each person's own choice: by the link or code of an invitation, ended and begun by a word.

Whoever was added by an operator is told without an invitation, until they say stop.
"""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.receiver import Incoming, Invited, Wrote
from instantreact.domain.alert import ChannelKind
from instantreact.logs import get_logger
from instantreact.pipeline.services import Services
from instantreact.storage import invitations, recipients
from instantreact.storage.tables import Invitation, Recipient

STOP_WORDS = frozenset({"stop", "unsubscribe", "arrêt", "arret", "stopp"})
START_WORDS = frozenset({"start"})
_CODE = re.compile(r"\s*(\d{3})[\s-]?(\d{3})\s*", re.ASCII)

WELCOME = (
    "Hello {name}. This is a bot: it sends you alerts of cameras by itself, and nobody reads what you write here. "
    "Write STOP to get no more of them."
)
STOPPED = "You get no more alerts. Write START to get them again."
STARTED = "You get alerts again. Write STOP to end them."
NOT_INVITED = (
    "This is a bot that sends alerts of cameras to people who were invited. "
    "Open the link of your invitation, or write its code of six digits."
)
NOT_VALID = "This invitation was used, has expired, or is none. Ask whoever sent it for a new one."

log = get_logger(__name__)


async def act_on_words(
    services: Services, session: AsyncSession, channel: ChannelKind, item: Incoming, person: Recipient | None
) -> tuple[Recipient | None, str | None]:
    """What somebody's invitation or words come to, in the caller's transaction: who they are then, and the reply."""
    match item.content:
        case Invited(token):
            now = services.clock.now()
            return await _join(services, session, item, await invitations.use_token(session, channel, token, now=now))
        case Wrote(text) if code := _CODE.fullmatch(text):
            found = await invitations.use_code(session, channel, code[1] + code[2], now=services.clock.now())
            return await _join(services, session, item, found)
        case Wrote(text) if person is None:
            return None, NOT_INVITED if _word(text) in START_WORDS else None
        case Wrote(text) if person is not None:
            return person, await _obey(services, session, person, _word(text))
    return person, None


async def _join(
    services: Services, session: AsyncSession, item: Incoming, invitation: Invitation | None
) -> tuple[Recipient | None, str | None]:
    if invitation is None or item.address is None:
        return None, NOT_VALID
    now = services.clock.now()
    person = await recipients.find_recipient(session, invitation.channel, item.address)
    if person is None:
        person = Recipient(
            name=invitation.name, channel=invitation.channel, address=item.address, opted_in_at=now, created_at=now
        )
        await recipients.insert_recipient(session, person)
    else:
        await recipients.opt_in(session, person.id, now=now)
    invitation.recipient_id = person.id
    log.info("recipient.opted_in", recipient_id=person.id, channel=person.channel)
    return person, WELCOME.format(name=person.name)


async def _obey(services: Services, session: AsyncSession, person: Recipient, word: str) -> str | None:
    now = services.clock.now()
    if word in STOP_WORDS:
        await recipients.opt_out(session, person.id, now=now)
        log.info("recipient.opted_out", recipient_id=person.id, channel=person.channel)
        return STOPPED
    if word in START_WORDS:
        was_out = person.opted_out_at is not None
        await recipients.opt_in(session, person.id, now=now)
        return STARTED if was_out else WELCOME.format(name=person.name)
    return None


def _word(text: str) -> str:
    return text.strip().strip(".!\"'").casefold()
