"""What the API says about cameras without showing them: state, figures, evidence; and who may push."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from instantreact.domain.camera import CameraState
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, events, leases
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.leases import LeaseOwner, WatchReport
from tests.api.conftest import API_KEY
from tests.api.problems import assert_problem
from tests.api.serving import serve
from tests.conftest import StoppedClock
from tests.storage.factories import NOW, make_alert, make_event, make_recipient

CLIP = bytes(range(200))
REPORT = WatchReport(
    CameraState.LIVE,
    NOW - timedelta(minutes=5),
    NOW - timedelta(seconds=2),
    numbers={"fps": 14.9, "pictures": 300, "windows_analyzed": 12, "windows_dropped": 1, "failures": 0},
)


async def add_camera(services: Services, name: str = "Door", **values: object) -> str:
    settings = CameraSettings(name, "push:", **values)  # type: ignore[arg-type]
    async with services.database.unit_of_work() as session:
        return (await cameras.insert_camera(session, services.box, settings, now=NOW)).id


async def hold_lease(services: Services, camera_id: str, report: WatchReport = REPORT) -> None:
    holder = LeaseOwner("there", None, lease_s=5.0)
    async with services.database.unit_of_work() as session:
        assert await leases.claim_lease(session, camera_id, holder, now=NOW)
        assert await leases.renew_lease(session, camera_id, holder, report, now=NOW)


async def read_live(client: httpx.AsyncClient, camera_id: str) -> dict[str, object]:
    read = (await client.get(f"/cameras/{camera_id}")).json()["live"]
    (listed,) = [each["live"] for each in (await client.get("/cameras")).json()["items"] if each["id"] == camera_id]
    assert listed == read
    return dict(read)


async def test_camera_tells_how_its_watching_goes(client: httpx.AsyncClient, services: Services) -> None:
    camera_id = await add_camera(services)
    await hold_lease(services, camera_id)

    assert await read_live(client, camera_id) == {
        "state": "live",
        "since": "2026-11-22T11:55:00Z",
        "last_frame_at": "2026-11-22T11:59:58Z",
        "fps": 14.9,
        "windows_analyzed": 12,
        "windows_dropped": 1,
        "failures": 0,
        "last_error": None,
    }


async def test_camera_is_idle_when_nobody_watches_it_and_stopped_when_it_is_disabled(
    client: httpx.AsyncClient, services: Services
) -> None:
    fresh, disabled = await add_camera(services, "A"), await add_camera(services, "B", enabled=False)
    left = await add_camera(services, "C")
    await hold_lease(services, left)
    assert isinstance(services.clock, StoppedClock)
    services.clock.advance(6)

    assert (await read_live(client, fresh))["state"] == "idle"
    assert (await read_live(client, disabled))["state"] == "stopped"
    live = await read_live(client, left)
    assert (live["state"], live["fps"], live["windows_analyzed"]) == ("idle", 0.0, 12)


async def test_metrics_tell_about_cameras_and_work(client: httpx.AsyncClient, services: Services) -> None:
    camera_id = await add_camera(services, 'Front "door"')
    await hold_lease(services, camera_id)
    async with services.database.unit_of_work() as session:
        await make_alert(session, await make_recipient(session))

    answer = await client.get("/metrics")

    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {
        (sample.name, sample.labels.get("state")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.labels.get("camera", 'Front "door"') == 'Front "door"'
    }
    assert found["instantreact_camera_state", "live"] == 1.0
    assert found["instantreact_camera_state", "lost"] == 0.0
    assert found["instantreact_camera_fps", None] == 14.9
    assert found["instantreact_camera_last_frame_age_seconds", None] == 2.0
    assert found["instantreact_camera_windows_analyzed_total", None] == 12.0
    assert found["instantreact_camera_windows_dropped_total", None] == 1.0
    assert found["instantreact_alerts", "raised"] == 1.0
    assert found["instantreact_alert_deliveries", "pending"] == 1.0
    assert found["instantreact_clips", "stored"] == 1.0  # the alert's


async def test_metrics_need_the_key(anybody: httpx.AsyncClient) -> None:
    assert_problem(await anybody.get("/metrics"), 401)


async def test_evidence_is_the_stored_clip_whole_or_in_part(client: httpx.AsyncClient, services: Services) -> None:
    key = services.blobs.new_key("evidence", ".mp4")
    services.blobs.put(key, CLIP)
    async with services.database.unit_of_work() as session:
        event = await make_event(session)
        assert await events.attach_clip(session, event.id, key, start_s=0.0, end_s=2.0)
    where = f"/events/{event.id}/evidence.mp4"

    whole = await client.get(where)
    part = await client.get(where, headers={"Range": "bytes=10-19"})

    assert (whole.status_code, whole.headers["Content-Type"], whole.content) == (200, "video/mp4", CLIP)
    assert (part.status_code, part.content) == (206, CLIP[10:20])
    assert (await client.head(where)).headers["Content-Length"] == str(len(CLIP))
    assert_problem(await client.get(where, headers={"Range": "bytes=900-"}), 416)
    assert (await client.get(f"/events/{event.id}")).json()["has_evidence"] is True


async def test_event_without_evidence_has_none(client: httpx.AsyncClient, services: Services) -> None:
    async with services.database.unit_of_work() as session:
        event = await make_event(session)

    assert (await client.get(f"/events/{event.id}")).json()["has_evidence"] is False
    assert_problem(await client.get(f"/events/{event.id}/evidence.mp4"), 404, "There is no evidence clip of event")


@pytest.fixture
async def pushing_to(app: FastAPI) -> AsyncIterator[str]:
    """Where the service takes pushed frames."""
    async with serve(app) as url:
        yield url.replace("http", "ws")


async def refuse_push(address: str, *, key: str | None = API_KEY) -> tuple[int, str]:
    """The status and the problem with which a push is refused."""
    headers = {} if key is None else {"X-API-Key": key}
    with pytest.raises(InvalidStatus) as refused:
        await connect(address, additional_headers=headers)
    answer = refused.value.response
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, (answer.body or b"").decode()


async def test_push_is_refused_with_a_problem(pushing_to: str, services: Services, client: httpx.AsyncClient) -> None:
    camera_id = await add_camera(services)
    other = (await client.post("/cameras", json={"name": "File", "source": "device:0"})).json()["id"]
    address = f"{pushing_to}/cameras/{camera_id}/push"

    for key in (None, "a-wrong-key"):
        assert (await refuse_push(address, key=key))[0] == 401
    assert (await refuse_push(f"{address}?key=a-wrong-key", key=None))[0] == 401
    status, problem = await refuse_push(f"{pushing_to}/cameras/nobody/push")
    assert status == 404
    assert "There is no camera nobody" in problem
    assert (await refuse_push(f"{pushing_to}/cameras/{other}/push"))[0] == 409
    assert (await refuse_push(address))[0] == 503  # nothing is watched here


async def test_wrong_keys_count_whichever_way_they_come(pushing_to: str, client: httpx.AsyncClient) -> None:
    address = f"{pushing_to}/cameras/nobody/push"

    in_header = [(await refuse_push(address, key=f"{number}"))[0] for number in range(4)]
    in_query = [(await refuse_push(f"{address}?key={number}", key=None))[0] for number in range(4)]
    async with httpx.AsyncClient(base_url=pushing_to.replace("ws", "http", 1)) as guesser:
        over_http = [(await guesser.get("/clips", headers={"X-API-Key": f"{n}"})).status_code for n in range(4)]
    status, problem = await refuse_push(address, key="one-more")

    assert in_header + in_query + over_http == [401] * 10 + [429] * 2
    assert (status, "Too many keys" in problem) == (429, True)
    assert (await refuse_push(address))[0] == 404  # a right one is looked at
