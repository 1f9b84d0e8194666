"""A vision-language model behind an OpenAI-compatible endpoint: Ollama, vLLM, llama.cpp, a cloud."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from instantreact.domain.second_look import Opinion
from instantreact.errors import SecondLookFailed
from instantreact.logs import get_logger
from instantreact.vision.question import Question, write_request
from instantreact.vision.reply import clean_sentence, find_error, find_models, read_reply

MAX_BODY_BYTES = 1 << 20
CONNECT_S = 5.0
CHECK_S = 10.0
HANGS = 3
"""So many answers in a row that did not come in time: the endpoint is left alone for `REST_S`."""
REST_S = 60.0
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)

log = get_logger(__name__)


@dataclass(frozen=True)
class VisionAccount:
    """Where a model answers, what it is called there, and the key, where one is asked for."""

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)


class VisionModel:
    """Asks one model; one object serves a whole process and its event loop.

    No redirect is followed: a picture goes to the address that was set, and nowhere else.
    """

    def __init__(self, account: VisionAccount, *, now: Callable[[], float] = time.monotonic) -> None:
        self._account = account
        self._now = now
        self._hangs = 0
        self._rests_until = 0.0
        self._is_plain = False  # it refuses what it need not know
        headers = {"Authorization": f"Bearer {account.api_key}"} if account.api_key else {}
        self._client = httpx.AsyncClient(headers=headers, follow_redirects=False)

    @property
    def name(self) -> str:
        return self._account.model

    async def look(self, question: Question, jpeg: bytes, *, timeout_s: float) -> Opinion:
        """What the model sees. Raises SecondLookFailed, at the latest after `timeout_s`; sends nothing while it rests.

        What is asked beyond the bare question (a form of the answer, a length) is left out where that is refused.
        """
        if self._now() < self._rests_until:
            raise SecondLookFailed(f"The endpoint did not answer {HANGS} times in a row and is left alone for a while.")
        try:
            async with asyncio.timeout(timeout_s):
                body = await self._ask(question, jpeg)
        except (TimeoutError, httpx.TimeoutException) as error:
            self._note_hang()
            raise SecondLookFailed("The endpoint did not answer in time.") from error
        self._hangs = 0
        return read_reply(body)

    async def check(self) -> str:
        """Say in a line that the endpoint answers and knows the model; no picture is sent. Raises SecondLookFailed."""
        try:
            async with asyncio.timeout(CHECK_S):
                status, body = await self._exchange("GET", "models")
        except (TimeoutError, httpx.TimeoutException) as error:
            raise SecondLookFailed("The endpoint did not answer in time.") from error
        if status == HTTPStatus.NOT_FOUND:
            return f"{self.name}; the endpoint answers, and does not list its models"
        known = find_models(self._judge(status, body))
        if not {self.name, f"{self.name}:latest"} & known:
            others = clean_sentence(", ".join(sorted(known))) or "none"
            raise SecondLookFailed(f"The endpoint answers, but knows no model {self.name}; it knows {others}.")
        return f"{self.name}; the endpoint answers and knows it"

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, question: Question, jpeg: bytes) -> bytes:
        request = write_request(question, jpeg, self.name, is_plain=self._is_plain)
        status, body = await self._exchange("POST", "chat/completions", request)
        if status in _REFUSED and not self._is_plain:
            plain = write_request(question, jpeg, self.name, is_plain=True)
            status, body = await self._exchange("POST", "chat/completions", plain)
            self._is_plain = status == HTTPStatus.OK
        return self._judge(status, body)

    async def _exchange(self, method: str, path: str, content: bytes | None = None) -> tuple[int, bytes]:
        """The status and the body. Raises SecondLookFailed where there are none, and httpx.TimeoutException."""
        url = f"{self._account.base_url.rstrip('/')}/{path}"
        headers = {"Content-Type": "application/json"} if content is not None else {}
        timeout = httpx.Timeout(None, connect=CONNECT_S)  # the whole has its time
        body = bytearray()
        try:
            async with self._client.stream(method, url, content=content, headers=headers, timeout=timeout) as response:
                async for data in response.aiter_bytes(64 << 10):
                    body += data
                    if len(body) > MAX_BODY_BYTES:
                        raise SecondLookFailed("The endpoint's answer does not end: it is no model's.")
        except httpx.TimeoutException:
            raise
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SecondLookFailed(f"The endpoint cannot be reached: {type(error).__name__}.") from error
        return response.status_code, bytes(body)

    def _judge(self, status: int, body: bytes) -> bytes:
        """The body of an answer that is one. Raises SecondLookFailed."""
        if status == HTTPStatus.OK:
            return body
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise SecondLookFailed(f"The endpoint sends us elsewhere ({status}), where no picture is sent.")
        said = self._mask(find_error(body))
        raise SecondLookFailed(f"The endpoint answered {status}{f': {said}' if said else '.'}")

    def _mask(self, said: str) -> str:
        """Some endpoints repeat the key that they refuse."""
        key = self._account.api_key
        return said.replace(key, "***") if key else said

    def _note_hang(self) -> None:
        self._hangs += 1
        if self._hangs >= HANGS:
            self._rests_until = self._now() + REST_S
            log.warning("second_look.rests", for_s=REST_S)
