"""Walls: the pictures of several cameras over one web socket (docs/decisions/0052).

Nothing is queued: each camera has at most one picture on its way to the socket, and one that waited there for too long
is dropped for a newer one, so that a slow client sees fewer pictures and no older ones.
"""

import asyncio
import json
import struct
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any

from starlette.websockets import WebSocketDisconnect

from instantreact.api.errors import kind_of
from instantreact.api.live import LiveCameras
from instantreact.api.remote_cameras import LivePicture
from instantreact.api.schemas.walls import WallPictureView, WallProblemView, WallWish
from instantreact.errors import InstantReactError, NotFound
from instantreact.logs import get_logger

STALE_S = 0.3
"""A picture that waited for the socket for longer is not sent any more."""

RETRY_S = 1.0
"""A camera without pictures is looked at again after so long."""

log = get_logger(__name__)

Send = Callable[[bytes | str], Awaitable[None]]


class Wall:
    """What one client sees; `send` writes one message, and waits while the client does not take what was written."""

    def __init__(self, live: LiveCameras, send: Send) -> None:
        self._live = live
        self._send = send
        self._sending = asyncio.Lock()
        self._shown: dict[str, tuple[WallWish, asyncio.Task[None]]] = {}
        self.dropped = 0

    @property
    def camera_ids(self) -> frozenset[str]:
        """Which cameras are shown."""
        return frozenset(self._shown)

    def show(self, wishes: Iterable[WallWish]) -> frozenset[str]:
        """Show these cameras and no others; those of them that were not shown before."""
        wanted, before = {wish.id: wish for wish in wishes}, self.camera_ids
        for camera_id in before - wanted.keys():
            self._hide(camera_id)
        for camera_id, wish in wanted.items():
            shown = self._shown.get(camera_id)
            if shown is None or shown[0] != wish:
                self._hide(camera_id)
                self._shown[camera_id] = wish, asyncio.create_task(self._keep_showing(wish))
        return self.camera_ids - before

    async def refuse(self, camera_id: str) -> None:
        """The client may not see this camera, or not any more."""
        self._hide(camera_id)
        await self._tell(camera_id, NotFound("camera", camera_id))

    async def close(self) -> None:
        """Show nothing any more."""
        tasks = [task for _, task in self._shown.values()]
        self.show(())
        await asyncio.gather(*tasks, return_exceptions=True)

    def _hide(self, camera_id: str) -> None:
        shown = self._shown.pop(camera_id, None)
        if shown is not None:
            shown[1].cancel()

    async def _keep_showing(self, wish: WallWish) -> None:
        try:
            await self._alternate(wish)
        except WebSocketDisconnect:
            return
        except Exception:  # one camera's, which must not end the others'
            log.exception("wall.failed", camera_id=wish.id)

    async def _alternate(self, wish: WallWish) -> None:
        """Pictures, and why there are none."""
        said = ""
        while True:
            try:
                async with aclosing(self._live.follow(wish.id, wish.width)) as pictures:
                    async for picture in pictures:
                        said = ""
                        await self._pace(wish, picture)
            except InstantReactError as error:
                if str(error) != said:
                    said = str(error)
                    await self._tell(wish.id, error)
            await asyncio.sleep(RETRY_S)

    async def _pace(self, wish: WallWish, picture: LivePicture) -> None:
        began_s = time.monotonic()
        if await self._send_picture(wish.id, picture, began_s):
            await asyncio.sleep(max(0.0, began_s + 1 / wish.fps - time.monotonic()))

    async def _send_picture(self, camera_id: str, picture: LivePicture, began_s: float) -> bool:
        """Whether it was sent, rather than dropped."""
        async with self._sending:
            waited_s = time.monotonic() - began_s
            if waited_s > STALE_S:
                self.dropped += 1
                return False
            await self._send(write_message(camera_id, picture, waited_s))
            return True

    async def _tell(self, camera_id: str, error: InstantReactError) -> None:
        problem = WallProblemView(camera_id=camera_id, status=kind_of(type(error)).status, detail=str(error))
        async with self._sending:
            await self._send(problem.model_dump_json())


def write_message(camera_id: str, picture: LivePicture, waited_s: float = 0.0) -> bytes:
    """Two bytes that say how long the header is, the header as JSON, the JPEG."""
    age_s, motion = round(picture.age_s + waited_s, 3), round(picture.motion, 4)
    view = WallPictureView(camera_id=camera_id, number=picture.number, age_s=age_s, motion=motion)
    header = view.model_dump_json().encode()
    return struct.pack(">H", len(header)) + header + picture.jpeg


def read_message(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and JPEG."""
    (length,) = struct.unpack_from(">H", message)
    header: dict[str, Any] = json.loads(message[2 : 2 + length])
    return header, message[2 + length :]
