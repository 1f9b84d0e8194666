"""Cameras that a real supervisor of this process watches, as the API shows them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from instantreact.api.app import create_app, create_internal_app
from instantreact.api.live import LiveCameras
from instantreact.api.remote_cameras import PREFIX, TOKEN_HEADER, RemoteCameras
from instantreact.domain.camera import CameraState
from instantreact.domain.media import Images
from instantreact.figures import Figures
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.keep_watching import OwnCameras
from instantreact.ingest.state import Patience
from instantreact.ingest.supervisor import Supervisor
from instantreact.ingest.watched import EvidenceLimits, WatchTools
from instantreact.media.reach import ReachPolicy
from instantreact.media.stream import StreamLimits
from instantreact.pipeline.services import Services
from instantreact.storage import leases
from instantreact.storage.leases import LeaseOwner, WatchReport
from tests.api.conftest import API_KEY, INTERNAL_TOKEN, OPTIONS, Checks
from tests.api.problems import assert_problem
from tests.api.serving import serve
from tests.ingest.cheap_model import PLAN, describe, encode
from tests.media.live_footage import write_clip
from tests.storage.factories import NOW

LEFT_HALF = [{"x": 0, "y": 0}, {"x": 0.5, "y": 0}, {"x": 0.5, "y": 1}, {"x": 0, "y": 1}]
REPORT_LOST = WatchReport(CameraState.LOST, NOW, error="Nothing listens.")
LIMITS = StreamLimits(read_timeout_s=1.0, stall_timeout_s=20.0)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("footage") / "box.mp4", sound=True)


@pytest.fixture
async def live_cameras(services: Services, footage: Path) -> AsyncIterator[LiveCameras]:
    async with watching(services, footage.parent) as live:
        yield live


@asynccontextmanager
async def watching(services: Services, folder: Path) -> AsyncIterator[LiveCameras]:
    """What a supervisor of this process watches, files below the folder among it."""
    remote, own = RemoteCameras(INTERNAL_TOKEN), OwnCameras()
    policy, batcher = ReachPolicy(file_folders=(folder,)), FeatureBatcher(encode, describe)
    shared = (PLAN, batcher, policy, LIMITS, Patience(), EvidenceLimits(), services.clock)
    # Long enough not to run out on a busy machine: taken anew, a lease has its first address again.
    holder = LeaseOwner("here", "http://127.0.0.1:1", lease_s=60.0)
    own.supervisor = Supervisor(services, holder, lambda hand_over: WatchTools(*shared, hand_over), max_cameras=4)
    running = asyncio.create_task(own.supervisor.run())
    yield LiveCameras(services, own, remote, policy=policy, limits=LIMITS)
    running.cancel()
    await asyncio.wait([running])
    await own.supervisor.close()
    await remote.close()


@asynccontextmanager
async def elsewhere(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """The API of another process on the same database, which watches nothing itself."""
    remote = RemoteCameras(INTERNAL_TOKEN)
    app = create_app(
        services,
        OPTIONS,
        Checks().run,
        LiveCameras(services, OwnCameras(), remote, policy=ReachPolicy(), limits=LIMITS),
    )
    transport, headers = httpx.ASGITransport(app), {"X-API-Key": API_KEY}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client
    await remote.close()


async def add_camera(client: httpx.AsyncClient, source: str, **values: object) -> str:
    answer = await client.post("/cameras", json={"name": "Door", "source": source, **values})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def take_snapshot(client: httpx.AsyncClient, camera_id: str) -> bytes:
    """What the camera shows, once it is live."""
    async with asyncio.timeout(30):
        while (answer := await client.get(f"/cameras/{camera_id}/snapshot.jpg")).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    return answer.content


def decode(jpeg: bytes) -> Images:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


async def move_lease(services: Services, camera_id: str, address: str) -> None:
    """Let the lease say that its holder answers at `address`."""
    async with services.database.unit_of_work() as session:
        lease = await leases.find_lease(session, camera_id)
        assert lease is not None
        lease.owner_address = address


async def hold_lease(services: Services, camera_id: str, address: str | None, report: WatchReport) -> None:
    holder = LeaseOwner("there", address, lease_s=60.0)
    async with services.database.unit_of_work() as session:
        await leases.claim_lease(session, camera_id, holder, now=NOW, by_force=True)
        await leases.renew_lease(session, camera_id, holder, report, now=NOW)


async def test_snapshot_is_the_newest_picture_masked(client: httpx.AsyncClient, footage: Path) -> None:
    camera_id = await add_camera(client, f"file:{footage}#loop", masks=[{"polygon": LEFT_HALF}])

    shown = decode(await take_snapshot(client, camera_id))

    assert shown.shape == (240, 320, 3)
    assert int(shown[:, :158].max()) < 16
    assert float(shown[:, 162:].mean()) > 60


async def test_snapshot_says_why_there_is_none(client: httpx.AsyncClient, services: Services) -> None:
    disabled = await add_camera(client, "device:77", enabled=False)
    idle = await add_camera(client, "push:", name="Idle")
    lost = await add_camera(client, "push:", name="Lost")
    await hold_lease(services, idle, None, WatchReport(CameraState.CONNECTING, NOW))
    await hold_lease(services, lost, "http://127.0.0.1:1", REPORT_LOST)

    for view in ("snapshot.jpg", "live.mjpg"):
        assert_problem(await client.get(f"/cameras/{disabled}/{view}"), 409, "disabled")
        assert_problem(await client.get(f"/cameras/{idle}/{view}"), 503, "No process watches this camera")
        assert_problem(await client.get(f"/cameras/{lost}/{view}"), 503, "This camera is lost. Nothing listens.")
        assert_problem(await client.get(f"/cameras/nobody/{view}"), 404, "There is no camera nobody")


async def test_live_view_shows_picture_after_picture_until_the_process_ends(
    app: FastAPI, live_cameras: LiveCameras, client: httpx.AsyncClient, footage: Path
) -> None:
    camera_id = await add_camera(client, f"file:{footage}#loop")
    await take_snapshot(client, camera_id)
    body = b""

    async with (
        serve(app) as url,
        httpx.AsyncClient(base_url=url, headers={"X-API-Key": API_KEY}) as viewer,
        viewer.stream("GET", f"/cameras/{camera_id}/live.mjpg") as answer,
    ):
        assert answer.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
        async for piece in answer.aiter_raw():
            body += piece
            if body.count(b"--frame") == 4:
                live_cameras.end_streams()

    jpegs = [part.split(b"\r\n\r\n", 1)[1] for part in body.split(b"--frame\r\n")[1:]]
    assert len(jpegs) >= 4
    assert len(set(jpegs)) == len(jpegs)
    assert {decode(jpeg).shape for jpeg in jpegs} == {(240, 320, 3)}


class AfterFirstPicture:
    """Calls `then` once something of a live view was sent."""

    def __init__(self, app: ASGIApp, then: Callable[[], None]) -> None:
        self._app, self._then = app, then

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            await send(message)
            if scope.get("path", "").endswith("live.mjpg") and message.get("body"):
                self._then()

        await self._app(scope, receive, tell)


async def test_camera_of_another_process_is_shown_through_it(
    client: httpx.AsyncClient, services: Services, live_cameras: LiveCameras, footage: Path
) -> None:
    camera_id = await add_camera(client, f"file:{footage}#loop")
    await take_snapshot(client, camera_id)
    owner = create_internal_app(live_cameras, internal_token=INTERNAL_TOKEN, figures=Figures())
    owner.add_middleware(AfterFirstPicture, then=live_cameras.end_streams)

    async with serve(owner) as url, elsewhere(services) as other, httpx.AsyncClient(base_url=url) as stranger:
        await move_lease(services, camera_id, url)
        shown = decode(await take_snapshot(other, camera_id))
        live = await other.get(f"/cameras/{camera_id}/live.mjpg")
        for headers in ({}, {TOKEN_HEADER: "guessed"}, {"X-API-Key": API_KEY}):
            for view in ("snapshot.jpg", "live.mjpg"):
                answer = await stranger.get(f"{PREFIX}/{camera_id}/{view}", headers=headers)
                assert_problem(answer, 401, "own processes")

    assert shown.shape == (240, 320, 3)
    assert live.content.startswith(b"--frame\r\nContent-Type: image/jpeg")


async def test_camera_whose_process_does_not_answer_is_not_live(client: httpx.AsyncClient, services: Services) -> None:
    camera_id = await add_camera(client, "push:")
    await hold_lease(services, camera_id, "http://127.0.0.1:1", WatchReport(CameraState.LIVE, NOW))
    async with elsewhere(services) as other:
        for view in ("snapshot.jpg", "live.mjpg"):
            answer = await other.get(f"/cameras/{camera_id}/{view}")
            assert_problem(answer, 503, "does not answer")
            assert answer.headers["Retry-After"] == "2"
