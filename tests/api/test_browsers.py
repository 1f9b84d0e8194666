"""People who are told in their browsers: who may be, what is kept of that, and what ends it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from sqlalchemy import select

from instantreact.api.app import create_app
from instantreact.channels.webpush.channel import WebPushChannel, WebPushPolicy
from instantreact.domain.alert import ChannelKind
from instantreact.pipeline import browsers
from instantreact.pipeline.services import Services
from instantreact.storage.channel_secrets import StoredSafe, reseal_secrets
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import ChannelSecret
from tests.api.conftest import API_KEY, OPTIONS
from tests.api.people import add, browser, sign_in
from tests.api.problems import assert_problem
from tests.servers.push_service import decode, encode, point_of


def make_draft(number: int = 1, **changes: object) -> dict[str, Any]:
    keys = {"p256dh": encode(point_of(ec.generate_private_key(ec.SECP256R1()))), "auth": encode(b"a" * 16)}
    given = {"endpoint": f"https://push.example.net/secret-{number}", "expirationTime": None, "keys": keys}
    return {"name": "Ana's laptop", **given, **changes}


@pytest.fixture
async def safe(services: Services) -> StoredSafe:
    return StoredSafe(ChannelKind.WEBPUSH, services.database, services.box, services.clock)


@pytest.fixture
async def pushing(app: FastAPI, safe: StoredSafe) -> AsyncIterator[FastAPI]:
    """A service whose people can be told in their browsers."""
    channel = WebPushChannel(WebPushPolicy("mailto:a@example.com"), safe, clock=safe.clock)
    services = replace(app.state.services, channels={ChannelKind.WEBPUSH: channel})
    yield create_app(services, OPTIONS, app.state.readiness, app.state.live)
    await channel.close()


@pytest.fixture
async def admin(pushing: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport, headers = httpx.ASGITransport(pushing), {"X-API-Key": API_KEY}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


@pytest.fixture
async def ana(pushing: FastAPI, admin: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """An operator who is signed in."""
    await add(admin)
    async with browser(pushing) as client:
        await sign_in(client)
        yield client


async def test_operator_is_told_in_a_browser_whose_address_nobody_sees(
    ana: httpx.AsyncClient, admin: httpx.AsyncClient, safe: StoredSafe
) -> None:
    draft = make_draft()
    made = await ana.post("/browsers", json=draft)
    assert made.status_code == 201, made.text
    row = made.json()
    assert (row["name"], row["channel"], row["unreachable_reason"]) == ("Ana's laptop", "webpush", None)
    assert made.headers["Location"] == f"/recipients/{row['id']}"
    assert (await ana.get("/browsers")).json() == [row]
    (told,) = (await admin.get("/recipients")).json()["items"]
    assert told == row
    async with safe.database.reading() as session:
        (kept,) = await session.scalars(select(ChannelSecret))
    for hidden in ("secret-1", draft["keys"]["p256dh"], draft["keys"]["auth"]):
        assert hidden not in made.text + kept.sealed + kept.name
    assert "secret-1" in (await safe.find(row["address"]) or "")


async def test_browser_that_is_registered_again_stays_the_same_and_belongs_to_who_did_so_last(
    pushing: FastAPI, ana: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    first = (await ana.post("/browsers", json=make_draft())).json()
    await add(admin, "Ben")
    async with browser(pushing) as ben:
        await sign_in(ben, "Ben")
        again = (await ben.post("/browsers", json=make_draft(name="The desk", language="fr"))).json()
        assert (again["id"], again["name"], again["language"]) == (first["id"], "The desk", "fr")
        assert (await ana.get("/browsers")).json() == []
        assert_problem(await ana.delete(f"/browsers/{first['id']}"), 404, "no browser of yours")
        assert (await ben.delete(f"/browsers/{first['id']}")).status_code == 204
    assert (await admin.get("/recipients")).json()["items"] == []


async def test_only_who_may_answer_every_alert_is_told_in_a_browser(
    pushing: FastAPI, admin: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    site = (await admin.post("/sites", json={"name": "Shop", "time_zone": "UTC"})).json()["id"]
    await add(admin, "Vic", "viewer")
    await add(admin, "Carl", "operator", site_ids=[site])
    for name, words in (("Vic", "takes the scope operate"), ("Carl", "confined")):
        async with browser(pushing) as theirs:
            await sign_in(theirs, name)
            assert_problem(await theirs.post("/browsers", json=make_draft()), 403, words)
    assert_problem(await admin.post("/browsers", json=make_draft()), 409, "not for keys")
    assert_problem(await client.get("/browsers/key"), 503, "INSTANTREACT_WEBPUSH_CONTACT")


async def test_what_no_browser_gives_is_refused(ana: httpx.AsyncClient) -> None:
    changes: list[tuple[dict[str, object], str]] = [
        ({"endpoint": "http://push.example.net/a"}, "body.endpoint"),
        ({"keys": {"p256dh": "A" * 87, "auth": "A" * 22}}, "P-256"),
        ({"keys": {"p256dh": "A" * 87}}, "body.keys.auth"),
        ({"name": " "}, "body.name"),
    ]
    for change, words in changes:
        answer = await ana.post("/browsers", json=make_draft(1, **change))
        assert (answer.status_code, words in answer.text) == (422, True), answer.text


async def test_number_of_browsers_has_an_end(ana: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "MOST", 2)
    for number in (1, 2, 1):
        assert (await ana.post("/browsers", json=make_draft(number))).status_code == 201
    assert_problem(await ana.post("/browsers", json=make_draft(3)), 409, "2 browsers already")


async def test_browser_of_somebody_who_may_less_by_now_is_told_nothing(
    ana: httpx.AsyncClient, admin: httpx.AsyncClient, safe: StoredSafe
) -> None:
    address = (await ana.post("/browsers", json=make_draft())).json()["address"]
    site = (await admin.post("/sites", json={"name": "Shop", "time_zone": "UTC"})).json()["id"]
    (user,) = (await admin.get("/users")).json()["items"]
    for change, is_told in (({"role": "viewer"}, False), ({}, True), ({"site_ids": [site]}, False)):
        draft = {"name": user["name"], "role": user["role"], **change}
        assert (await admin.put(f"/users/{user['id']}", json=draft)).status_code == 200
        assert (await safe.find(address) is not None) is is_told


async def test_removed_user_leaves_no_browser_and_one_that_a_rule_names_is_not_reached(
    ana: httpx.AsyncClient, admin: httpx.AsyncClient, safe: StoredSafe
) -> None:
    rows = [(await ana.post("/browsers", json=make_draft(number))).json() for number in (1, 2)]
    conditions = [{"kind": "concept", "concept": "fight"}]
    rule = {"name": "A fight", "conditions": conditions, "recipient_ids": [rows[0]["id"]]}
    assert (await admin.post("/rules", json=rule)).status_code == 201
    (user,) = (await admin.get("/users")).json()["items"]
    assert (await admin.delete(f"/users/{user['id']}")).status_code == 204
    (left,) = (await admin.get("/recipients")).json()["items"]
    assert (left["id"], left["name"]) == (rows[0]["id"], "Browser of nobody")
    assert "no user any more" in left["unreachable_reason"]
    for row in rows:
        assert await safe.find(row["address"]) is None
    async with safe.database.reading() as session:
        assert (await session.scalars(select(ChannelSecret))).all() == []


async def test_recipient_that_an_administrator_deletes_takes_its_secret_along(
    ana: httpx.AsyncClient, admin: httpx.AsyncClient, safe: StoredSafe
) -> None:
    row = (await ana.post("/browsers", json=make_draft())).json()
    assert (await admin.delete(f"/recipients/{row['id']}")).status_code == 204
    assert await safe.find(row["address"]) is None
    assert (await ana.get("/browsers")).json() == []


async def test_key_is_one_for_every_process_and_stays_when_secrets_are_sealed_anew(
    pushing: FastAPI, admin: httpx.AsyncClient, safe: StoredSafe
) -> None:
    answers = await asyncio.gather(*(admin.get("/browsers/key") for _ in range(4)))
    (key,) = {answer.json()["applicationServerKey"] for answer in answers}
    assert (len(decode(key)), decode(key)[0]) == (65, 4)
    new = Fernet.generate_key().decode()
    pem = await safe.find("vapid")
    async with safe.database.reading() as session:
        (row,) = await session.scalars(select(ChannelSecret))
    assert "PRIVATE" in (pem or "")
    assert "PRIVATE" not in row.sealed
    old = safe.box._fernet._fernets[0]
    both = SecretBox([new])
    both._fernet = type(both._fernet)([*both._fernet._fernets, old])
    async with safe.database.unit_of_work() as session:
        await reseal_secrets(session, both)
    assert await replace(safe, box=SecretBox([new])).find("vapid") == pem
