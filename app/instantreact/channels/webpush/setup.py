"""Web Push as it is configured: with somebody whom push services can write to, or not at all."""

import re
from typing import Protocol

from instantreact.channels.channel import ChannelEnds, ChannelTools

ADDRESS_PATTERN = r"^[0-9a-f]{32}$"
"""Of names of browsers."""

_ADDRESS = re.compile(ADDRESS_PATTERN)


class WebPushSettings(Protocol):
    """What is set about Web Push."""

    webpush_contact: str | None


def open_webpush(settings: WebPushSettings, tools: ChannelTools) -> ChannelEnds:
    """Sends where push services can write to somebody."""
    if settings.webpush_contact is None:
        return ChannelEnds(None)
    from instantreact.channels.webpush.channel import WebPushChannel, WebPushPolicy

    policy = WebPushPolicy(settings.webpush_contact, tools.hosts)
    return ChannelEnds(WebPushChannel(policy, tools.safe, clock=tools.clock))


def find_address_fault(address: str) -> str | None:
    """Why no browser has this name; None where one may."""
    if _ADDRESS.fullmatch(address):
        return None
    return "is no browser's: whoever signs in there has it registered by POST /browsers"
