"""A broker, somebody who listens there, and a channel."""

from collections.abc import AsyncIterator, Iterator

import pytest

from instantreact.channels.mqtt.channel import MqttChannel
from instantreact.channels.mqtt.link import MqttServer
from instantreact.channels.mqtt.topics import Topics
from tests.conftest import StoppedClock
from tests.servers.mosquitto import PASSWORD, USER, Mosquitto, MqttListener


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    """A broker that keeps nothing yet; it starts within a tenth of a second."""
    with Mosquitto() as broker:
        yield broker


@pytest.fixture
def listener(mosquitto: Mosquitto) -> Iterator[MqttListener]:
    with MqttListener(mosquitto) as listener:
        yield listener


@pytest.fixture
async def mqtt(mosquitto: Mosquitto, clock: StoppedClock) -> AsyncIterator[MqttChannel]:
    """A channel to the broker."""
    server = MqttServer("127.0.0.1", mosquitto.port, username=USER, password=PASSWORD, timeout_s=5.0)
    channel = MqttChannel(server, Topics(), clock=clock)
    yield channel
    await channel.close()
