"""Webhooks as they are configured: with a secret at least, or not at all."""

import re
from typing import Protocol

from pydantic import SecretStr

from instantreact.channels.calling import PLACE_PATTERN
from instantreact.channels.channel import ChannelEnds
from instantreact.channels.webhook.channel import WebhookChannel, WebhookPolicy
from instantreact.channels.webhook.signature import find_key
from instantreact.clock import Clock
from instantreact.errors import Misconfigured
from instantreact.hosts import HostPolicy

ADDRESS_PATTERN = rf"^https?://{PLACE_PATTERN}$"
"""Of addresses without user, password and fragment."""

_ADDRESS = re.compile(ADDRESS_PATTERN)


class WebhookSettings(Protocol):
    """What is set about webhooks."""

    webhook_secret: SecretStr | None
    webhook_plain_http: bool


def open_webhook(settings: WebhookSettings, clock: Clock, hosts: HostPolicy) -> ChannelEnds:
    """Sends where there is a secret. Raises Misconfigured."""
    if settings.webhook_secret is None:
        return ChannelEnds(None)
    keys = [find_key(secret) for secret in settings.webhook_secret.get_secret_value().split()]
    known = [key for key in keys if key is not None]
    if not known or len(known) < len(keys):
        raise Misconfigured(
            "INSTANTREACT_WEBHOOK_SECRET holds what is no secret: one is whsec_ and 24 to 64 bytes in base64, such as "
            '"whsec_$(openssl rand -base64 32)" makes; several are parted by spaces.'
        )
    policy = WebhookPolicy(known, hosts, settings.webhook_plain_http)
    return ChannelEnds(WebhookChannel(policy, clock=clock))


def find_address_fault(address: str) -> str | None:
    """Why nothing can be called at this address; None where something may."""
    if _ADDRESS.fullmatch(address):
        return None
    return (
        "is nothing to be called: give an address such as https://example.com/alerts, without user, password and "
        "fragment; a receiver knows us by our signature"
    )
