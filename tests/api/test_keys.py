"""Keys as their owners meet them: over HTTP, each doing what it is good for and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from instantreact.api.known_keys import KnownKeys
from instantreact.domain.principal import Scope
from instantreact.pipeline.services import Services
from instantreact.storage import keys
from instantreact.storage.keys import KeyLimits
from tests.api.problems import assert_problem
from tests.conftest import StoppedClock


@asynccontextmanager
async def holder(app: FastAPI, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with this key."""
    transport, headers = httpx.ASGITransport(app), {"X-API-Key": key}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


async def make(client: httpx.AsyncClient, **draft: object) -> dict[str, str]:
    answer = await client.post("/keys", json={"name": "Night shift", "scopes": ["read"], **draft})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


@pytest.mark.parametrize("scope", Scope)
async def test_key_may_do_what_its_scope_says_and_nothing_else(
    app: FastAPI, client: httpx.AsyncClient, scope: Scope
) -> None:
    made = await make(client, scopes=[scope])

    async with holder(app, made["key"]) as owner:
        answers = {
            Scope.READ: await owner.get("/events"),
            Scope.INGEST: await owner.post("/analyze"),
            Scope.OPERATE: await owner.post("/alerts/nothing/dismiss"),
            Scope.ADMIN: await owner.delete("/rules/nothing"),
        }
    assert [each for each, answer in answers.items() if answer.status_code != 403] == [scope]


async def test_key_is_shown_once_and_kept_as_a_hash(client: httpx.AsyncClient, services: Services) -> None:
    made = await make(client)
    listed, read = await client.get("/keys"), await client.get(f"/keys/{made['id']}")
    async with services.database.reading() as session:
        rows = (await session.execute(text("SELECT * FROM api_keys"))).all()

    assert len(made["key"]) > 40
    assert made["key"] not in listed.text + read.text + str(rows)
    assert keys.hash_key(made["key"]) not in listed.text + read.text
    assert listed.json()["items"] == [read.json()]
    assert {**read.json(), "key": made["key"]} == made


async def test_key_opens_nothing_from_its_expiry_on(
    app: FastAPI, client: httpx.AsyncClient, clock: StoppedClock, services: Services
) -> None:
    now = services.clock
    assert isinstance(now, StoppedClock)
    made = await make(client, expires_at="2026-11-22T12:10:00Z")

    async with holder(app, made["key"]) as owner:
        assert (await owner.get("/events")).status_code == 200
        now.advance(599)
        assert (await owner.get("/events")).status_code == 200
        now.advance(1)
        assert_problem(await owner.get("/events"), 401)


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ({"expires_at": "2026-11-22T12:00:00Z"}, "expired already"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"site_ids": []}, "site_ids"),
        ({"camera_ids": ["nowhere"]}, "There is no camera nowhere"),
        ({"site_ids": ["nowhere"]}, "There is no site nowhere"),
        ({"key": "chosen-by-me"}, "key"),
    ],
)
async def test_key_that_could_never_be_meant_so_is_refused(
    client: httpx.AsyncClient, draft: dict[str, object], said: str
) -> None:
    answer = await client.post("/keys", json={"name": "A", "scopes": ["read"], **draft})

    assert_problem(answer, 422, said)
    assert (await client.get("/keys")).json()["items"] == []


async def test_second_key_of_a_name_is_refused(client: httpx.AsyncClient) -> None:
    await make(client)

    answer = await client.post("/keys", json={"name": "Night shift", "scopes": ["admin"]})

    assert_problem(answer, 409, "Night shift")


async def test_rotated_key_counts_until_its_overlap_is_over(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    made = await make(client)
    rotated = (await client.post(f"/keys/{made['id']}/rotate", json={"overlap_s": 60})).json()
    assert isinstance(services.clock, StoppedClock)

    async with holder(app, made["key"]) as old, holder(app, rotated["key"]) as new:
        assert [(await each.get("/events")).status_code for each in (old, new)] == [200, 200]
        services.clock.advance(60)
        assert [(await each.get("/events")).status_code for each in (old, new)] == [401, 200]


async def test_key_rotated_without_overlap_or_twice_is_dead_at_once(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await make(client)
    second = (await client.post(f"/keys/{made['id']}/rotate", json={})).json()
    third = (await client.post(f"/keys/{made['id']}/rotate", json={})).json()

    async with holder(app, made["key"]) as a, holder(app, second["key"]) as b, holder(app, third["key"]) as c:
        assert [(await each.get("/events")).status_code for each in (a, b, c)] == [401, 200, 200]
        fourth = (await client.post(f"/keys/{made['id']}/rotate", json={"overlap_s": 0})).json()
        assert [(await each.get("/events")).status_code for each in (a, b, c)] == [401, 401, 401]
    async with holder(app, fourth["key"]) as d:
        assert (await d.get("/events")).status_code == 200


async def test_revoked_key_is_refused_at_once_where_it_was_revoked(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await make(client)
    async with holder(app, made["key"]) as owner:
        assert (await owner.get("/events")).status_code == 200
        assert (await client.delete(f"/keys/{made['id']}")).status_code == 204
        assert_problem(await owner.get("/events"), 401)
    assert_problem(await client.get(f"/keys/{made['id']}"), 404)


async def test_other_process_refuses_a_revoked_key_a_second_later(
    client: httpx.AsyncClient, services: Services
) -> None:
    """The database's news reach only the process that commits them: this one finds out by looking."""
    made, now_s = await make(client), [0.0]
    other = KnownKeys(services.database, services.clock, monotonic=lambda: now_s[0])
    other._news = type(other._news)()  # of its own, as in another process
    digest = keys.hash_key(made["key"])

    assert await other.find(digest)
    await client.delete(f"/keys/{made['id']}")
    now_s[0] = 1.0
    assert await other.find(digest) is None
    await other.close()


async def test_last_use_is_written_at_most_once_a_minute(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    made = await make(client)
    assert isinstance(services.clock, StoppedClock)
    seen = []
    async with holder(app, made["key"]) as owner:
        for _ in range(4):
            await owner.get("/events")
            await app.state.known_keys.close()
            seen.append((await client.get(f"/keys/{made['id']}")).json()["last_used_at"])
            services.clock.advance(30)

    assert seen == ["2026-11-22T12:00:00Z"] * 2 + ["2026-11-22T12:01:00Z"] * 2


async def test_wrong_keys_do_not_reach_the_database(
    anybody: httpx.AsyncClient, client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with services.database.unit_of_work() as session:
        for number in range(50):
            await keys.create_key(session, f"{number}", KeyLimits(), now=services.clock.now())
    await anybody.get("/events", headers={"X-API-Key": "wrong"})
    reads = []
    monkeypatch.setattr(keys, "list_keys", lambda session: reads.append(session))

    for number in range(5):
        await anybody.get("/events", headers={"X-API-Key": f"guess {number}"})

    assert len(reads) == 0


async def test_answer_is_given_in_the_name_of_the_key(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await make(client, name="Ana's tablet", scopes=["operate"])

    async with holder(app, made["key"]) as owner:
        refused = await owner.get("/events")

    assert_problem(refused, 403, "Ana's tablet may not do this: it takes the scope read.")
