"""Every channel there is, a line each: adding one is its folder and its line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from instantreact.channels.apprise import setup as apprise
from instantreact.channels.channel import ChannelEnds, ChannelTools
from instantreact.channels.console import setup as console
from instantreact.channels.messenger import setup as messenger
from instantreact.channels.mqtt import setup as mqtt
from instantreact.channels.telegram import setup as telegram
from instantreact.channels.webhook import setup as webhook
from instantreact.channels.webpush import setup as webpush
from instantreact.clock import Clock
from instantreact.domain.alert import ChannelKind, PartKind

BOTH = (PartKind.TEXT, PartKind.PICTURE)


@dataclass(frozen=True)
class ChannelType:
    """What is known of a channel before it is opened.

    open                opens it by the settings, whose names it knows; raises Misconfigured where they do not fit
    find_address_fault  why it reaches nobody at an address, as a sentence without its subject; None where it may
    address_pattern     what addresses look like that have no such fault
    invites             whether people can be invited to it by a link
    parts               what a delivery is made of, in this order, where there is a picture
    tells_programs      whether recipients are programs, which many alerts do not disturb
    many_services       whether recipients are at services of their own: one that fails says nothing of the others
    embeds_picture      whether the text brings the picture with it; it is then no part of its own
    max_file_bytes      the most that it takes of a clip, 0 where it takes none
    chat_window         for how long a person can be written to after they acted; None: always
    echo_wait_s         how soon it tells us what it accepted where we cannot know: a crash came between; 0: never
    """

    open: Callable[[Any, ChannelTools], ChannelEnds]
    find_address_fault: Callable[[str], str | None]
    address_pattern: str = ""
    invites: bool = True
    parts: tuple[PartKind, ...] = BOTH
    tells_programs: bool = False
    many_services: bool = False
    embeds_picture: bool = False
    max_file_bytes: int = 0
    chat_window: timedelta | None = None
    echo_wait_s: float = 0.0


def _of_one_service(open_ends: Callable[[Any, Clock], ChannelEnds]) -> Callable[[Any, ChannelTools], ChannelEnds]:
    """A channel that calls what the settings name, wherever that is: no recipient chooses it."""
    return lambda settings, tools: open_ends(settings, tools.clock)


CHANNELS: Mapping[ChannelKind, ChannelType] = {
    ChannelKind.CONSOLE: ChannelType(_of_one_service(console.open_console), console.find_address_fault, invites=False),
    ChannelKind.MESSENGER: ChannelType(
        _of_one_service(messenger.open_messenger),
        messenger.find_address_fault,
        messenger.ADDRESS_PATTERN,
        max_file_bytes=messenger.MAX_FILE_BYTES,
        chat_window=timedelta(hours=24),
        echo_wait_s=10.0,
    ),
    ChannelKind.TELEGRAM: ChannelType(
        _of_one_service(telegram.open_telegram),
        telegram.find_address_fault,
        telegram.ADDRESS_PATTERN,
        max_file_bytes=telegram.MAX_FILE_BYTES,
    ),
    ChannelKind.WEBHOOK: ChannelType(
        lambda settings, tools: webhook.open_webhook(settings, tools.clock, tools.hosts),
        webhook.find_address_fault,
        webhook.ADDRESS_PATTERN,
        invites=False,
        tells_programs=True,
        many_services=True,
    ),
    ChannelKind.APPRISE: ChannelType(
        _of_one_service(apprise.open_apprise),
        apprise.find_address_fault,
        apprise.ADDRESS_PATTERN,
        invites=False,
        parts=(PartKind.TEXT,),
        many_services=True,
        embeds_picture=True,
    ),
    ChannelKind.MQTT: ChannelType(
        _of_one_service(mqtt.open_mqtt),
        mqtt.find_address_fault,
        mqtt.ADDRESS_PATTERN,
        invites=False,
        tells_programs=True,
    ),
    ChannelKind.WEBPUSH: ChannelType(
        webpush.open_webpush,
        webpush.find_address_fault,
        webpush.ADDRESS_PATTERN,
        invites=False,
        parts=(PartKind.TEXT,),
        embeds_picture=True,
        many_services=True,
    ),
}
