"""Alerts as calls of addresses that recipients name, each judged before it is opened."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from instantreact.channels.receiver import Incoming
from instantreact.channels.replies import ChatReply
from instantreact.channels.transport import explain_transport
from instantreact.channels.webhook.body import write_alert, write_picture
from instantreact.channels.webhook.outcome import find_error
from instantreact.channels.webhook.signature import sign_call
from instantreact.clock import Clock
from instantreact.domain.alert import Picture, Receipt
from instantreact.domain.happening import Notice
from instantreact.errors import DeliveryDeferred, DeliveryRefused, NotAllowed, RecipientUnreachable
from instantreact.hosts import HostPolicy, is_public, judge_host

REPEAT_WAIT_S = 5.0
"""How long to wait after a call whose answer was lost; receivers know it again by its webhook-id."""

CONNECT_S = 5.0

PORTS = {"http": 80, "https": 443}


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
        # A connection is opened by its address, and so must not be kept for another name at the same address.
        transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
        timeout = httpx.Timeout(policy.timeout_s, connect=min(CONNECT_S, policy.timeout_s))
        self._client = httpx.AsyncClient(transport=transport, timeout=timeout, headers={"User-Agent": "InstantReact"})

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
        await self._client.aclose()

    async def _call(self, address: str, body: bytes, metadata: str) -> Receipt:
        """Raises what the answer means, or that there was none."""
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise RecipientUnreachable(f"The address of the webhook is none: {error}.") from error
        service, now = f"The webhook at {url.netloc.decode('ascii')}", self._clock.now()
        try:
            async with asyncio.timeout(self._policy.timeout_s):
                headers = sign_call(self._policy.keys, metadata, body, at=now)
                response = await self._post(url, service, body, headers)
        except TimeoutError as error:
            text = f"{service} did not answer within {self._policy.timeout_s:.0f} s."
            raise DeliveryDeferred(text, retry_after_s=REPEAT_WAIT_S, ambiguous=True) from error
        except httpx.RequestError as error:
            raise explain_transport(error, service, wait_s=REPEAT_WAIT_S) from error
        failure = find_error(response.status_code, response.headers, service, now=now)
        if failure is not None:
            raise failure
        return Receipt(message_id=metadata, accepted_at=self._clock.now())

    async def _post(self, url: httpx.URL, service: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """The head of the answer; what may follow it is not read."""
        opened = await self._judge(url, service)
        request = self._client.build_request(
            "POST",
            url.copy_with(host=opened),
            content=body,
            headers={**headers, "Host": url.netloc.decode("ascii"), "Content-Type": "application/json"},
            extensions={"sni_hostname": url.host},
        )
        response = await self._client.send(request, stream=True)
        await response.aclose()
        return response

    async def _judge(self, url: httpx.URL, service: str) -> str:
        """The address to open, which was judged: names may lead elsewhere the next moment."""
        port = url.port or PORTS[url.scheme]
        try:
            addresses = await asyncio.to_thread(judge_host, url.host, port, self._policy.hosts)
        except NotAllowed as error:
            raise RecipientUnreachable(f"{service} must not be called. {error}") from error
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise DeliveryDeferred(f"{service} has no address now: {reason or error}.") from error
        if url.scheme == "http" and not self._policy.plain_http and any(map(is_public, addresses)):
            raise RecipientUnreachable(
                f"{service} is on the internet, and its address begins with http: give one with https, or set "
                "INSTANTREACT_WEBHOOK_PLAIN_HTTP=true and let everybody on the way read what is sent."
            )
        return addresses[0]
