"""The HTTP of a vision-language model behind an OpenAI-compatible endpoint: Ollama, vLLM, llama.cpp, a cloud."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from instantreact.errors import VisionFailed
from instantreact.vision.reply import find_error

MAX_BODY_BYTES = 1 << 20
CONNECT_S = 5.0
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


@dataclass(frozen=True)
class VisionAccount:
    """Where a model answers, what it is called there, and the key, where one is asked for."""

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class VisionResponse:
    """What an endpoint answered, whatever its status."""

    status: int
    body: bytes = field(repr=False)
    retry_after_s: float | None = None


class VisionEndpoint:
    """Speaks to one endpoint; one object serves a whole process and its event loop.

    No redirect is followed: a picture goes to the address that was set, and nowhere else.
    """

    def __init__(self, account: VisionAccount) -> None:
        self._account = account
        self._is_plain = False  # it refuses what it need not know
        headers = {"Authorization": f"Bearer {account.api_key}"} if account.api_key else {}
        self._client = httpx.AsyncClient(headers=headers, follow_redirects=False)

    @property
    def model(self) -> str:
        return self._account.model

    async def complete(self, write_request: Callable[[bool], bytes]) -> bytes:
        """The body of the answer to a request, which is written anew, and plainer, where it is refused.

        Raises VisionFailed, and httpx.TimeoutException. The whole has no limit of time: whoever calls sets one.
        """
        answer = await self.exchange("POST", "chat/completions", write_request(self._is_plain))
        if answer.status in _REFUSED and not self._is_plain:
            answer = await self.exchange("POST", "chat/completions", write_request(True))
            self._is_plain = answer.status == HTTPStatus.OK
        return self.judge(answer)

    async def exchange(self, method: str, path: str, content: bytes | None = None) -> VisionResponse:
        """What the endpoint answers. Raises VisionFailed where it does not, and httpx.TimeoutException."""
        url = f"{self._account.base_url.rstrip('/')}/{path}"
        headers = {"Content-Type": "application/json"} if content is not None else {}
        timeout = httpx.Timeout(None, connect=CONNECT_S)  # the whole has its time
        body = bytearray()
        try:
            async with self._client.stream(method, url, content=content, headers=headers, timeout=timeout) as response:
                async for data in response.aiter_bytes(64 << 10):
                    body += data
                    if len(body) > MAX_BODY_BYTES:
                        raise VisionFailed(
                            "The endpoint's answer does not end: it is no model's.", status=response.status_code
                        )
        except httpx.TimeoutException:
            raise
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise VisionFailed(f"The endpoint cannot be reached: {type(error).__name__}.") from error
        return VisionResponse(response.status_code, bytes(body), read_wait(response.headers.get("Retry-After")))

    def judge(self, answer: VisionResponse) -> bytes:
        """The body of an answer that is one. Raises VisionFailed."""
        status = answer.status
        if status == HTTPStatus.OK:
            return answer.body
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise VisionFailed(f"The endpoint sends us elsewhere ({status}), where no picture is sent.", status=status)
        said = self._mask(find_error(answer.body))
        told = f"The endpoint answered {status}{f': {said}' if said else '.'}"
        raise VisionFailed(told, status=status, retry_after_s=answer.retry_after_s)

    async def close(self) -> None:
        await self._client.aclose()

    def _mask(self, said: str) -> str:
        """Some endpoints repeat the key that they refuse."""
        key = self._account.api_key
        return said.replace(key, "***") if key else said


def read_wait(header: str | None) -> float | None:
    """What Retry-After says, in seconds from now: a number or a moment; None where it says nothing that can be read."""
    if header is None:
        return None
    given = header.strip()
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - time.time())
