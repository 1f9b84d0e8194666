"""Browsers in which people are told: whoever is signed in registers the one they sit at, and ends that again."""

from instantreact.channels.webpush.subscription import PushSubscription, write_subscription
from instantreact.channels.webpush.vapid import load_key, write_public
from instantreact.domain.alert import ChannelKind
from instantreact.domain.language import Language
from instantreact.errors import Conflict, Misconfigured, NotFound
from instantreact.pipeline.services import Services
from instantreact.storage import recipients
from instantreact.storage.channel_secrets import StoredSafe, keep_secret
from instantreact.storage.tables import ChannelSecret, Recipient

MOST = 20
"""Browsers of one user."""


async def find_public_key(services: Services) -> str:
    """What browsers know us by. Raises Misconfigured where they cannot be told."""
    _refuse_unconfigured(services)
    safe = StoredSafe(ChannelKind.WEBPUSH, services.database, services.box, services.clock)
    return write_public(await load_key(safe))


async def register_browser(
    services: Services, user_id: str, subscription: PushSubscription, *, name: str, language: Language | None
) -> Recipient:
    """From now on its user is told there; one that is known already is theirs from now on, whosever it was.

    Raises InvalidInput for what no browser gives, Conflict where they have too many, Misconfigured.
    """
    _refuse_unconfigured(services)
    subscription.check()
    now, address = services.clock.now(), subscription.name
    async with services.database.unit_of_work() as session:
        theirs = await recipients.list_recipients_of(session, user_id, ChannelKind.WEBPUSH)
        if len(theirs) >= MOST and address not in {each.address for each in theirs}:
            raise Conflict(f"You are told in {MOST} browsers already: remove one of them first.")
        row = await recipients.find_recipient(session, ChannelKind.WEBPUSH, address)
        if row is None:
            made = Recipient(name=name, channel=ChannelKind.WEBPUSH, address=address, created_at=now)
            row = await recipients.insert_recipient(session, made)
        row.name, row.language = name, language
        row.unreachable_reason = row.opted_out_at = None
        row.opted_in_at = now
        await session.flush()
        secret = ChannelSecret(
            channel=ChannelKind.WEBPUSH,
            name=address,
            sealed=services.box.seal(write_subscription(subscription)),
            user_id=user_id,
            recipient_id=row.id,
            created_at=now,
        )
        await keep_secret(session, secret)
    return row


async def forget_browser(services: Services, user_id: str, recipient_id: str) -> None:
    """Its user is not told there any more. Raises NotFound for one that is not theirs."""
    async with services.database.unit_of_work() as session:
        theirs = await recipients.list_recipients_of(session, user_id, ChannelKind.WEBPUSH)
        told = next((each for each in theirs if each.id == recipient_id), None)
        if told is None:
            raise NotFound("browser of yours", recipient_id)
        await recipients.part_with(
            session, told, name=told.name, reason="Whoever registered this browser has ended being told there."
        )


def _refuse_unconfigured(services: Services) -> None:
    if ChannelKind.WEBPUSH not in services.channels:
        raise Misconfigured(
            "Nobody can be told in a browser yet: set INSTANTREACT_WEBPUSH_CONTACT to an address where the push "
            "services of browsers can write to you, such as mailto:alerts@example.com."
        )
