"""Making invitations: what is stored, and what the person who is invited opens."""

from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO

import segno

from instantreact.domain.alert import ChannelKind
from instantreact.domain.language import Language
from instantreact.errors import InvalidInput, Misconfigured
from instantreact.pipeline.services import Services
from instantreact.storage import invitations
from instantreact.storage.tables import Invitation


@dataclass(frozen=True)
class Invite:
    """An invitation and what opens it."""

    row: Invitation
    url: str = field(repr=False)
    code: str = field(repr=False)


async def invite(
    services: Services, name: str, channel: ChannelKind, *, life: timedelta, language: Language | None = None
) -> Invite:
    """Invite one person to be told through a channel.

    Raises Misconfigured where it is not configured, InvalidInput where it has no links, and DeliveryError where it must
    be asked for its own name and does not answer.
    """
    sender = services.channels.get(channel)
    if sender is None:
        raise Misconfigured(f"{channel.capitalize()} is not configured; see `instantreact doctor`.")
    receiver = services.receivers.get(channel)
    if receiver is not None and (missing := receiver.missing_settings()):
        raise Misconfigured(f"Whoever is invited answers through the webhook, which needs {', '.join(missing)}.")
    token = invitations.make_token()
    url = await sender.invitation_url(token)
    if url is None:
        raise InvalidInput(f"Nobody can be invited to {channel}: add them with POST /recipients.")
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        row = await invitations.insert_invitation(session, name, channel, token, life=life, now=now)
        row.language = language
    return Invite(row, url, row.code or "")


def draw_qr(url: str) -> str:
    """The address as a QR code: an SVG picture."""
    file = BytesIO()
    segno.make(url, error="m").save(file, kind="svg", xmldecl=False, scale=4)
    return file.getvalue().decode()
