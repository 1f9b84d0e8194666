"""Alerts as calls of addresses that recipients name, each judged before it is opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from instantreact.channels.calling import CallClient, CallPolicy
from instantreact.channels.receiver import Incoming
from instantreact.channels.replies import ChatReply
from instantreact.channels.webhook.body import write_alert, write_picture
from instantreact.channels.webhook.outcome import find_error
from instantreact.channels.webhook.signature import sign_call
from instantreact.clock import Clock
from instantreact.domain.alert import Picture, Receipt
from instantreact.domain.happening import Notice
from instantreact.errors import DeliveryRefused, RecipientUnreachable
from instantreact.hosts import HostPolicy


@dataclass(frozen=True)
class WebhookPolicy:
    """How receivers are called.

    keys         sign every call, the newest first
    hosts        where receivers may be
    plain_http   whether http may cross the internet
    timeout_s    the longest that a call may take, from its name's address to the head of its answer
    """

    keys: Sequence[bytes] = field(repr=False)
    hosts: HostPolicy = field(default_factory=HostPolicy)
    plain_http: bool = False
    timeout_s: float = 20.0


class WebhookChannel:
    """Sends alerts as signed JSON. Implements Channel."""

    def __init__(self, policy: WebhookPolicy, *, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        plain_http = None if policy.plain_http else "INSTANTREACT_WEBHOOK_PLAIN_HTTP"
        self._client = CallClient(CallPolicy(policy.hosts, plain_http, policy.timeout_s))

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Call with what happened; it is answered by POST to its `open_url`."""
        return await self._call(address, write_alert(notice, now=self._clock.now()), metadata)

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """Call with the picture, or a link to it."""
        return await self._call(address, write_picture(notice, picture, now=self._clock.now()), metadata)

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """Programs tap nothing."""

    async def reply(self, incoming: Incoming, said: ChatReply) -> Receipt:
        """Programs write nothing, so that there is nothing to answer."""
        raise DeliveryRefused("A webhook is called for alerts alone.")

    async def invitation_url(self, token: str) -> None:
        """Programs follow no links."""

    async def check(self) -> str:
        """There is nobody to ask: a receiver is called with alerts alone."""
        number = len(self._policy.keys)
        return f"calls are signed with {number} secrets" if number > 1 else "calls are signed"

    async def close(self) -> None:
        await self._client.close()

    async def _call(self, address: str, body: bytes, metadata: str) -> Receipt:
        """Raises what the answer means, or that there was none."""
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise RecipientUnreachable(f"The address of the webhook is none: {error}.") from error
        service, now = f"The webhook at {url.netloc.decode('ascii')}", self._clock.now()
        headers = sign_call(self._policy.keys, metadata, body, at=now)
        reply = await self._client.post(url, body, {**headers, "Content-Type": "application/json"}, service)
        failure = find_error(reply.status, reply.headers, service, now=now)
        if failure is not None:
            raise failure
        return Receipt(message_id=metadata, accepted_at=self._clock.now())
