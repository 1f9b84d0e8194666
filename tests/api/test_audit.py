"""The audit log as its readers meet it: whoever did something stands in it, whichever route they took."""

from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from instantreact.api.remote_cameras import TOKEN_HEADER
from instantreact.errors import StorageFull
from instantreact.pipeline.services import Services
from instantreact.storage.tables import AuditEntry
from tests.api.conftest import API_KEY, INTERNAL_TOKEN
from tests.api.problems import assert_problem
from tests.api.test_confinement import make_place, routes
from tests.api.test_keys import holder, make
from tests.conftest import StoppedClock


async def read(client: httpx.AsyncClient, **query: str) -> list[dict[str, str]]:
    answer = await client.get("/audit", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, str]] = answer.json()["items"]
    return items


async def test_change_says_who_what_and_from_where(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await make(client, name="Ana", scopes=["admin"])
    async with holder(app, made["key"]) as ana:
        site = (await ana.post("/sites", json={"name": "Shop"}, headers={"X-Request-Id": "r1"})).json()

    (entry,) = await read(client, principal="Ana")
    assert {name: value for name, value in entry.items() if name != "id"} == {
        "at": "2026-11-22T12:00:00Z",
        "action": "changed",
        "principal_kind": "key",
        "principal": "Ana",
        "principal_id": made["id"],
        "source": "127.0.0.1",
        "route": "POST /sites",
        "subject": site["id"],
        "status": 201,
        "request_id": "r1",
    }


async def test_every_changing_route_that_succeeds_is_written_down(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    place = await make_place(services, "Shop")
    done = set()
    for verb, path in sorted(routes(app), key=lambda route: (route[0] == "delete", "{site_id}" in route[1])):
        url = path.format(**place.ids)
        body = (await client.get(url)).json() if verb == "put" else {"overlap_s": 1} if "rotate" in path else None
        if verb != "get" and (await client.request(verb, url, json=body)).status_code < 400:
            done.add(f"{verb.upper()} {path}")

    entries = [*await read(client, action="changed", limit="200"), *await read(client, action="answered")]
    assert {entry["route"] for entry in entries} == done
    assert len(done) > 10


@pytest.mark.parametrize(
    "what", ["clips/{clip_id}/media", "events/{event_id}/snapshot.jpg", "events/{event_id}/evidence.mp4"]
)
async def test_media_that_was_seen_is_written_down_once_a_minute(
    client: httpx.AsyncClient, services: Services, what: str
) -> None:
    place = await make_place(services, "Shop")
    assert isinstance(services.clock, StoppedClock)
    url = "/" + what.format(**place.ids)
    for range_ in ("bytes=0-0", "bytes=1-1", "bytes=2-"):
        assert (await client.get(url, headers={"Range": range_})).status_code == 206
    await client.head(url)
    services.clock.advance(60)
    await client.get(url)

    seen = await read(client, action="saw")
    assert [(entry["route"], entry["at"]) for entry in seen] == [
        (f"GET /{what}", "2026-11-22T12:01:00Z"), (f"GET /{what}", "2026-11-22T12:00:00Z"),
    ]  # fmt: skip
    assert seen[0]["subject"] in place.ids.values()


async def test_what_was_seen_is_written_soon_without_anybody_asking(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    place = await make_place(services, "Shop")
    await client.get(f"/events/{place.ids['event_id']}/snapshot.jpg")
    await app.state.audit.close()  # as when the process ends

    async with services.database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM audit_entries"))).scalar() == 1


async def test_reading_lists_and_failing_to_change_leave_nothing(client: httpx.AsyncClient) -> None:
    for path in ("/events", "/clips", "/metrics", "/livez", "/openapi.json", "/docs"):
        assert (await client.get(path)).status_code == 200
    await client.delete("/rules/nothing")
    await client.post("/sites", json={})

    assert await read(client) == []


async def test_whoever_is_refused_is_written_down(
    app: FastAPI, client: httpx.AsyncClient, anybody: httpx.AsyncClient
) -> None:
    made = await make(client, name="Camera", scopes=["ingest"])
    async with holder(app, made["key"]) as camera:
        await camera.get("/events")
    await anybody.get("/events", headers={"X-API-Key": "guessed"})
    await anybody.get("/events")

    refused = await read(client, action="refused")
    assert sorted(f"{entry['principal']} {entry['status']}" for entry in refused) == ["Anybody 401", "Camera 403"]


async def test_answers_are_told_apart_from_changes_also_by_link(
    client: httpx.AsyncClient, anybody: httpx.AsyncClient, services: Services
) -> None:
    place = await make_place(services, "Shop")
    alert_id = place.ids["alert_id"]
    await client.post(f"/alerts/{alert_id}/acknowledge")
    assert isinstance(services.clock, StoppedClock)
    services.clock.advance(1)
    answer = await anybody.post(f"/open/{alert_id}/{services.links.sign(alert_id)}?answer=dismiss")
    assert answer.status_code == 303

    answered = await read(client, action="answered")
    assert [(entry["principal"], entry["subject"]) for entry in answered] == [("Link", alert_id), ("API", alert_id)]


async def test_no_secret_stands_in_the_log(
    app: FastAPI, client: httpx.AsyncClient, anybody: httpx.AsyncClient, services: Services
) -> None:
    place = await make_place(services, "Shop")
    signature = services.links.sign(place.ids["alert_id"])
    made = await make(client, name="Ana")
    rotated = (await client.post(f"/keys/{made['id']}/rotate", json={})).json()
    await client.post("/cameras", json={"name": "A", "source": "rtsp://me:hunter2@192.0.2.1/a"})
    await anybody.get(f"/open/{place.ids['alert_id']}/{signature}/snapshot.jpg")
    await anybody.post(f"/open/{place.ids['alert_id']}/{signature}?answer=dismiss")
    await anybody.get("/events?key=leaked-in-query", headers={"X-API-Key": "leaked-in-header"})
    await app.state.audit.flush()

    async with services.database.reading() as session:
        log = str((await session.execute(text("SELECT * FROM audit_entries"))).all())
    assert log.count("/open/{alert_id}") == 2
    for secret in (signature, made["key"], rotated["key"], API_KEY, "hunter2", "leaked"):
        assert secret not in log


async def test_own_processes_and_channels_are_not_written_down_twice(
    client: httpx.AsyncClient, anybody: httpx.AsyncClient
) -> None:
    await anybody.get("/internal/cameras/a/snapshot.jpg", headers={TOKEN_HEADER: INTERNAL_TOKEN})
    await anybody.post("/webhooks/messenger", content=b"{}")

    assert [entry["route"] for entry in await read(client)] == ["POST /webhooks/{channel}"]  # it was not signed


@pytest.mark.parametrize(
    ("query", "found"), [({"since": "2026-11-22T12:00:01Z"}, "B"), ({"until": "2026-11-22T12:00:01Z"}, "A")]
)
async def test_log_is_filtered_by_time(
    client: httpx.AsyncClient, services: Services, query: dict[str, str], found: str
) -> None:
    assert isinstance(services.clock, StoppedClock)
    ids = {}
    for name in ("A", "B"):
        ids[(await client.post("/sites", json={"name": name})).json()["id"]] = name
        services.clock.advance(1)

    assert [ids[entry["subject"]] for entry in await read(client, **query)] == [found]


async def test_log_is_for_administrators(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await make(client, scopes=["read", "operate", "ingest"])
    async with holder(app, made["key"]) as owner:
        assert_problem(await owner.get("/audit"), 403, "admin")


async def test_entry_cannot_be_changed(client: httpx.AsyncClient, services: Services) -> None:
    await client.post("/sites", json={"name": "Shop"})

    async def falsify() -> None:
        async with services.database.unit_of_work() as session:
            await session.execute(update(AuditEntry).values(principal="Somebody else"))

    with pytest.raises(DBAPIError, match="stays as it is"):
        await falsify()
    async with services.database.unit_of_work() as session:  # as retention does
        await session.execute(delete(AuditEntry))


async def test_change_is_answered_when_it_cannot_be_written_down(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is done: to say otherwise would have it done twice."""

    def is_full() -> None:
        raise StorageFull

    monkeypatch.setattr(app.state.audit, "_database", SimpleNamespace(unit_of_work=is_full))
    with capture_logs() as lines:
        answer = await client.post("/sites", json={"name": "Shop"})

    assert answer.status_code == 201
    assert [line["entries"] for line in lines if line["event"] == "audit.not_written"] == [1]
