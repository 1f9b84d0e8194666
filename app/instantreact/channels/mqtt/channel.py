"""Alerts as messages at a broker's topics, and how cameras stand beside them."""

from collections.abc import Collection, Sequence

from instantreact.channels.mqtt.link import MqttLink, MqttServer, close_client, open_client
from instantreact.channels.mqtt.topics import Topics
from instantreact.channels.receiver import Incoming
from instantreact.channels.replies import ChatReply
from instantreact.channels.values import describe_alert, write_json
from instantreact.clock import Clock
from instantreact.domain.alert import Picture, Receipt
from instantreact.domain.camera import CameraStanding
from instantreact.domain.happening import Notice
from instantreact.errors import DeliveryRefused


class MqttChannel:
    """Publishes alerts, each once at least (quality of service 1). Implements Channel and Board."""

    def __init__(self, server: MqttServer, topics: Topics, *, clock: Clock) -> None:
        self._server = server
        self._topics = topics
        self._clock = clock
        self._link = MqttLink(server, topics)

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Publish what happened; `alert_id` tells a repeat."""
        message = {"event_type": notice.happening.kind, **describe_alert(notice)}
        await self._link.publish(self._topics.alert(address), write_json(message))
        return Receipt(message_id=metadata, accepted_at=self._clock.now())

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """Publish the JPEG; the broker does not keep it."""
        await self._link.publish(self._topics.picture(address), picture.jpeg)
        return Receipt(message_id=metadata, accepted_at=self._clock.now())

    async def show(self, cameras: Sequence[CameraStanding], addresses: Collection[str]) -> None:
        """Have the broker keep how cameras stand, and Home Assistant know of them and of where alerts come."""
        await self._link.keep(self._topics.write_kept(cameras, addresses))

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """Nothing comes back."""

    async def reply(self, incoming: Incoming, said: ChatReply) -> Receipt:
        """Nothing comes back, so that there is nothing to answer."""
        raise DeliveryRefused("MQTT brings alerts alone.")

    async def invitation_url(self, token: str) -> None:
        """Programs follow no links."""

    async def check(self) -> str:
        """Connect beside what is open, as somebody who says nothing."""
        client = await open_client(self._server.make_client())
        await close_client(client)
        return f"the MQTT broker at {self._server.host}:{self._server.port} lets us in"

    async def close(self) -> None:
        await self._link.close()
