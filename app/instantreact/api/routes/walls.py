"""All pictures of a wall over one web socket: browsers open few connections to one service, and streams keep theirs.

Not part of the OpenAPI description's paths, which know no web sockets; its messages are among the schemas.
"""

import asyncio
import time
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from instantreact.api.addresses import find_source
from instantreact.api.audit import AuditTrail, audits
from instantreact.api.auth import find_principal
from instantreact.api.errors import describe_errors
from instantreact.api.schemas.walls import WallDraft
from instantreact.api.sockets import INVALID, MOST_OF_A_REASON, NOT_ALLOWED, TOO_LARGE, UNSUPPORTED, deny
from instantreact.api.stream_room import StreamRoom
from instantreact.api.walls import Wall
from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import Principal, Scope
from instantreact.errors import InstantReactError
from instantreact.pipeline.services import Services
from instantreact.storage.cameras import find_visible

router = APIRouter()

CHECKED_EVERY_S = 2.0
"""Whoever is not let in any more sees nothing after so long."""

_MOST_LETTERS = 16 * 1024


@router.websocket("/live")
@audits(AuditAction.SAW)
async def watch_wall(socket: WebSocket, key: Annotated[str | None, Query()] = None) -> None:
    """Show the cameras that the client asks for, until it leaves or may not see them any more.

    The API key comes in its header or as `?key=`; or somebody has signed in, and the page is one of ours.
    """
    given = socket.headers.get("x-api-key", key)
    room: StreamRoom = socket.app.state.walls
    source = find_source((socket.client.host, socket.client.port) if socket.client else None)
    try:
        principal = await _let_in(socket, given)
        leave = room.enter(source, principal.name)
    except (HTTPException, InstantReactError) as error:
        await deny(socket, error)
        return
    watching = _Watching(socket, given)
    try:
        await socket.accept()
        await socket.close(*await watching.serve())
    except WebSocketDisconnect:
        return
    finally:
        leave()


async def _let_in(socket: WebSocket, key: str | None) -> Principal:
    principal = await find_principal(socket, key)
    principal.require(Scope.READ)
    return principal


class _Watching:
    """One socket, as it is served."""

    def __init__(self, socket: WebSocket, key: str | None) -> None:
        self._socket = socket
        self._key = key
        self._services: Services = socket.app.state.services
        self._trail: AuditTrail = socket.app.state.audit
        self.wall = Wall(socket.app.state.live, self._send)

    async def serve(self) -> tuple[int, str]:
        """Until something ends it: the code and the reason. Raises WebSocketDisconnect when the client left."""
        try:
            return await self._serve()
        finally:
            await self.wall.close()

    async def _serve(self) -> tuple[int, str]:
        checked_s = time.monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECKED_EVERY_S):
                    if fault := await self._take(await self._socket.receive()):
                        return fault
            if time.monotonic() - checked_s < CHECKED_EVERY_S:
                continue
            try:
                await self._check()
            except (HTTPException, InstantReactError) as error:
                said = error.detail if isinstance(error, HTTPException) else str(error)
                return NOT_ALLOWED, said[:MOST_OF_A_REASON]
            checked_s = time.monotonic()

    async def _take(self, message: Message) -> tuple[int, str] | None:
        """Do what the client asks for; what is wrong with it."""
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        text = message.get("text")
        if not isinstance(text, str):
            return UNSUPPORTED, "Say what to show as text."
        if len(text) > _MOST_LETTERS:
            return TOO_LARGE, f"A message has at most {_MOST_LETTERS} letters."
        try:
            draft = WallDraft.model_validate_json(text)
        except ValidationError as error:
            first = describe_errors(error.errors(include_url=False))[0]
            return INVALID, f"{first.field}: {first.message}".encode("ascii", "replace").decode()[:MOST_OF_A_REASON]
        visible = await self._find_visible({wish.id for wish in draft.cameras})
        for camera_id in sorted(self.wall.show(wish for wish in draft.cameras if wish.id in visible)):
            self._trail.note_sight(self._socket.scope, camera_id)
        for camera_id in sorted({wish.id for wish in draft.cameras} - visible):
            await self.wall.refuse(camera_id)
        return None

    async def _check(self) -> None:
        """Raise what keeps the client out by now, and hide what it may not see any more."""
        await _let_in(self._socket, self._key)
        for camera_id in sorted(self.wall.camera_ids - await self._find_visible(self.wall.camera_ids)):
            await self.wall.refuse(camera_id)

    async def _find_visible(self, camera_ids: set[str] | frozenset[str]) -> frozenset[str]:
        if not camera_ids:
            return frozenset()
        principal: Principal = self._socket.state.principal
        async with self._services.database.confined_to(principal.confinement).reading() as session:
            return await find_visible(session, camera_ids)

    async def _send(self, message: bytes | str) -> None:
        if isinstance(message, bytes):
            await self._socket.send_bytes(message)
        else:
            await self._socket.send_text(message)
