"""People as the service knows them: their roles, their sites, and that somebody is left to administer it."""

import asyncio
import json

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text

from instantreact.domain.principal import Scope
from instantreact.pipeline.services import Services
from instantreact.storage import passwords
from tests.api.people import PASSWORD, add, browser, sign_in, signed_in
from tests.api.problems import assert_problem
from tests.api.test_confinement import make_place


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("viewer", {Scope.READ}),
        ("operator", {Scope.READ, Scope.INGEST, Scope.OPERATE}),
        ("administrator", set(Scope)),
    ],
)
async def test_user_may_do_what_their_role_says_and_nothing_else(
    app: FastAPI, client: httpx.AsyncClient, role: str, scopes: set[Scope]
) -> None:
    await add(client, role=role)
    async with signed_in(app) as ana:
        answers = {
            Scope.READ: await ana.get("/events"),
            Scope.INGEST: await ana.post("/analyze"),
            Scope.OPERATE: await ana.post("/alerts/nothing/dismiss"),
            Scope.ADMIN: await ana.delete("/rules/nothing"),
        }
        who = (await ana.get("/session")).json()

    assert {scope for scope, answer in answers.items() if answer.status_code != 403} == scopes
    assert set(who["scopes"]) == scopes


async def test_password_is_in_no_answer_and_kept_as_argon2(client: httpx.AsyncClient, services: Services) -> None:
    made = await add(client)
    shown = [await client.get("/users"), await client.get(f"/users/{made['id']}")]
    async with services.database.reading() as session:
        stored = (await session.execute(text("SELECT password FROM users"))).scalar_one()

    assert stored.startswith("$argon2id$")
    assert not [answer for answer in shown if PASSWORD in answer.text or stored in answer.text]
    assert shown[0].json()["items"] == [shown[1].json()] == [made]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ({"password": "short"}, "at least 10"),
        ({"password": "x" * 1025}, "at most 1024"),
        ({"password": "\ud800" * 10}, "password"),
        ({"role": "owner"}, "role"),
        ({"name": "\u200b"}, "nothing that can be seen"),
        ({"site_ids": []}, "site_ids"),
        ({"site_ids": ["nowhere"]}, "There is no site nowhere"),
        ({"scopes": ["admin"]}, "scopes"),
    ],
)
async def test_user_that_could_never_be_meant_so_is_refused(
    client: httpx.AsyncClient, draft: dict[str, object], said: str
) -> None:
    body = json.dumps({"name": "Ana", "role": "viewer", **draft})
    answer = await client.post("/users", content=body, headers={"Content-Type": "application/json"})

    assert_problem(answer, 422, said)
    assert (await client.get("/users")).json()["items"] == []


@pytest.mark.parametrize("again", ["Zoë", "ZOË", "zoe\u0308", "Ｚｏë"])
async def test_second_user_of_a_name_is_refused_however_it_is_written(client: httpx.AsyncClient, again: str) -> None:
    await add(client, "Zoë")
    other = await add(client, "Ana")

    assert_problem(await client.post("/users", json={"name": again, "role": "viewer"}), 409, again)
    assert_problem(await client.put(f"/users/{other['id']}", json={**other, "name": again}), 409, again)


async def test_last_administrator_is_neither_removed_nor_demoted_nor_confined(
    client: httpx.AsyncClient, services: Services
) -> None:
    place = await make_place(services, "Shop")
    ana = await add(client, "Ana", "administrator")
    confined = await add(client, "Ben", "administrator", site_ids=[place.ids["site_id"]])
    url = f"/users/{ana['id']}"

    for answer in (
        await client.delete(url),
        await client.put(url, json={**ana, "role": "viewer"}),
        await client.put(url, json={**ana, "site_ids": [place.ids["site_id"]]}),
    ):
        assert_problem(answer, 409, "last administrator")
    assert (await client.put(url, json={**ana, "name": "Anna"})).status_code == 200
    assert (await client.put(f"/users/{confined['id']}", json={**confined, "site_ids": None})).status_code == 200
    assert (await client.delete(url)).status_code == 204


async def test_of_two_administrators_who_remove_each_other_at_once_one_stays(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    people = [await add(client, name, "administrator") for name in ("Ana", "Ben")]
    async with signed_in(app, "Ana") as ana, signed_in(app, "Ben") as ben:
        answers = await asyncio.gather(ana.delete(f"/users/{people[1]['id']}"), ben.delete(f"/users/{people[0]['id']}"))

    assert 204 in [answer.status_code for answer in answers]
    left = [user for user in (await client.get("/users")).json()["items"] if user["role"] == "administrator"]
    assert len(left) == 1


async def test_confined_user_sees_their_own_site_only(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    own, other = await make_place(services, "Shop"), await make_place(services, "Bank")
    await add(client, role="administrator", site_ids=[own.ids["site_id"]])
    async with signed_in(app) as ana:
        assert (await ana.get(f"/cameras/{own.ids['camera_id']}")).status_code == 200
        assert_problem(await ana.get(f"/cameras/{other.ids['camera_id']}"), 404)
        assert_problem(await ana.get(f"/events/{other.ids['event_id']}"), 404)
        assert_problem(await ana.delete(f"/rules/{other.ids['rule_id']}"), 404)
        assert (await ana.get("/users")).json()["items"] == []
        assert_problem(await ana.post("/users", json={"name": "Me", "role": "administrator"}), 403)
        assert len((await ana.get("/sessions")).json()["items"]) == 1


async def test_user_without_a_password_cannot_sign_in(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await add(client, password=None)
    async with browser(app) as ana:
        assert not made["has_password"]
        for guess in ("", "null", "of nobody"):
            assert_problem(await sign_in(ana, password=guess), 401, "wrong")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Zoë", "pässwörter 12"),
        ("李雷", "密码密码密码密码密码"),
        ("Ана", "🦉" * 10),
        ("O'Brien-Ñ", " spaces count "),
        ("🦉 Owl", "nul\0 is a letter"),
    ],
)
async def test_name_and_password_may_be_of_any_script(
    app: FastAPI, client: httpx.AsyncClient, name: str, password: str
) -> None:
    await add(client, name, password=password)
    async with browser(app) as ana:
        assert_problem(await sign_in(ana, name, password + " "), 401)
        assert (await sign_in(ana, name, password)).json()["name"] == name


async def test_same_letters_typed_on_another_keyboard_are_the_same_password(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    await add(client, "Zoë", password="ein schönes Wort")
    async with browser(app) as ana:
        assert (await sign_in(ana, "zoe\u0308", "ein scho\u0308nes Wort")).status_code == 200
        assert_problem(await sign_in(ana, "zoe\u0308", "ein schones Wort"), 401)
