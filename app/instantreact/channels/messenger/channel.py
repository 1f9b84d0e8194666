"""Alerts through Facebook Messenger: a thin client of the Send API, to the letter of its contract."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from instantreact.channels.messenger.graph_errors import ECHO_WAIT_S, error_for, read_failure, read_object
from instantreact.channels.messenger.pacing import Pacer
from instantreact.channels.messenger.signature import appsecret_proof
from instantreact.channels.messenger.usage import read_usage
from instantreact.channels.payloads import write_payload
from instantreact.channels.receiver import Incoming
from instantreact.channels.words import compose_text, shorten
from instantreact.clock import Clock
from instantreact.domain.alert import Answer, AnswerKind, Picture, Receipt
from instantreact.domain.happening import Notice
from instantreact.errors import ChannelBroken, DeliveryDeferred, DeliveryError
from instantreact.logs import get_logger

MESSAGE_UNITS = 640
"""The most that a message with buttons holds, in UTF-16 code units (contract, sections 1.2 and 2.2)."""

USAGE_WARNING_PERCENT = 80.0
"""From which share of the Page's allowance on we warn."""

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


class MessengerChannel:
    """Sends alerts as messages of a Page. Implements Channel."""

    def __init__(self, account: MessengerAccount, *, clock: Clock, pacer: Pacer | None = None) -> None:
        self._account = account
        self._clock = clock
        self._pacer = pacer or Pacer()
        self._client = httpx.AsyncClient(
            transport=_Authorised(account.credentials),
            timeout=httpx.Timeout(account.reply_timeout_s, connect=account.connect_timeout_s),
        )

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Send a button template: Acknowledge, False alarm and, with a secure address to lead to, Open."""
        body = _envelope(address, {"attachment": _button_template(notice), "metadata": metadata})
        request = self._client.build_request("POST", f"{self._account.page_url}/messages", json=body)
        return await self._send(address, request)

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """Upload and send a JPEG in one call."""
        attachment = {"type": "image", "payload": {"is_reusable": False}}
        body = _envelope(address, {"attachment": attachment, "metadata": metadata})
        request = self._client.build_request(
            "POST",
            f"{self._account.page_url}/messages",
            data={name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()},
            files={"filedata": (picture.filename, picture.jpeg, "image/jpeg")},
        )
        return await self._send(address, request, may_wait=True)

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """Messenger shows by itself that a button was tapped."""

    async def check(self) -> str:
        """Ask Graph for the Page's name; raises ChannelBroken or DeliveryDeferred where sending would."""
        request = self._client.build_request("GET", self._account.page_url, params={"fields": "name"})
        page = await self._exchange(request, proof_of_success="id")
        return f"Messenger accepts calls for the Page {page.get('name', '')!s} ({page['id']})"

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, address: str, request: httpx.Request, *, may_wait: bool = False) -> Receipt:
        async with self._pacer.turn(address, may_wait=may_wait):
            reply = await self._exchange(request, proof_of_success="message_id")
        return Receipt(message_id=str(reply["message_id"]), accepted_at=self._clock.now())

    async def _exchange(self, request: httpx.Request, *, proof_of_success: str) -> dict[str, object]:
        """The reply's JSON object, which holds the text `proof_of_success`; whatever else comes back is raised."""
        response = await self._transmit(request)
        usage = read_usage(response.headers)
        if usage.percent >= USAGE_WARNING_PERCENT:
            log.warning("messenger.usage_high", percent=usage.percent, regain_access_s=usage.regain_access_s)
        reply = read_object(response.content)
        if response.is_success and isinstance(reply.get(proof_of_success), str):
            return reply
        failure = read_failure(response.status_code, response.content).without(self._account.secrets)
        raise error_for(failure, regain_access_s=usage.regain_access_s)

    async def _transmit(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._client.send(request)
        except httpx.RequestError as error:
            raise _transport_error(error) from error


class _Authorised(httpx.AsyncBaseTransport):
    """Adds the credentials below httpx's own logging and exceptions, which therefore never see them."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self._credentials = credentials
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a copy of the request with the credentials in its query."""
        return await self._inner.handle_async_request(
            httpx.Request(
                request.method,
                request.url.copy_merge_params(self._credentials),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def _transport_error(error: httpx.RequestError) -> DeliveryError:
    """Failing to connect is harmless to repeat; once the request was on its way, Messenger may have taken it."""
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    match error:
        case httpx.UnsupportedProtocol():
            return ChannelBroken(f"The address of the Graph API is not one: {reason}")
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
            return DeliveryDeferred(f"Messenger cannot be reached. {reason}")
        case _:
            text = f"Messenger did not answer, but may have acted. {reason}"
            return DeliveryDeferred(text, retry_after_s=ECHO_WAIT_S, ambiguous=True)


def _envelope(address: str, message: Mapping[str, object]) -> dict[str, object]:
    return {"recipient": {"id": address}, "messaging_type": "UPDATE", "message": message}


def _button_template(notice: Notice) -> dict[str, object]:
    buttons: list[dict[str, str]] = [
        _postback("Acknowledge", Answer(AnswerKind.ACKNOWLEDGE, notice.alert_id)),
        _postback("False alarm", Answer(AnswerKind.DISMISS, notice.alert_id)),
    ]
    if notice.open_url is not None and notice.open_url.startswith("https://"):
        buttons.append({"type": "web_url", "title": "Open", "url": notice.open_url})
    text = shorten(compose_text(notice.happening), MESSAGE_UNITS)
    payload = {"template_type": "button", "text": text, "buttons": buttons}
    return {"type": "template", "payload": payload}


def _postback(title: str, answer: Answer) -> dict[str, str]:
    return {"type": "postback", "title": title, "payload": write_payload(answer)}
