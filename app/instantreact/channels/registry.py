"""Every channel there is, a line each: adding one is its folder and its line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from instantreact.channels.channel import ChannelEnds
from instantreact.channels.console import setup as console
from instantreact.channels.messenger import setup as messenger
from instantreact.channels.telegram import setup as telegram
from instantreact.clock import Clock
from instantreact.domain.alert import ChannelKind, PartKind

BOTH = (PartKind.TEXT, PartKind.PICTURE)


@dataclass(frozen=True)
class ChannelType:
    """What is known of a channel before it is opened.

    open                opens it by the settings, whose names it knows; raises Misconfigured where they do not fit
    find_address_fault  why it reaches nobody at an address, as a sentence without its subject; None where it may
    parts               what a delivery is made of, in this order, where there is a picture
    chat_window         for how long a person can be written to after they acted; None: always
    """

    open: Callable[[Any, Clock], ChannelEnds]
    find_address_fault: Callable[[str], str | None]
    parts: tuple[PartKind, ...] = BOTH
    chat_window: timedelta | None = None


CHANNELS: Mapping[ChannelKind, ChannelType] = {
    ChannelKind.CONSOLE: ChannelType(console.open_console, console.find_address_fault),
    ChannelKind.MESSENGER: ChannelType(
        messenger.open_messenger, messenger.find_address_fault, chat_window=timedelta(hours=24)
    ),
    ChannelKind.TELEGRAM: ChannelType(telegram.open_telegram, telegram.find_address_fault),
}
