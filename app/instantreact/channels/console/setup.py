"""The console: always there."""

import sys

from instantreact.channels.channel import ChannelEnds
from instantreact.channels.console.channel import ConsoleChannel
from instantreact.clock import Clock


def open_console(settings: object, clock: Clock) -> ChannelEnds:
    """Prints on standard output; nothing of it is set."""
    return ChannelEnds(ConsoleChannel(sys.stdout, clock=clock))


def find_address_fault(address: str) -> str | None:
    """Whoever is named: it is printed beside the alert."""
    return None
