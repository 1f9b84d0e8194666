"""Calls of the Graph API in the name of a Page (Meta, Graph API): credentials, errors and usage, whatever is asked."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import httpx

from instantreact.channels.messenger.graph_errors import (
    ECHO_WAIT_S,
    GraphFailure,
    error_for,
    read_failure,
    read_object,
)
from instantreact.channels.messenger.signature import appsecret_proof
from instantreact.channels.pooled import PooledTransport
from instantreact.channels.transport import explain_transport
from instantreact.errors import DeliveryError
from instantreact.logs import get_logger

USAGE_WARNING_PERCENT = 80.0
"""From which share of the Page's allowance on we warn."""

Reply = dict[str, object]


class FailureReader(Protocol):
    """What a failure comes to; see graph_errors.py."""

    def __call__(self, failure: GraphFailure, *, regain_access_s: float = 0.0) -> DeliveryError: ...


log = get_logger(__name__)


@dataclass(frozen=True)
class MessengerAccount:
    """The Page that alerts come from, and how to reach it. Its secrets stay out of its repr."""

    page_id: str
    access_token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)
    base_url: str = "https://graph.facebook.com"
    version: str = "v25.0"
    connect_timeout_s: float = 5.0
    reply_timeout_s: float = 20.0

    @property
    def page_url(self) -> str:
        """The address of the Page's node."""
        return f"{self.base_url.rstrip('/')}/{self.version}/{self.page_id}"

    @property
    def credentials(self) -> dict[str, str]:
        """The query parameters that authorise a call: the token, and its proof where there is an app secret."""
        if self.app_secret is None:
            return {"access_token": self.access_token}
        proof = appsecret_proof(self.access_token, self.app_secret)
        return {"access_token": self.access_token, "appsecret_proof": proof}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must appear in no message and no log."""
        return tuple(secret for secret in (*self.credentials.values(), self.app_secret) if secret)


class GraphClient:
    """Calls about one Page. Every call raises DeliveryError (see errors.py) for whatever is no success."""

    def __init__(self, account: MessengerAccount) -> None:
        self.account = account
        self._client = httpx.AsyncClient(
            transport=_Authorised(account.credentials),
            timeout=httpx.Timeout(account.reply_timeout_s, connect=account.connect_timeout_s),
        )

    async def get(
        self,
        edge: str,
        params: Mapping[str, str],
        *,
        is_success: Callable[[Reply], bool],
        explain: FailureReader = error_for,
    ) -> Reply:
        """Read something of the Page: an edge such as `/messages`, or "" for its node."""
        request = self._client.build_request("GET", _parse(self.account.page_url + edge), params=params)
        return await self._exchange(request, is_success, explain)

    async def post(
        self,
        edge: str,
        *,
        is_success: Callable[[Reply], bool],
        json: object = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        params: Mapping[str, str] | None = None,
        explain: FailureReader = error_for,
    ) -> Reply:
        """Send JSON, a form with files, or parameters alone to an edge of the Page."""
        url = _parse(self.account.page_url + edge)
        request = self._client.build_request("POST", url, json=json, data=form, files=files, params=params)
        return await self._exchange(request, is_success, explain)

    async def close(self) -> None:
        await self._client.aclose()

    async def _exchange(
        self, request: httpx.Request, is_success: Callable[[Reply], bool], explain: FailureReader
    ) -> Reply:
        """The reply's JSON object where it is a success; whatever else comes back is raised."""
        response = await self._transmit(request)
        usage = read_usage(response.headers)
        if usage.percent >= USAGE_WARNING_PERCENT:
            log.warning("messenger.usage_high", percent=usage.percent, regain_access_s=usage.regain_access_s)
        reply = read_object(response.content)
        if response.is_success and is_success(reply):
            return reply
        failure = read_failure(response.status_code, response.content).without(self.account.secrets)
        raise explain(failure, regain_access_s=usage.regain_access_s)

    async def _transmit(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._client.send(request)
        except httpx.RequestError as error:
            raise explain_transport(error, "Messenger", wait_s=ECHO_WAIT_S) from error


@lru_cache(64)
def _parse(url: str) -> httpx.URL:
    """There are a handful, and taking one apart costs as much as half a call."""
    return httpx.URL(url)


def holds_text(name: str) -> Callable[[Reply], bool]:
    """Whether a reply is a success: it holds a text of this name."""
    return lambda reply: isinstance(reply.get(name), str)


class _Authorised(httpx.AsyncBaseTransport):
    """Adds the credentials below httpx's own logging and exceptions, which therefore never see them."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self._inner = PooledTransport()
        self._authorise = lru_cache(64)(lambda url: url.copy_merge_params(credentials))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a copy of the request with the credentials in its query."""
        return await self._inner.handle_async_request(
            httpx.Request(
                request.method,
                self._authorise(request.url),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


_HEADERS = ("x-business-use-case-usage", "x-app-usage")
_SHARES = ("call_count", "total_cputime", "total_time")


@dataclass(frozen=True)
class Usage:
    """The fullest of the allowances in percent, and how long until calls are taken again (0: they are)."""

    percent: float = 0.0
    regain_access_s: float = 0.0


def read_usage(headers: Mapping[str, str]) -> Usage:
    """The usage that a reply's headers state (names in lower case); nothing used where they state none.

    Meta writes percentages, and `estimated_time_to_regain_access` in minutes.
    """
    records = [record for name in _HEADERS for record in _records(headers.get(name, ""))]
    return Usage(
        percent=max((_number(record.get(share)) for record in records for share in _SHARES), default=0.0),
        regain_access_s=60 * max((_number(r.get("estimated_time_to_regain_access")) for r in records), default=0.0),
    )


def _records(header: str) -> Iterator[Mapping[str, object]]:
    """The objects with figures in a header: X-App-Usage is one, X-Business-Use-Case-Usage has lists of them."""
    try:
        value = json.loads(header)
    except (ValueError, RecursionError):
        return
    if not isinstance(value, dict):
        return
    yield value
    for listed in value.values():
        if isinstance(listed, list):
            yield from (record for record in listed if isinstance(record, dict))


def _number(value: object) -> float:
    # No allowance is used a million-fold: a figure beyond is damage, and so are NaN and what is below zero.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000_000:
        return 0.0
    return float(value)
