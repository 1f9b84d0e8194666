"""Signed links as a browser meets them: an address, no header."""

from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from instantreact.api.app import close_app, create_app
from instantreact.pipeline.services import Services
from tests.api.conftest import OPTIONS, Checks
from tests.api.problems import assert_problem
from tests.api.test_confinement import Place, make_place
from tests.api.test_keys import holder, make
from tests.conftest import StoppedClock


@pytest.fixture
async def place(services: Services) -> Place:
    return await make_place(services, "Shop")


async def link(client: httpx.AsyncClient, path: str, valid_s: float = 300) -> str:
    answer = await client.post("/links", json={"path": path, "valid_s": valid_s})
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["url"]
    return url


PATHS = ["/events/{event_id}/snapshot.jpg", "/clips/{clip_id}/media", "/events?camera_id={camera_id}&limit=1"]


@pytest.mark.parametrize("path", PATHS)
async def test_link_opens_what_it_was_made_for(
    client: httpx.AsyncClient, anybody: httpx.AsyncClient, place: Place, path: str
) -> None:
    url = path.format(**place.ids)
    signed = await link(client, url)

    assert (await anybody.get(signed)).content == (await client.get(url)).content
    assert (await anybody.get(signed, headers={"Range": "bytes=0-0"})).status_code in {200, 206}
    assert_problem(await anybody.get(url), 401)


async def test_link_opens_nothing_else(client: httpx.AsyncClient, anybody: httpx.AsyncClient, place: Place) -> None:
    url = f"/events/{place.ids['event_id']}/snapshot.jpg"
    signature = (await link(client, url)).partition("?")[2]
    signed_query = (await link(client, "/events?limit=1")).partition("&")[2]
    ends_s, holder_, mac = signature.removeprefix("link=").split(".")
    others = [
        f"/events/{place.ids['event_id']}?{signature}",
        f"/events/{place.ids['event_id']}/evidence.mp4?{signature}",
        f"{url}?limit=1&{signature}",
        f"{url}?{signature}&limit=1",
        f"{url}?{signature}x",
        f"{url}?link={int(ends_s) + 1}.{holder_}.{mac}",
        f"{url}?link={ends_s}.{place.ids['key_id']}.{mac}",
        f"{url}?link={ends_s}..{mac}",
        f"/events?limit=2&{signed_query}",
        f"/events?{signed_query}",
    ]
    for other in others:
        answer = await anybody.get(other)
        assert answer.status_code in {401, 429}, other


async def test_link_changes_nothing(client: httpx.AsyncClient, anybody: httpx.AsyncClient, place: Place) -> None:
    url = f"/clips/{place.ids['clip_id']}"
    signed = await link(client, url)

    assert_problem(await anybody.delete(signed), 401)
    assert (await anybody.get(signed)).status_code == 200


async def test_link_opens_nothing_after_its_time(
    client: httpx.AsyncClient, anybody: httpx.AsyncClient, services: Services, place: Place
) -> None:
    signed = await link(client, f"/events/{place.ids['event_id']}", valid_s=10)
    assert isinstance(services.clock, StoppedClock)

    services.clock.advance(9)
    assert (await anybody.get(signed)).status_code == 200
    services.clock.advance(1)
    assert_problem(await anybody.get(signed), 401, "expired")


async def test_link_is_void_once_its_key_is_revoked_but_outlives_a_rotation(
    app: FastAPI, client: httpx.AsyncClient, anybody: httpx.AsyncClient, place: Place
) -> None:
    made = await make(client)
    async with holder(app, made["key"]) as owner:
        signed = await link(owner, f"/events/{place.ids['event_id']}")

    await client.post(f"/keys/{made['id']}/rotate", json={"overlap_s": 0})
    assert (await anybody.get(signed)).status_code == 200
    await client.delete(f"/keys/{made['id']}")
    assert_problem(await anybody.get(signed), 401)


async def test_link_of_the_key_of_the_settings_is_void_once_that_is_another(
    app: FastAPI, client: httpx.AsyncClient, services: Services, place: Place
) -> None:
    signed = await link(client, f"/events/{place.ids['event_id']}")
    changed = create_app(services, replace(OPTIONS, api_key_hashes=("0" * 64,)), Checks().run, app.state.live)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(changed), base_url="http://test") as anybody:
        assert_problem(await anybody.get(signed), 401)
    await close_app(changed)


async def test_link_sees_what_its_key_sees(
    app: FastAPI, client: httpx.AsyncClient, anybody: httpx.AsyncClient, services: Services, place: Place
) -> None:
    other = await make_place(services, "Bank")
    made = await make(client, site_ids=[place.ids["site_id"]], scopes=["read", "admin"])
    async with holder(app, made["key"]) as owner:
        own, theirs = [await link(owner, f"/events/{each.ids['event_id']}") for each in (place, other)]
        keys = await link(owner, "/keys")

    assert (await anybody.get(own)).status_code == 200
    assert_problem(await anybody.get(theirs), 404)
    assert_problem(await anybody.get(keys), 403)


@pytest.mark.parametrize(
    "path", ["/nowhere", "https://evil.example/", "//evil.example/a", "/events/..\\a", "/events?link=1.a.b", "events"]
)
async def test_link_to_what_is_nothing_of_ours_is_refused(client: httpx.AsyncClient, path: str) -> None:
    assert_problem(await client.post("/links", json={"path": path}), 422)


async def test_guessed_links_are_counted_as_wrong_keys_are(anybody: httpx.AsyncClient) -> None:
    statuses = [(await anybody.get(f"/events?link=1.a.{number}")).status_code for number in range(12)]

    assert statuses == [401] * 10 + [429] * 2


async def test_what_was_seen_by_link_stands_in_the_audit_log_without_it(
    client: httpx.AsyncClient, anybody: httpx.AsyncClient, place: Place
) -> None:
    signed = await link(client, f"/events/{place.ids['event_id']}/snapshot.jpg")
    await anybody.get(signed)

    answer = await client.get("/audit?action=saw")
    (entry,) = answer.json()["items"]
    assert (entry["principal_kind"], entry["principal"]) == ("link", "API")
    assert signed.rpartition(".")[2] not in answer.text
