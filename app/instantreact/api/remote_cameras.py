"""Cameras that another process watches, through the internal address in their lease."""

import hmac
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus

import httpx
from fastapi import Request
from starlette.exceptions import HTTPException

from instantreact.api.auth import admit
from instantreact.api.tls import Certificate
from instantreact.clock import Clock
from instantreact.domain.principal import Principal, PrincipalKind, Scope
from instantreact.errors import Conflict, StreamLost
from instantreact.storage import cameras, leases
from instantreact.storage.database import Database

TOKEN_HEADER = "X-InstantReact-Internal"  # noqa: S105 the header's name
PREFIX = "/internal/cameras"

PROCESS = Principal(PrincipalKind.PROCESS, "Process", frozenset({Scope.READ}))
"""One of the service's own."""

_TIMEOUT = httpx.Timeout(15.0, connect=2.0)
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=64)  # whoever waits has one of their own
_RETRY_S = 2.0


NUMBER_HEADER, AGE_HEADER, MOTION_HEADER = "X-Picture-Number", "X-Picture-Age-S", "X-Picture-Motion"


@dataclass(frozen=True)
class LivePicture:
    """A camera's picture as JPEG; `number` tells it from the one before, `motion` is the share of it that moved."""

    number: int
    jpeg: bytes
    age_s: float
    motion: float = 0.0


class RemoteCameras:
    """Asks the process at `address` for what it shows; `token` is what all processes of this service share."""

    def __init__(self, token: str, certificate: Certificate | None = None) -> None:
        verify = certificate.trusting() if certificate else True
        headers = {TOKEN_HEADER: token}
        self._client = httpx.AsyncClient(
            headers=headers, timeout=_TIMEOUT, limits=_LIMITS, trust_env=False, verify=verify
        )

    async def take_snapshot(self, database: Database, clock: Clock, camera_id: str) -> bytes:
        """The newest picture as JPEG, from whichever process watches the camera.

        Raises NotFound, Conflict when the camera is disabled, StreamLost when it is not live.
        """
        return await self.fetch_snapshot(await find_address(database, clock, camera_id), camera_id)

    async def fetch_snapshot(self, address: str, camera_id: str) -> bytes:
        """The newest picture as JPEG. Raises StreamLost with what the other process says."""
        try:
            answer = await self._client.get(f"{address}{PREFIX}/{camera_id}/snapshot.jpg")
        except httpx.TransportError as error:
            raise _no_answer() from error
        await _check(answer)
        return answer.content

    async def fetch_next(self, address: str, camera_id: str, width: int, after: int) -> LivePicture | None:
        """As `LiveCameras.take_next` of the process there."""
        wanted = {"width": width, "after": after}
        try:
            answer = await self._client.get(f"{address}{PREFIX}/{camera_id}/next.jpg", params=wanted)
        except httpx.TransportError as error:
            raise _no_answer() from error
        if answer.status_code == HTTPStatus.NO_CONTENT:
            return None
        await _check(answer)
        said = answer.headers
        age_s, motion = float(said[AGE_HEADER]), float(said[MOTION_HEADER])
        return LivePicture(int(said[NUMBER_HEADER]), answer.content, age_s, motion)

    async def stream(self, address: str, camera_id: str) -> AsyncGenerator[bytes, None]:
        """The live view as it comes, in pieces of any size. Raises StreamLost before the first piece."""
        try:
            async with self._client.stream("GET", f"{address}{PREFIX}/{camera_id}/live.mjpg") as answer:
                await _check(answer)
                async for piece in answer.aiter_raw():
                    yield piece
        except httpx.TransportError as error:
            raise _no_answer() from error

    async def close(self) -> None:
        await self._client.aclose()


async def find_address(database: Database, clock: Clock, camera_id: str) -> str:
    """Where the process answers that watches the camera. Raises NotFound, Conflict and StreamLost."""
    async with database.reading() as session:
        camera = await cameras.get_camera(session, camera_id)
        lease = await leases.find_lease(session, camera_id)
    if not camera.enabled:
        raise Conflict("This camera is disabled.")
    if lease is None or lease.lease_until <= clock.now() or lease.owner_address is None:
        raise StreamLost("No process watches this camera now.", retry_after_s=_RETRY_S)
    if lease.last_error is not None:
        raise StreamLost(f"This camera is {lease.state}. {lease.last_error}", retry_after_s=_RETRY_S)
    return lease.owner_address


def require_token(request: Request) -> None:
    """Let only the service's own processes pass. Answers 401 otherwise."""
    given = request.headers.get(TOKEN_HEADER, "")
    if not hmac.compare_digest(given.encode(), request.app.state.internal_token.encode()):
        raise HTTPException(401, "This is for the service's own processes.")
    admit(request, PROCESS)


async def _check(answer: httpx.Response) -> None:
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        await answer.aread()
        raise StreamLost(str(answer.json().get("detail", "")), retry_after_s=_RETRY_S)
    if answer.status_code != HTTPStatus.OK:
        raise StreamLost("The process that watches this camera does not show it.", retry_after_s=_RETRY_S)


def _no_answer() -> StreamLost:
    return StreamLost("The process that watches this camera does not answer.", retry_after_s=_RETRY_S)
