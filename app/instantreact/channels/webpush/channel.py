"""Alerts to browsers, by the push service that each of them names."""

from dataclasses import dataclass, field

import httpx
from joserfc.jwk import ECKey

from instantreact.channels.calling import CallClient, CallPolicy
from instantreact.channels.channel import ChannelSafe
from instantreact.channels.receiver import Incoming
from instantreact.channels.replies import ChatReply
from instantreact.channels.webpush.message import encrypt, name_topic, write_message
from instantreact.channels.webpush.outcome import READ_BYTES, find_error
from instantreact.channels.webpush.subscription import PushSubscription, read_subscription
from instantreact.channels.webpush.vapid import authorize, load_key
from instantreact.clock import Clock
from instantreact.domain.alert import Picture, Receipt
from instantreact.domain.happening import Notice
from instantreact.domain.rule import Severity
from instantreact.errors import ChannelBroken, DeliveryRefused, Misconfigured, RecipientUnreachable
from instantreact.hosts import HostPolicy

TTL_S = 24 * 3600
"""How long a push service keeps a message for a browser that is not there."""

_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class WebPushPolicy:
    """How browsers are told.

    contact    whom push services write to, a `mailto:` or `https:` address
    hosts      where push services may be
    timeout_s  the longest that one may take
    """

    contact: str
    hosts: HostPolicy = field(default_factory=HostPolicy)
    timeout_s: float = 20.0


class WebPushChannel:
    """Sends alerts in one message, the picture as a link that the browser opens. Implements Channel."""

    def __init__(self, policy: WebPushPolicy, safe: ChannelSafe, *, clock: Clock) -> None:
        self._policy = policy
        self._safe = safe
        self._clock = clock
        self._key: ECKey | None = None
        self._client = CallClient(CallPolicy(policy.hosts, timeout_s=policy.timeout_s))

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Encrypt for the browser of this name and hand over to its push service, which tells it when it can."""
        subscription = await self._find_subscription(address)
        urgency = "high" if notice.happening.severity is Severity.CRITICAL else "normal"
        headers = {
            "TTL": str(TTL_S),
            "Urgency": urgency,
            "Topic": name_topic(notice),
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "Accept-Encoding": "identity",
        }
        await self._call(address, subscription, encrypt(write_message(notice), subscription), headers)
        return Receipt(message_id=metadata, accepted_at=self._clock.now())

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """As the message does; a delivery has no such part."""
        return await self.send_text(address, notice, metadata=metadata)

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """Answers come by links and by the API, which say themselves what became of them."""

    async def reply(self, incoming: Incoming, said: ChatReply) -> Receipt:
        """Browsers write nothing, so that there is nothing to answer."""
        raise DeliveryRefused("Browsers are told of alerts alone.")

    async def invitation_url(self, token: str) -> None:
        """Whoever signs in registers their browser themselves."""

    async def check(self) -> str:
        """There is nobody to ask: a push service is called with alerts alone."""
        return f"browsers are told by their push services, which may write to {self._policy.contact}"

    async def close(self) -> None:
        await self._client.close()

    async def _find_subscription(self, address: str) -> PushSubscription:
        try:
            kept = await self._safe.find(address)
        except Misconfigured as error:
            raise ChannelBroken(str(error)) from error
        if kept is None:
            raise RecipientUnreachable(
                "No browser is registered here any more, or whoever registered it may not see and answer all alerts."
            )
        return read_subscription(kept)

    async def _call(self, address: str, subscription: PushSubscription, body: bytes, headers: dict[str, str]) -> None:
        """Raises what the answer means. What push services have given up is forgotten: they are not asked again."""
        url, now = httpx.URL(subscription.endpoint), self._clock.now()
        service = f"The push service at {url.netloc.decode('ascii')}"
        signed = {**headers, "Authorization": authorize(await self._load_key(), url, self._policy.contact, now=now)}
        reply = await self._client.post(url, body, signed, service, read_bytes=READ_BYTES)
        if reply.status in _GONE:
            await self._safe.forget(address)
        failure = find_error(reply, service, now=now)
        if failure is not None:
            raise failure

    async def _load_key(self) -> ECKey:
        if self._key is None:
            try:
                self._key = await load_key(self._safe)
            except Misconfigured as error:
                raise ChannelBroken(str(error)) from error
        return self._key
