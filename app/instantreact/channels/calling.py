"""Calls of addresses that others choose: each is judged before it is opened, under its own name."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from instantreact.channels.transport import explain_transport
from instantreact.errors import DeliveryDeferred, NotAllowed, RecipientUnreachable
from instantreact.hosts import HostPolicy, is_public, judge_host

_PORT = r"(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
PLACE_PATTERN = rf"([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:]{{2,39}}\])(:{_PORT})?([/?][!-\"$-~]*)?"
"""What follows `https://` in an address without user, password and fragment."""

REPEAT_WAIT_S = 5.0
"""How long to wait after a call whose answer was lost."""

MOST_WAIT_S = 3600.0
"""Who asks for more is tried after an hour all the same."""

_CONNECT_S = 5.0
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class CallPolicy:
    """How they are called.

    hosts        where they may be
    plain_http   what to set for http to cross the internet; None where it may
    timeout_s    the longest that a call may take, from its name's address to the head of its answer
    """

    hosts: HostPolicy = field(default_factory=HostPolicy)
    plain_http: str | None = None
    timeout_s: float = 20.0


@dataclass(frozen=True)
class CallReply:
    """The head of an answer, and so much of its text as was asked for."""

    status: int
    headers: Mapping[str, str]
    text: str = ""


class CallClient:
    """Calls by POST; follows no redirect."""

    def __init__(self, policy: CallPolicy) -> None:
        self._policy = policy
        # A connection is opened by its address, and so must not be kept for another name at the same address.
        transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
        timeout = httpx.Timeout(policy.timeout_s, connect=min(_CONNECT_S, policy.timeout_s))
        self._client = httpx.AsyncClient(transport=transport, timeout=timeout, headers={"User-Agent": "InstantReact"})

    async def post(
        self, url: httpx.URL, body: bytes, headers: Mapping[str, str], service: str, *, read_bytes: int = 0
    ) -> CallReply:
        """What is answered, whatever its status. `service` begins a sentence.

        Raises RecipientUnreachable where it must not be called, DeliveryDeferred where there is no answer.
        """
        try:
            async with asyncio.timeout(self._policy.timeout_s):
                return await self._post(url, body, headers, await self._judge(url, service), read_bytes)
        except TimeoutError as error:
            text = f"{service} did not answer within {self._policy.timeout_s:.0f} s."
            raise DeliveryDeferred(text, retry_after_s=REPEAT_WAIT_S, ambiguous=True) from error
        except httpx.RequestError as error:
            raise explain_transport(error, service, wait_s=REPEAT_WAIT_S) from error

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _post(
        self, url: httpx.URL, body: bytes, headers: Mapping[str, str], opened: str, read_bytes: int
    ) -> CallReply:
        request = self._client.build_request(
            "POST",
            url.copy_with(host=opened),
            content=body,
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            text = await _read(response, read_bytes) if read_bytes else b""
        finally:
            await response.aclose()
        return CallReply(response.status_code, response.headers, text.decode("utf-8", "replace"))

    async def _judge(self, url: httpx.URL, service: str) -> str:
        """The address to open, which was judged: names may lead elsewhere the next moment."""
        port = url.port or _PORTS[url.scheme]
        try:
            addresses = await asyncio.to_thread(judge_host, url.host, port, self._policy.hosts)
        except NotAllowed as error:
            raise RecipientUnreachable(f"{service} must not be called. {error}") from error
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise DeliveryDeferred(f"{service} has no address now: {reason or error}.") from error
        if url.scheme == "http" and self._policy.plain_http is not None and any(map(is_public, addresses)):
            raise RecipientUnreachable(
                f"{service} is on the internet, and its address begins with http: give one with https, or set "
                f"{self._policy.plain_http}=true and let everybody on the way read what is sent."
            )
        return addresses[0]


def find_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """What Retry-After says, in seconds from now: it is a number, or a moment."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), MOST_WAIT_S)
    try:
        moment = parsedate_to_datetime(given)
        wait_s = (moment - now).total_seconds()
    except (ValueError, TypeError, OverflowError):  # no date, or one without its zone
        return None
    return min(max(wait_s, 0.0), MOST_WAIT_S)


async def _read(response: httpx.Response, most_bytes: int) -> bytes:
    read = b""
    async for piece in response.aiter_raw():
        read += piece
        if len(read) >= most_bytes:
            break
    return read[:most_bytes]
