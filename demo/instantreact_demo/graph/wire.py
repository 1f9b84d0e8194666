"""Calls as they come over the wire, and connections that can be reset."""

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.datastructures import UploadFile
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from instantreact_demo.graph.policies import Upload, read_json


@dataclass(frozen=True)
class Call:
    """The body of a call, and its files."""

    body: dict[str, Any]
    files: tuple[Upload, ...] | None  # None: not multipart

    @property
    def part(self) -> str:
        """Which part of a delivery the call sends: text or picture."""
        message = self.body.get("message")
        attachment = message.get("attachment") if isinstance(message, dict) else None
        return "picture" if isinstance(attachment, dict) and attachment.get("type") == "image" else "text"


class DroppableProtocol(H11Protocol):
    """uvicorn's own protocol, which can also reset the connection of a request."""

    _transports: ClassVar[dict[tuple[str, int], asyncio.Transport]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._transports[transport.get_extra_info("peername")] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transports.pop(self.transport.get_extra_info("peername"), None)
        super().connection_lost(exc)

    @classmethod
    def drop(cls, request: Request) -> None:
        """Reset the connection that the request came on: no linger, so the peer sees RST and not an end."""
        transport = cls._transports[request.scope["client"]]
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()


async def read_call(request: Request) -> Call:
    """The call that a JSON or multipart request makes; raises GraphError."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return Call(read_json(await request.body()), None)
    async with request.form() as form:
        body = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [
            Upload(await value.read(), value.content_type, value.filename) if isinstance(value, UploadFile)
            else Upload(value.encode(), None, None)
            for value in form.getlist("filedata")
        ]  # fmt: skip
    parsed: dict[str, Any] = {name: read_json(body[name]) for name in ("recipient", "message") if name in body}
    return Call({**body, **parsed}, tuple(files))
