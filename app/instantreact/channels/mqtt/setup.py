"""MQTT as it is configured: with a broker, or not at all."""

import re
from typing import Protocol
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from instantreact.channels.channel import ChannelEnds
from instantreact.clock import Clock
from instantreact.errors import Misconfigured

ADDRESS_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"
"""Of the last level of a topic."""

_ADDRESS = re.compile(ADDRESS_PATTERN)
_PORTS = {"mqtt": 1883, "mqtts": 8883}


class MqttSettings(Protocol):
    """What is set about MQTT."""

    mqtt_url: SecretStr | None
    mqtt_prefix: str
    mqtt_discovery: str


def open_mqtt(settings: MqttSettings, clock: Clock) -> ChannelEnds:
    """Sends where there is a broker. Raises Misconfigured."""
    if settings.mqtt_url is None:
        return ChannelEnds(None)
    try:
        from instantreact.channels.mqtt.channel import MqttChannel
        from instantreact.channels.mqtt.link import MqttServer
        from instantreact.channels.mqtt.topics import Topics
    except ModuleNotFoundError as error:
        raise Misconfigured("INSTANTREACT_MQTT_URL needs `pip install 'instantreact[mqtt]'`.") from error
    try:
        parts = urlsplit(settings.mqtt_url.get_secret_value())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise Misconfigured("INSTANTREACT_MQTT_URL must look like mqtt://user:password@host:1883, or mqtts:// for TLS.")
    server = MqttServer(
        host,
        port or _PORTS[parts.scheme],
        is_tls=parts.scheme == "mqtts",
        username=_unescape(parts.username),
        password=_unescape(parts.password),
    )
    topics = Topics(settings.mqtt_prefix, None if settings.mqtt_discovery == "off" else settings.mqtt_discovery)
    channel = MqttChannel(server, topics, clock=clock)
    return ChannelEnds(channel, board=channel)


def find_address_fault(address: str) -> str | None:
    """Why it is no level of a topic; None where it is one."""
    if _ADDRESS.fullmatch(address):
        return None
    return (
        "is no last level of a topic: give a word such as home, of a-z, 0-9, _ and -, and alerts come to "
        "instantreact/alerts/home"
    )


def _unescape(part: str | None) -> str | None:
    return None if part is None else unquote(part)
