"""Pictures of many cameras over one web socket."""

import asyncio
import contextlib
import json
import socket as socket_module
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close

from instantreact.api.app import close_app, create_app, create_internal_app
from instantreact.api.live import LiveCameras, PushTarget
from instantreact.api.remote_cameras import LivePicture, RemoteCameras
from instantreact.api.schemas.walls import WallWish
from instantreact.api.walls import STALE_S, Wall, read_message
from instantreact.domain.camera import Mask, Point
from instantreact.figures import Figures
from instantreact.media.live_frame import LiveFrame
from instantreact.media.mask import FrameMask
from instantreact.media.reach import ReachPolicy
from instantreact.pipeline.services import Services
from instantreact.storage import passwords
from tests.api.conftest import API_KEY, INTERNAL_TOKEN, OPTIONS, Checks
from tests.api.people import add, signed_in
from tests.api.serving import serve
from tests.api.test_live import LIMITS, add_camera, decode, elsewhere, move_lease, take_snapshot, watching
from tests.media.live_footage import write_clip

CAMERAS = 16
KEY = {"X-API-Key": API_KEY}


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("footage") / "box.mp4", sound=False)


@pytest.fixture
async def live_cameras(services: Services, footage: Path) -> AsyncIterator[LiveCameras]:
    async with watching(services, footage.parent) as live:
        yield live


@asynccontextmanager
async def wall(url: str, *camera_ids: str, **headers: str) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws{url.removeprefix('http')}/live", additional_headers=headers or KEY, max_queue=1) as socket:
        await ask(socket, *camera_ids)
        yield socket


async def ask(socket: ClientConnection, *camera_ids: str, width: int = 160, fps: float = 5) -> None:
    cameras = [{"id": each, "width": width, "fps": fps} for each in camera_ids]
    await socket.send(json.dumps({"cameras": cameras}))


async def see(socket: ClientConnection) -> tuple[dict[str, Any], bytes]:
    """The next picture, or a problem and nothing."""
    message = await asyncio.wait_for(socket.recv(), 20)
    return read_message(message) if isinstance(message, bytes) else (json.loads(message), b"")


async def see_end(socket: ClientConnection) -> Close:
    """With what the socket is closed, once it is."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await see(socket)
    assert socket.protocol.close_rcvd is not None
    return socket.protocol.close_rcvd


async def see_all(socket: ClientConnection, camera_ids: set[str]) -> dict[str, bytes]:
    """The first picture of each."""
    shown: dict[str, bytes] = {}
    while camera_ids - shown.keys():
        header, jpeg = await see(socket)
        if jpeg:
            shown.setdefault(header["camera_id"], jpeg)
    return shown


class Drawn:
    """Cameras that cost little: noise, five pictures a second, the left half masked; those of one may be large."""

    def __init__(self) -> None:
        self.large_id = ""
        self._noise = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
        self._masks = FrameMask([Mask((Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))])
        self._frames: dict[str, tuple[int, LiveFrame]] = {}

    def find_picture(self, camera_id: str) -> LiveFrame:
        tick = int(time.monotonic() * 5)
        known = self._frames.get(camera_id)
        if known is None or known[0] != tick:
            noise = self._noise if camera_id == self.large_id else np.ascontiguousarray(self._noise[:180, :320])
            picture = av.VideoFrame.from_ndarray(noise, format="rgb24")
            known = self._frames[camera_id] = (tick, LiveFrame(0.0, picture, self._masks))
            known[1].number = tick  # those that nobody asks for are never made, and are missed all the same
        return known[1]

    async def take_over(self, camera_id: str) -> PushTarget:
        raise NotImplementedError


async def test_sixteen_cameras_share_a_socket_while_the_api_answers_and_who_takes_nothing_misses_pictures(
    services: Services, client: httpx.AsyncClient
) -> None:
    ids = [await add_camera(client, "push:", name=f"Camera {number}", enabled=False) for number in range(CAMERAS)]
    nobody, remote = "0" * 32, RemoteCameras(INTERNAL_TOKEN)
    drawn = Drawn()
    live = LiveCameras(services, drawn, remote, policy=ReachPolicy(), limits=LIMITS)
    app = create_app(services, OPTIONS, Checks().run, live)

    async with serve(app) as url, wall(url, *ids, nobody) as socket, httpx.AsyncClient(base_url=url) as other:
        assert (await see(socket))[0] == {"camera_id": nobody, "status": 404, "detail": f"There is no camera {nobody}."}
        shown = await see_all(socket, set(ids))
        assert (await other.get("/cameras", headers=KEY)).status_code == 200
        headers = [(await see(socket))[0] for _ in range(3 * CAMERAS)]

        drawn.large_id = ids[0]
        await ask(socket, ids[0], width=1920, fps=10)
        own: socket_module.socket = socket.transport.get_extra_info("socket")
        own.setsockopt(socket_module.SOL_SOCKET, socket_module.SO_RCVBUF, 256 * 1024)  # no room for many
        await asyncio.sleep(2.0)  # and takes nothing
        numbers: list[int] = []
        while len(numbers) < 6:
            header, jpeg = await see(socket)
            numbers += [header["number"]] if len(jpeg) > 100_000 else []

        await ask(socket, ids[0], width=5000)
        closed = await see_end(socket)
    await close_app(app)
    await remote.close()

    assert {decode(each).shape for each in shown.values()} == {(90, 160, 3)}
    assert int(decode(shown[ids[-1]])[:, :78].max()) < 16
    assert float(decode(shown[ids[-1]])[:, 82:].mean()) > 100
    pictures = [(each["camera_id"], each["number"]) for each in headers if "number" in each]
    assert len(set(pictures)) == len(pictures)
    assert max(later - earlier for earlier, later in pairwise(numbers)) >= 4, numbers
    assert {each["age_s"] < 5 for each in headers if "number" in each} == {True}
    assert (closed.code, closed.reason[:16]) == (1007, "cameras.0.width:")
    seen = (await client.get("/audit?action=saw&limit=100")).json()["items"]
    assert {each["subject"] for each in seen if each["route"] == "WEBSOCKET /live"} >= set(ids)


class SlowClient:
    """Takes a picture every half second."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, int]] = []

    async def send(self, message: bytes | str) -> None:
        assert isinstance(message, bytes)
        header, _ = read_message(message)
        await asyncio.sleep(0.1)
        self.taken.append((time.monotonic(), header["number"]))


class Ticking:
    """Cameras that show the time, in hundredths of a second."""

    async def follow(self, camera_id: str, width: int) -> AsyncIterator[LivePicture]:
        while True:
            await asyncio.sleep(0.01)
            yield LivePicture(round(time.monotonic() * 100), b"jpeg", 0.0)


async def test_slow_client_gets_fewer_pictures_of_each_camera_and_none_that_waited_long() -> None:
    client = SlowClient()
    wall = Wall(Ticking(), client.send)  # type: ignore[arg-type]
    wall.show(WallWish(id=str(number), fps=10) for number in range(8))
    await asyncio.sleep(2.0)
    await wall.close()

    assert 12 <= len(client.taken) <= 20
    assert wall.dropped > 0
    assert max(at_s - number / 100 for at_s, number in client.taken) < STALE_S + 0.4


async def test_camera_of_another_process_is_on_the_wall_through_it(
    client: httpx.AsyncClient, services: Services, live_cameras: LiveCameras, footage: Path
) -> None:
    camera_id = await add_camera(client, f"file:{footage}#loop")
    await take_snapshot(client, camera_id)
    owner = create_internal_app(live_cameras, internal_token=INTERNAL_TOKEN, figures=Figures())

    async with serve(owner) as there, elsewhere(services) as other:
        await move_lease(services, camera_id, there)
        app = other._transport.app  # type: ignore[attr-defined]
        async with serve(app) as url, wall(url, camera_id) as socket:
            shown = [await see(socket) for _ in range(4)]
            await client.put(f"/cameras/{camera_id}", json={"name": "Door", "source": "push:", "enabled": False})
            while (last := await see(socket))[1]:
                continue

    assert len({header["number"] for header, _ in shown}) == 4
    assert {decode(jpeg).shape for _, jpeg in shown} == {(120, 160, 3)}
    assert last[0]["camera_id"] == camera_id
    assert last[0]["status"] in {409, 503}


async def test_wall_is_for_pages_of_the_service_and_ends_with_the_session(
    app: FastAPI, client: httpx.AsyncClient, footage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))
    own = await add_camera(client, f"file:{footage}#loop", site="Shop")
    other = await add_camera(client, f"file:{footage}#loop", name="Vault", site="Bank")
    await take_snapshot(client, own)
    (shop,) = [each["id"] for each in (await client.get("/sites")).json()["items"] if each["name"] == "Shop"]
    await add(client, site_ids=[shop], role="viewer")
    statuses = []

    async with signed_in(app) as ana, serve(app) as url:
        cookie = {"Cookie": f"instantreact_session={ana.cookies['instantreact_session']}"}
        for headers in (cookie | {"Origin": "https://evil.example"}, cookie, {"X-API-Key": "guessed"}, {"A": "b"}):
            with pytest.raises(InvalidStatus) as refused:
                async with wall(url, **headers):
                    pass
            statuses.append(refused.value.response.status_code)
        async with wall(url, own, other, **cookie, Origin=url, **{"Sec-Fetch-Site": "cross-site"}) as socket:
            first = [await see(socket) for _ in range(4)]
            await ana.delete("/session")
            began_s = time.monotonic()
            closed = await see_end(socket)

    assert statuses == [403, 403, 401, 401]
    assert {header["camera_id"] for header, jpeg in first if jpeg} == {own}
    assert [header["status"] for header, jpeg in first if not jpeg] == [404]
    assert closed.code == 1008
    assert time.monotonic() - began_s < 15
