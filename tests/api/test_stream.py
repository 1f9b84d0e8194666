"""GET /stream as a console or a script listens to it, through real sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
from fastapi import FastAPI

from instantreact.api import auth
from instantreact.api.app import create_app
from instantreact.api.connections import ConnectionLimits
from instantreact.api.live import LiveCameras
from instantreact.api.stream_room import StreamLimit
from instantreact.domain.principal import EVERYTHING, Confinement, Principal, PrincipalKind
from instantreact.figures import Figures
from instantreact.jobs import outbox
from instantreact.pipeline.services import Services
from instantreact.storage import news
from instantreact.storage.cameras import CameraSettings, insert_camera
from instantreact.storage.news import trim_news
from instantreact.storage.sites import insert_site
from instantreact.storage.tables import CameraLease
from tests.api.conftest import API_KEY, OPTIONS, Checks
from tests.api.problems import assert_problem
from tests.api.serving import serve
from tests.storage.factories import NOW, make_alert, make_recipient

KEY = {"X-API-Key": API_KEY}


@dataclass(frozen=True)
class Received:
    """One block of the stream."""

    event: str | None
    id: str | None
    data: dict[str, object] | None


class Listening:
    """A client that reads a stream as EventSource does."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id: str | None = None
        self.beats = 0
        self._lines = answer.aiter_lines()

    async def read(self, count: int) -> Sequence[Received]:
        """The next events; what comes without data is none."""
        found: list[Received] = []
        async with asyncio.timeout(20):
            while len(found) < count:
                block = await self._read_block()
                self.last_id = block.id or self.last_id
                if block.data is not None:
                    found.append(block)
        return found

    async def read_to_its_end(self) -> None:
        async with asyncio.timeout(20):
            async for _ in self._lines:
                pass

    async def _read_block(self) -> Received:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                break
            name, _, value = line.partition(": ")
            self.beats += not name
            fields[name] = value
        else:
            raise EOFError
        data = json.loads(fields["data"]) if "data" in fields else None
        return Received(fields.get("event"), fields.get("id"), data)


@asynccontextmanager
async def listen(url: str, *, last_id: str | None = None, types: str | None = None) -> AsyncIterator[Listening]:
    headers = KEY | ({"Last-Event-ID": last_id} if last_id else {})
    params = {"types": types} if types else {}
    async with (
        httpx.AsyncClient(base_url=url, timeout=20) as client,
        client.stream("GET", "/stream", headers=headers, params=params) as answer,
    ):
        yield Listening(answer)


async def put_job(services: Services, *subjects: str) -> None:
    for subject in subjects:
        async with services.database.unit_of_work() as session:
            await outbox.put(session, "analyze", subject, now=NOW)


def subjects_of(found: Sequence[Received]) -> list[object]:
    return [each.data["id"] for each in found if each.data is not None]


@pytest.fixture
def limit() -> StreamLimit:
    return StreamLimit(from_address=3, beat_s=0.1)


@pytest.fixture
def app(services: Services, checks: Checks, live_cameras: LiveCameras, limit: StreamLimit) -> FastAPI:
    return create_app(services, replace(OPTIONS, stream_limit=limit), checks.run, live_cameras)


async def test_stream_tells_of_what_changes_from_now_on(app: FastAPI, services: Services) -> None:
    await put_job(services, "before")
    async with serve(app) as url, listen(url) as listening:
        assert listening.answer.headers["Content-Type"].startswith("text/event-stream")
        async with services.database.unit_of_work() as session:
            alert = await make_alert(session, await make_recipient(session))
        found = await listening.read(3)
    assert {each.event for each in found} == {"event", "alert", "delivery"}
    (told,) = [each.data for each in found if each.event == "alert"]
    assert told is not None
    assert told.pop("at")
    assert told == {"id": alert.id, "change": "created", "state": "raised", "camera_id": None}


async def test_stream_goes_on_after_the_last_id_at_another_process(
    app: FastAPI, services: Services, checks: Checks, live_cameras: LiveCameras
) -> None:
    async with serve(app) as url, listen(url) as listening:
        await put_job(services, "1", "2", "3")
        first = await listening.read(2)
        last_id = listening.last_id
    await put_job(services, "4")
    other = create_app(replace(services, figures=Figures()), OPTIONS, checks.run, live_cameras)
    async with serve(other) as url, listen(url, last_id=last_id) as listening:
        await put_job(services, "5")
        rest = await listening.read(3)
    told = [*first, *rest]
    assert len(set(subjects_of(told))) == 5
    assert [each.id for each in told] == sorted({each.id for each in told}, key=lambda id_: str(id_).split("-"))


async def test_stream_that_breaks_before_the_first_news_can_be_gone_on_with(app: FastAPI, services: Services) -> None:
    async with serve(app) as url:
        async with listen(url) as listening:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await listening.read(1)
            last_id = listening.last_id
            assert listening.beats > 0
        await put_job(services, "1")
        async with listen(url, last_id=last_id) as listening:
            assert len(await listening.read(1)) == 1


async def test_stream_says_so_when_what_was_missed_is_no_longer_kept(
    app: FastAPI, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "KEPT", 1)
    await put_job(services, "1", "2", "3", "4")
    async with services.database.unit_of_work() as session:
        await trim_news(session)
    async with serve(app) as url, listen(url, last_id="0-1") as listening:
        (gap,) = await listening.read(1)
        await put_job(services, "5")
        (told,) = await listening.read(1)
    assert gap.event == "gap"
    assert told.event == "job"


async def test_stream_tells_only_of_the_types_that_are_asked_for(app: FastAPI, services: Services) -> None:
    async with serve(app) as url, listen(url, types="alert,delivery") as listening:
        await put_job(services, "1")
        async with services.database.unit_of_work() as session:
            await make_alert(session, await make_recipient(session))
        found = await listening.read(2)
        last_id = listening.last_id
    assert {each.event for each in found} == {"alert", "delivery"}
    assert last_id is not None


async def test_stream_tells_a_caller_of_a_site_of_its_own_cameras_only(
    app: FastAPI, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with services.database.unit_of_work() as session:
        site = await insert_site(session, {"name": "Shop", "time_zone": None}, now=NOW)
        confined = Principal(PrincipalKind.KEY, "Shop", EVERYTHING, confinement=Confinement(frozenset({site.id})))
        monkeypatch.setattr(auth, "API", confined)
        here = await insert_camera(session, services.box, CameraSettings("Here", "push:", site="Shop"), now=NOW)
        there = await insert_camera(session, services.box, CameraSettings("There", "push:"), now=NOW)
    async with serve(app) as url, listen(url) as listening:
        await put_job(services, "1")
        for camera in (there, here):
            async with services.database.unit_of_work() as session:
                session.add(CameraLease(camera_id=camera.id, owner="o", lease_until=NOW, state_since=NOW))
        (told,) = await listening.read(1)
    assert told.data is not None
    assert told.data["camera_id"] == here.id


async def test_streams_of_one_address_are_few_and_their_places_come_back(app: FastAPI, services: Services) -> None:
    async with serve(app) as url, httpx.AsyncClient(base_url=url, headers=KEY) as client:
        for _ in range(3):  # gone clients leave nothing behind
            async with listen(url), listen(url), listen(url):
                refused = await client.get("/stream")
                assert_problem(refused, 429)
                assert refused.headers["Retry-After"]
            async with asyncio.timeout(10):
                while app.state.streams.count():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)


async def test_stream_ends_at_once_when_the_service_does(app: FastAPI) -> None:
    async with serve(app) as url, listen(url) as listening:
        app.state.closing.set()
        await listening.read_to_its_end()


@pytest.mark.parametrize("limit", [StreamLimit(life_s=0.3)])
async def test_stream_ends_after_its_time_so_that_keys_that_were_withdrawn_do(app: FastAPI) -> None:
    async with serve(app) as url, listen(url) as listening:
        await listening.read_to_its_end()


async def test_stream_hangs_up_on_who_takes_nothing(app: FastAPI, services: Services) -> None:
    async with serve(app, ConnectionLimits(unread_s=0.3)) as url:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            deaf.connect(("127.0.0.1", int(url.rpartition(":")[2])))
            deaf.sendall(f"GET /stream?types=job HTTP/1.1\r\nHost: x\r\nX-API-Key: {API_KEY}\r\n\r\n".encode())
            async with asyncio.timeout(30):
                while not app.state.streams.count():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                number = 0
                while app.state.streams.count():
                    async with services.database.unit_of_work() as session:
                        await outbox.put_all(session, "analyze", [f"{number}-{i}" for i in range(5000)], now=NOW)
                    number += 1
                    await asyncio.sleep(0.2)


async def test_stream_needs_a_key_and_an_id_of_its_own(anybody: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    assert_problem(await anybody.get("/stream"), 401)
    assert_problem(await client.get("/stream", headers={"Last-Event-ID": "yesterday"}), 422)
    assert_problem(await client.get("/stream", params={"types": "alert,weather"}), 422)
