"""A real local server that speaks the Wit.ai contract: /speech, /dictation, /message.

In a test: `with FakeWit() as wit: wit.script(Reply("help me"))`.
As a process of its own: `python -m tests.servers.wit --text "help me"`.
"""

import argparse
import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from instantreact_demo.local_server import LocalServer

from .wit_audio import Sound, WitError, read_sound
from .wit_reply import Reply, chunks, dictation_objects, speech_objects

LONGEST_MESSAGE = 280


@dataclass(frozen=True)
class Heard:
    """A request with sound that passed every check."""

    endpoint: str
    version: str
    content_type: str
    request_id: str | None
    chunked: bool
    sound: Sound = field(repr=False)


class FakeWit:
    """One Wit.ai app. Answers what `script` lays down, request by request, and `reply` when that is used up."""

    def __init__(self, *, token: str = "A" * 32, reply: Reply | None = None, port: int = 0) -> None:
        self.token = token
        self.reply = reply or Reply()
        self.speech_limit_s = 20.0
        self.dictation_limit_s = 300.0
        self.heard: list[Heard] = []
        self.refused: list[WitError] = []
        self.requests = 0
        self._script: list[Reply] = []
        self._server = LocalServer(self._app(), name="fake-wit", port=port)
        self.url = self._server.url

    def serve(self) -> None:
        """Answer until stopped, in the calling thread."""
        self._server.serve()

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

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/speech", self._speech, methods=["POST"]),
                Route("/dictation", self._dictation, methods=["POST"]),
                Route("/message", self._message, methods=["GET"]),
            ],
            exception_handlers={WitError: self._refuse},  # type: ignore[dict-item]  # starlette types the base class
        )

    async def _refuse(self, _: Request, error: WitError) -> Response:
        self.refused.append(error)
        return JSONResponse(error.body(), status_code=error.status)

    async def _speech(self, request: Request) -> Response:
        heard, reply = await self._take(request, self.speech_limit_s)
        return self._stream(reply, speech_objects(reply, heard.sound.duration_s))

    async def _dictation(self, request: Request) -> Response:
        heard, reply = await self._take(request, self.dictation_limit_s)
        return self._stream(reply, dictation_objects(reply, heard.sound.duration_s))

    async def _message(self, request: Request) -> Response:
        self._authorise(request)
        reply = self._next_reply()
        query = request.query_params.get("q", "")
        if not 1 <= len(query) <= LONGEST_MESSAGE:
            raise WitError("msg-invalid", "q must have 1 to 280 characters")
        if reply.error or reply.html_status:
            return self._stream(reply, [])
        return JSONResponse({"text": query, "intents": [], "entities": {}, "traits": {}})

    async def _take(self, request: Request, limit_s: float) -> tuple[Heard, Reply]:
        self._authorise(request)
        content_type = request.headers.get("content-type", "")
        sound = read_sound(content_type, await request.body())
        if sound.duration_s > limit_s:
            raise WitError("audio-too-long", f"Audio is longer than {limit_s:g} s")
        heard = Heard(
            request.url.path, request.query_params["v"], content_type, request.headers.get("x-wit-client-request-id"),
            request.headers.get("transfer-encoding") == "chunked", sound,
        )  # fmt: skip
        self.heard.append(heard)
        return heard, self._next_reply()

    def _authorise(self, request: Request) -> None:
        self.requests += 1
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise WitError("no-auth", "Bad auth, check token/params")
        if not re.fullmatch(r"20\d{6}", request.query_params.get("v", "")):
            raise WitError("bad-request", "v must be a date, YYYYMMDD")

    def _next_reply(self) -> Reply:
        return self._script.pop(0) if self._script else self.reply

    def _stream(self, reply: Reply, objects: list[dict[str, Any]]) -> Response:
        headers = {"Retry-After": str(reply.retry_after_s)} if reply.retry_after_s is not None else None
        if reply.html_status is not None:
            return HTMLResponse("<html><body>Bad Gateway</body></html>", reply.html_status, headers=headers)
        if reply.error is not None:
            status, code, message = reply.error
            return JSONResponse({"error": message, "code": code}, status, headers=headers)
        return StreamingResponse(_send(reply, chunks(reply, objects)), media_type="application/json")


class ConnectionCut(Exception):
    """Ends a stream without its last chunk; uvicorn closes the connection."""


async def _send(reply: Reply, pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        # Even no pause lets the server flush: the next chunk is a TCP write of its own.
        await asyncio.sleep(reply.pause_s)
        yield piece
    if reply.cut_after is not None:
        raise ConnectionCut


def main() -> None:
    """Serve until interrupted; print the address as a line of JSON first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="A" * 32)
    parser.add_argument("--text", default="", help="what every request is answered with")
    options = parser.parse_args()
    wit = FakeWit(token=options.token, reply=Reply(options.text), port=options.port)
    print(json.dumps({"url": wit.url}), flush=True)
    wit.serve()


if __name__ == "__main__":
    main()
