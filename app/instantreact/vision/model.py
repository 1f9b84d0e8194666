"""A vision-language model that is asked about an alert's picture."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

import httpx

from instantreact.domain.second_look import Opinion
from instantreact.errors import VisionFailed
from instantreact.logs import get_logger
from instantreact.vision.endpoint import VisionAccount, VisionEndpoint
from instantreact.vision.question import Question, write_request
from instantreact.vision.reply import clean_sentence, find_models, read_reply

CHECK_S = 10.0
HANGS = 3
"""So many answers in a row that did not come in time: the endpoint is left alone for `REST_S`."""
REST_S = 60.0

log = get_logger(__name__)


class VisionModel:
    """Asks one model; one object serves a whole process and its event loop."""

    def __init__(self, account: VisionAccount, *, now: Callable[[], float] = time.monotonic) -> None:
        self._endpoint = VisionEndpoint(account)
        self._now = now
        self._hangs = 0
        self._rests_until = 0.0

    @property
    def name(self) -> str:
        return self._endpoint.model

    async def look(self, question: Question, jpeg: bytes, *, timeout_s: float) -> Opinion:
        """What the model sees. Raises VisionFailed, at the latest after `timeout_s`; sends nothing while it rests.

        What is asked beyond the bare question (a form of the answer, a length) is left out where that is refused.
        """
        if self._now() < self._rests_until:
            raise VisionFailed(f"The endpoint did not answer {HANGS} times in a row and is left alone for a while.")
        try:
            async with asyncio.timeout(timeout_s):
                body = await self._endpoint.complete(
                    lambda is_plain: write_request(question, jpeg, self.name, is_plain=is_plain)
                )
        except (TimeoutError, httpx.TimeoutException) as error:
            self._note_hang()
            raise VisionFailed("The endpoint did not answer in time.") from error
        self._hangs = 0
        return read_reply(body)

    async def check(self) -> str:
        """Say in a line that the endpoint answers and knows the model; no picture is sent. Raises VisionFailed."""
        try:
            async with asyncio.timeout(CHECK_S):
                answer = await self._endpoint.exchange("GET", "models")
        except (TimeoutError, httpx.TimeoutException) as error:
            raise VisionFailed("The endpoint did not answer in time.") from error
        if answer.status == HTTPStatus.NOT_FOUND:
            return f"{self.name}; the endpoint answers, and does not list its models"
        known = find_models(self._endpoint.judge(answer))
        if not {self.name, f"{self.name}:latest"} & known:
            others = clean_sentence(", ".join(sorted(known))) or "none"
            raise VisionFailed(f"The endpoint answers, but knows no model {self.name}; it knows {others}.")
        return f"{self.name}; the endpoint answers and knows it"

    async def close(self) -> None:
        await self._endpoint.close()

    def _note_hang(self) -> None:
        self._hangs += 1
        if self._hangs >= HANGS:
            self._rests_until = self._now() + REST_S
            log.warning("second_look.rests", for_s=REST_S)
