"""A local server that speaks as much of OpenAI's contract as Ollama, vLLM and llama.cpp share, for pictures.

`GET /v1/models` and `POST /v1/chat/completions`; it refuses what they refuse and fails as it is told to.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from instantreact.errors import UnreadableMedia
from instantreact.media.jpeg import read_jpeg_size
from instantreact_demo.local_server import LocalServer

MODEL = "looker:1b"
API_KEY = "sk-vision"
_JPEG = "data:image/jpeg;base64,"


def say(answer: object, sentence: str = "") -> str:
    """What a model writes that does as it is told."""
    return json.dumps({"answer": answer, "sentence": sentence})


def caption(*sentences: str) -> str:
    """What a model writes that was asked for captions, and does as it is told."""
    return json.dumps({"captions": sentences})


@dataclass(frozen=True)
class Reply:
    """What to answer to one request.

    content      what the model writes; None with `message` for another message
    status       with another than 200 an error; `html` makes it a proxy's page
    hangs_s      before anything is answered
    drips_s      between one byte of the answer and the next
    endless      an answer that does not end
    to           where it redirects to
    retry_after  the header of that name
    breaks_off   in the middle of the answer
    """

    content: str | None = say("yes")
    message: dict[str, Any] | None = None
    finish_reason: str = "stop"
    status: int = 200
    html: bool = False
    hangs_s: float = 0.0
    drips_s: float = 0.0
    endless: bool = False
    to: str | None = None
    retry_after: str | None = None
    breaks_off: bool = False


@dataclass(frozen=True)
class Asked:
    """A request that passed every check."""

    system: str
    text: str
    jpeg: bytes = field(repr=False)
    fields: frozenset[str] = frozenset()


@dataclass
class FakeVision:
    """One endpoint with one model. Answers what `script` lays down, and `reply` when that is used up.

    knows      the fields of a request that it knows; any other is refused
    longest_px the longer side of the largest picture that it takes
    """

    api_key: str | None = API_KEY
    model: str = MODEL
    knows: frozenset[str] = frozenset({"model", "messages", "response_format", "temperature", "max_tokens"})
    longest_px: int = 1024
    lists_models: bool = True
    reply: Reply = field(default_factory=Reply)
    asked: list[Asked] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    requests: int = 0

    def __post_init__(self) -> None:
        self._script: list[Reply] = []
        routes = [
            Route("/v1/models", self._models, methods=["GET"]),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
        ]
        self._server = LocalServer(Starlette(routes=routes), name="fake-vision")
        self.url = f"{self._server.url}/v1"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def script(self, *replies: Reply) -> None:
        """Answer the next requests with these, in order."""
        self._script.extend(replies)

    def _name_key(self, request: Request) -> str:
        """Some repeat what they were given."""
        return f"Incorrect API key provided: {request.headers.get('authorization', '').removeprefix('Bearer ')}."

    async def _models(self, request: Request) -> Response:
        if self._is_stranger(request):
            return self._refuse(401, self._name_key(request), "invalid_api_key")
        if not self.lists_models:
            return self._refuse(404, "404 page not found", None)
        listed = [{"id": self.model, "object": "model", "created": 1764000000, "owned_by": "library"}]
        return JSONResponse({"object": "list", "data": listed})

    async def _chat(self, request: Request) -> Response:
        self.requests += 1
        if self._is_stranger(request):
            return self._refuse(401, self._name_key(request), "invalid_api_key")
        body = await request.json()
        if body.get("model") != self.model:
            return self._refuse(404, f'model "{body.get("model")}" not found, try pulling it first', "model_not_found")
        if unknown := sorted(set(body) - self.knows):
            return self._refuse(400, f"Unsupported parameter: '{unknown[0]}'.", "unsupported_parameter")
        try:
            self.asked.append(self._read(body))
        except (KeyError, ValueError, TypeError, UnreadableMedia) as error:
            return self._refuse(400, str(error) or "invalid message format", None)
        return await self._answer(self._script.pop(0) if self._script else self.reply)

    def _is_stranger(self, request: Request) -> bool:
        return self.api_key is not None and request.headers.get("authorization") != f"Bearer {self.api_key}"

    def _refuse(self, status: int, message: str, code: str | None) -> Response:
        self.refused.append(message)
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
        return JSONResponse({"error": error}, status)

    def _read(self, body: dict[str, Any]) -> Asked:
        system, user = body["messages"]
        text, picture = user["content"]
        url = picture["image_url"]["url"]
        if (system["role"], user["role"], text["type"], picture["type"]) != ("system", "user", "text", "image_url"):
            raise ValueError("invalid message format")
        if not url.startswith(_JPEG):
            raise ValueError("invalid image input")
        try:
            jpeg = base64.b64decode(url.removeprefix(_JPEG), validate=True)
        except binascii.Error as error:
            raise ValueError("invalid image input") from error
        if max(read_jpeg_size(jpeg)) > self.longest_px:
            raise ValueError(f"image is larger than {self.longest_px} pixels")
        return Asked(system["content"], text["text"], jpeg, frozenset(body))

    async def _answer(self, reply: Reply) -> Response:
        await asyncio.sleep(reply.hangs_s)
        if reply.to is not None:
            return RedirectResponse(reply.to, 307)
        if reply.html:
            return HTMLResponse("<html><body>Bad Gateway</body></html>", reply.status)
        if reply.status != 200:
            error = {"message": "Rate limit reached" if reply.status == 429 else "overloaded", "type": "api_error"}
            headers = {"Retry-After": reply.retry_after} if reply.retry_after is not None else None
            return JSONResponse({"error": error}, reply.status, headers)
        message = reply.message or {"role": "assistant", "content": reply.content}
        choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
        usage = {"prompt_tokens": 700, "completion_tokens": 20, "total_tokens": 720}
        body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1764000000, "model": self.model}
        whole = json.dumps({**body, "choices": [choice], "usage": usage}).encode()
        if reply.breaks_off:
            return StreamingResponse(_break_off(whole), headers={"Content-Length": str(len(whole))})
        if reply.drips_s or reply.endless:
            return StreamingResponse(_send(whole, reply), media_type="application/json")
        return Response(whole, media_type="application/json")


async def _break_off(body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionResetError("as it was told to")


async def _send(body: bytes, reply: Reply) -> AsyncIterator[bytes]:
    while reply.endless:
        yield b" " * 65536
        await asyncio.sleep(0.001)
    for at in range(len(body)):
        yield body[at : at + 1]
        await asyncio.sleep(reply.drips_s)
