"""Cameras as they are now: snapshots, live views and pushed frames, wherever a camera is watched."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Protocol

from instantreact.api.remote_cameras import LivePicture, RemoteCameras, find_address
from instantreact.errors import Conflict, InvalidInput, MediaError, NotAllowed, StreamLost, Transient
from instantreact.media.live_frame import LiveFrame
from instantreact.media.open_stream import StreamInfo, probe_stream
from instantreact.media.push import PushSlot
from instantreact.media.reach import ReachPolicy
from instantreact.media.snapshot import MAX_WIDTH
from instantreact.media.source import Scheme, Source, parse_source
from instantreact.media.stream import StreamLimits
from instantreact.pipeline.services import Services
from instantreact.storage import cameras

BOUNDARY = "frame"
MAX_FPS = 10
QUIET_S = 10.0
"""A live view without a new picture for so long ends."""

WIDTHS = (160, 320, 480, 640, 960, MAX_WIDTH, 1920)
"""A picture is coded in few sizes, once for all who look."""

_PROBES, _WAITING_PROBES = 2, 4
_PROBE_RETRY_S = 10.0
_RETRY_S = 2.0


class PushTarget(Protocol):
    """Where pushed frames go; frames are in vain once it does not run any more."""

    @property
    def pushed(self) -> PushSlot:
        """Takes the frames."""
        ...

    @property
    def is_running(self) -> bool:
        """Whether the camera is still watched here, as it was."""
        ...


class WatchedHere(Protocol):
    """The cameras that this process watches."""

    def find_picture(self, camera_id: str) -> LiveFrame | None:
        """The newest picture, masked; None when the camera is not watched here or is not live."""
        ...

    async def take_over(self, camera_id: str) -> PushTarget:
        """Watch the camera here. Raises NotFound, and Conflict when it is disabled."""
        ...


@dataclass(frozen=True, eq=False)
class _Coded:
    """A picture as JPEG, by its greatest width."""

    picture: LiveFrame
    jpegs: dict[int, asyncio.Future[bytes]] = field(default_factory=dict)


class LiveCameras:
    """Shows every camera: its own directly, the others through the process that holds their lease."""

    def __init__(
        self, services: Services, own: WatchedHere, remote: RemoteCameras, *, policy: ReachPolicy, limits: StreamLimits
    ) -> None:
        self.policy = policy
        self._services = services
        self._own = own
        self._remote = remote
        self._limits = limits
        self._probing = asyncio.Semaphore(_PROBES)
        self._probes = 0
        self._closing = asyncio.Event()
        self._encoded: dict[str, _Coded] = {}

    def end_streams(self) -> None:
        """The process is about to end: so do the live views."""
        self._closing.set()

    async def take_snapshot(self, camera_id: str) -> bytes:
        """The newest picture as JPEG, masked.

        Raises NotFound, Conflict when the camera is disabled, StreamLost when it is not live.
        """
        if self._own.find_picture(camera_id) is not None:
            return await self.take_own_snapshot(camera_id)
        return await self._remote.take_snapshot(self._services.database, self._services.clock, camera_id)

    async def take_own_snapshot(self, camera_id: str) -> bytes:
        """The newest picture of a camera that this process watches. Raises StreamLost for any other."""
        return await self._encode(camera_id, self._require_picture(camera_id))

    async def stream(self, camera_id: str) -> AsyncIterator[bytes]:
        """The live view as the body of a multipart/x-mixed-replace answer. Raises as `take_snapshot` does."""
        if self._own.find_picture(camera_id) is not None:
            return self.stream_own(camera_id)
        address = await find_address(self._services.database, self._services.clock, camera_id)
        remote = self._remote.stream(address, camera_id)
        return self._pass_on(await anext(remote, b""), remote)

    def stream_own(self, camera_id: str) -> AsyncIterator[bytes]:
        """The live view of a camera that this process watches. Raises StreamLost for any other."""
        return self._show(camera_id, self._require_picture(camera_id))

    async def follow(self, camera_id: str, width: int) -> AsyncGenerator[LivePicture, None]:
        """Picture after picture, about so wide, the newest each time that one is asked for; ends with the process.

        Raises NotFound, Conflict when the camera is disabled, StreamLost once it is not live.
        """
        after, address = 0, None
        while not self._closing.is_set():
            if self._own.find_picture(camera_id) is not None:
                address, picture = None, await self.take_next(camera_id, width, after)
            else:
                address = address or await find_address(self._services.database, self._services.clock, camera_id)
                picture = await self._remote.fetch_next(address, camera_id, width, after)
            if picture is not None:
                after = picture.number
                yield picture

    async def take_next(self, camera_id: str, width: int, after: int) -> LivePicture | None:
        """The newest picture of a camera that this process watches once it is another than `after`; None where none
        came for seconds. Raises StreamLost for any other camera.
        """
        last = self._require_picture(camera_id)
        picture = last if last.number != after else await self._wait_for_next(camera_id, last)
        if picture is None:
            return None
        step = next((each for each in WIDTHS if each >= width), WIDTHS[-1])
        return LivePicture(picture.number, await self._encode(camera_id, picture, step), picture.age_s, picture.motion)

    async def take_pushed(self, camera_id: str) -> PushTarget:
        """From now on frames are pushed to this process.

        Raises NotFound, Conflict when the camera is disabled or of another kind, StreamLost when nothing is watched.
        """
        async with self._services.database.reading() as session:
            settings = cameras.open_settings(await cameras.get_camera(session, camera_id), self._services.box)
        if parse_source(settings.source).scheme is not Scheme.PUSH:
            raise Conflict("Frames are pushed to cameras whose source is push: only.")
        return await self._own.take_over(camera_id)

    async def probe(self, source: Source) -> StreamInfo:
        """Open a source for a moment.

        Raises InvalidInput that says why it cannot be used, Transient where too many wait for the same already.
        """
        if source.scheme is Scheme.PUSH:
            raise InvalidInput("There is nothing to open: the frames of such a camera are pushed to the service.")
        if self._probes >= _PROBES + _WAITING_PROBES:
            raise Transient("Other sources are being tried; try this one later.", retry_after_s=_PROBE_RETRY_S)
        self._probes += 1
        try:
            async with self._probing:
                return await self._services.threads.run(probe_stream, source, self.policy, self._limits)
        except (MediaError, NotAllowed) as error:
            raise InvalidInput(str(error)) from error
        finally:
            self._probes -= 1

    def _require_picture(self, camera_id: str) -> LiveFrame:
        picture = self._own.find_picture(camera_id)
        if picture is None:
            raise StreamLost("This camera is not live.", retry_after_s=_RETRY_S)
        return picture

    async def _encode(self, camera_id: str, picture: LiveFrame, width: int = MAX_WIDTH) -> bytes:
        """The picture as JPEG, encoded once for all who look."""
        known = self._encoded.get(camera_id)
        if known is None or known.picture is not picture:
            known = self._encoded[camera_id] = _Coded(picture)
        if width not in known.jpegs:
            known.jpegs[width] = self._services.threads.start(picture.jpeg, width)
        return await asyncio.shield(known.jpegs[width])

    async def _show(self, camera_id: str, picture: LiveFrame | None) -> AsyncIterator[bytes]:
        while picture is not None:
            jpeg = await self._encode(camera_id, picture)
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            yield head.encode() + jpeg + b"\r\n"
            picture = await self._wait_for_next(camera_id, picture)

    async def _wait_for_next(self, camera_id: str, last: LiveFrame) -> LiveFrame | None:
        give_up_at_s = time.monotonic() + QUIET_S
        while time.monotonic() < give_up_at_s:
            with suppress(TimeoutError):
                async with asyncio.timeout(1 / MAX_FPS):
                    await self._closing.wait()
                return None
            picture = self._own.find_picture(camera_id)
            if picture is not None and picture is not last:
                return picture
        return None

    async def _pass_on(self, first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
        async with aclosing(rest):
            yield first
            with suppress(StreamLost):  # half of the answer is on its way: all that can be done is to end it
                async for piece in rest:
                    if self._closing.is_set():
                        return
                    yield piece
