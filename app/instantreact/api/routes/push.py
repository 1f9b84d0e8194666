"""A camera that pushes: JPEG frames over a web socket. Not part of the OpenAPI description, which knows none.

Each binary message is a frame. Nothing is answered; what is refused ends the socket with a reason.
"""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketDisconnect

from instantreact.api.auth import find_principal
from instantreact.api.deps import find_live
from instantreact.api.live import PushTarget
from instantreact.api.sockets import INVALID, RESTART, TOO_LARGE, UNSUPPORTED, deny
from instantreact.domain.principal import Scope
from instantreact.errors import InstantReactError, TooLarge, UnreadableMedia

router = APIRouter()


@router.websocket("/cameras/{camera_id}/push")
async def push_frames(socket: WebSocket, camera_id: str, key: Annotated[str | None, Query()] = None) -> None:
    """Take frames for a camera whose source is `push:`; this process watches it from now on.

    The API key comes in its header or, since browsers cannot set one here, as `?key=`; or somebody has signed in.
    """
    try:
        (await find_principal(socket, socket.headers.get("x-api-key", key))).require(Scope.INGEST)
        target = await (await find_live(socket)).take_pushed(camera_id)
    except (HTTPException, InstantReactError) as error:
        await deny(socket, error)
    else:
        await socket.accept()
        with suppress(WebSocketDisconnect):
            await socket.close(*await _take_frames(socket, target))


async def _take_frames(socket: WebSocket, target: PushTarget) -> tuple[int, str]:
    """Take frames until one is refused: the code and the reason. Raises WebSocketDisconnect when the client left."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        frame = message.get("bytes")
        if frame is None:
            return UNSUPPORTED, "A frame is a binary message that holds a JPEG."
        if not target.is_running:
            return RESTART, "The camera was changed, or is watched elsewhere by now: connect again."
        try:
            target.pushed.put(frame)
        except TooLarge as error:
            return TOO_LARGE, str(error)
        except UnreadableMedia as error:
            return INVALID, str(error)
