"""The connection to a broker: opened when it is needed, and again after it was lost."""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiomqtt import Client, MqttError, Will
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.reasoncodes import ReasonCode

from instantreact.channels.mqtt.topics import OFFLINE, ONLINE, Topics
from instantreact.errors import ChannelBroken, DeliveryDeferred, DeliveryError

_STRANGERS = frozenset({4, 5, 134, 135})
"""Answers to a wrong user or password, in MQTT 3 and 5."""


@dataclass(frozen=True)
class MqttServer:
    """A broker, and who we are there. `timeout_s`: how long each answer of it may take."""

    host: str
    port: int
    is_tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 10.0

    def make_client(self, will: Will | None = None) -> Client:
        """Not connected yet."""
        return Client(
            self.host,
            self.port,
            username=self.username,
            password=self.password,
            tls_context=ssl.create_default_context() if self.is_tls else None,
            timeout=self.timeout_s,
            keepalive=30,
            will=will,
        )


class MqttLink:
    """Publishes, and knows what the broker keeps for us. The broker itself says so when we are gone."""

    def __init__(self, server: MqttServer, topics: Topics) -> None:
        self._server = server
        self._topics = topics
        self._kept: dict[str, bytes] = {}
        self._lock = asyncio.Lock()
        self._client: Client | None = None
        self._reading: asyncio.Task[None] | None = None

    async def publish(self, topic: str, message: bytes) -> None:
        """Return once the broker has it. Raises ChannelBroken, DeliveryDeferred."""
        await self._publish(await self._connect(), topic, message, keep=False)

    async def keep(self, wanted: Mapping[str, bytes]) -> None:
        """Have the broker keep these messages, and no others of ours, as far as it has told us. Raises likewise."""
        client = await self._connect()
        gone = {topic: b"" for topic in self._kept if topic not in wanted}
        for topic, message in {**wanted, **gone}.items():
            if self._kept.get(topic, b"") != message:
                await self._publish(client, topic, message, keep=True)

    async def close(self) -> None:
        """Say that we are gone."""
        client = self._client
        if client is not None:
            with contextlib.suppress(DeliveryError):
                await self._publish(client, self._topics.status, OFFLINE, keep=True)
        await self._drop(client)

    async def _connect(self) -> Client:
        async with self._lock:
            if self._client is None:
                will = Will(self._topics.status, OFFLINE, qos=1, retain=True)
                client = await open_client(self._server.make_client(will))
                self._client, self._kept = client, {}
                self._reading = asyncio.create_task(self._read(client), name="mqtt")
                await self._publish(client, self._topics.status, ONLINE, keep=True)
                try:
                    await client.subscribe([(each, 1) for each in self._topics.kept])
                except MqttError as error:
                    await self._drop(client)
                    raise explain(error) from error
            return self._client

    async def _publish(self, client: Client, topic: str, message: bytes, *, keep: bool) -> None:
        sending = asyncio.ensure_future(client.publish(topic, message, qos=1, retain=keep))
        try:
            await asyncio.wait({sending, self._reading or sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
        problem = (await asyncio.gather(sending, return_exceptions=True))[0]
        if problem is not None:
            await self._drop(client)
            reason = problem if isinstance(problem, MqttError) else "the connection was lost"
            raise DeliveryDeferred(
                f"The MQTT broker did not confirm a message: {reason}.", ambiguous=True, is_outage=True
            )

    async def _read(self, client: Client) -> None:
        """What the broker keeps for us, ours included as they come back; others of us may write there, too."""
        with contextlib.suppress(MqttError):
            async for message in client.messages:
                self._kept[str(message.topic)] = message.payload
        if self._client is client:
            self._client = None
        await close_client(client)

    async def _drop(self, client: Client | None) -> None:
        if client is None:
            return
        if self._client is client:
            self._client = None
        reading, self._reading = self._reading, None
        if reading is not None and reading is not asyncio.current_task():
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await close_client(client)


async def open_client(client: Client) -> Client:
    """Connect. Raises ChannelBroken where the broker does not let us in, DeliveryDeferred where it is not there."""
    try:
        return await client.__aenter__()
    except MqttError as error:
        raise explain(error) from error


async def close_client(client: Client) -> None:
    """Disconnect; twice does no harm."""
    with contextlib.suppress(MqttError):
        await client.__aexit__(None, None, None)


def explain(error: MqttError) -> DeliveryError:
    """What a failure to connect means."""
    code = error.rc if isinstance(error, MqttConnectError) else None
    if (code.value if isinstance(code, ReasonCode) else code) in _STRANGERS:
        return ChannelBroken(
            f"The MQTT broker does not let us in: look at user and password in INSTANTREACT_MQTT_URL. {error}"
        )
    return DeliveryDeferred(f"The MQTT broker cannot be reached. {error}", is_outage=True)
