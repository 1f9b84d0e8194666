"""The first administrator: made with the code that was printed, once."""

import asyncio

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import delete

from instantreact.main import offer_setup
from instantreact.pipeline.services import Services
from instantreact.storage import passwords
from instantreact.storage.setup_codes import add_setup_code, make_code
from instantreact.storage.tables import User
from tests.api.people import PASSWORD, add, browser, sign_in
from tests.api.problems import assert_problem
from tests.conftest import StoppedClock


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
async def code(services: Services) -> str:
    """As a start prints it."""
    code = make_code()
    async with services.database.unit_of_work() as session:
        await add_setup_code(session, code, now=services.clock.now())
    return code


async def set_up(client: httpx.AsyncClient, code: str, name: str = "Ana") -> httpx.Response:
    return await client.post("/setup", json={"code": code, "name": name, "password": PASSWORD})


async def test_code_makes_the_first_administrator_once(app: FastAPI, code: str, client: httpx.AsyncClient) -> None:
    async with browser(app) as ana, browser(app) as eve:
        assert (await ana.get("/setup")).json() == {"is_needed": True, "has_oidc": False}
        made = await set_up(ana, code.lower().replace("-", " "))
        assert made.status_code == 201, made.text
        assert made.json()["role"] == "administrator"
        assert (await ana.get("/setup")).json() == {"is_needed": False, "has_oidc": False}
        assert_problem(await set_up(eve, code, "Eve"), 409, "administrator already")
        assert (await sign_in(ana)).status_code == 200
        assert (await ana.get("/users")).json()["items"][0]["name"] == "Ana"
    (entry,) = (await client.get("/audit?action=changed")).json()["items"]
    assert (entry["route"], entry["principal"], entry["subject"]) == ("POST /setup", "Ana", made.json()["id"])


async def test_start_prints_a_code_while_nobody_administers_the_service(
    app: FastAPI, services: Services, client: httpx.AsyncClient
) -> None:
    said: list[str] = []
    await add(client, "Ben", "operator")
    for _ in range(2):
        await offer_setup(services, said.append)
    codes = [line.split(": ")[1].split(" ")[0] for line in said]
    async with browser(app) as ana:
        assert (await set_up(ana, codes[1])).status_code == 201
    await offer_setup(services, said.append)

    assert len(set(codes)) == len(said) == 2


async def test_of_two_who_use_the_code_at_once_one_is_first(app: FastAPI, code: str) -> None:
    async with browser(app) as ana, browser(app) as eve:
        answers = await asyncio.gather(set_up(ana, code, "Ana"), set_up(eve, code, "Eve"))
    assert [answer.status_code for answer in answers].count(201) == 1


async def test_code_expires(app: FastAPI, services: Services, code: str) -> None:
    assert isinstance(services.clock, StoppedClock)
    async with browser(app) as ana:
        services.clock.advance(3600)
        assert_problem(await set_up(ana, code), 401, "start the service again")


async def test_code_is_not_guessed(app: FastAPI, code: str) -> None:
    async with browser(app) as eve:
        statuses = [(await set_up(eve, make_code())).status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429]
        assert_problem(await set_up(eve, code), 429)


async def test_codes_of_two_processes_are_both_good_until_one_was_used(
    app: FastAPI, services: Services, code: str
) -> None:
    second = make_code()
    async with services.database.unit_of_work() as session:
        await add_setup_code(session, second, now=services.clock.now())
    async with browser(app) as ana:
        assert (await set_up(ana, code)).status_code == 201
        async with services.database.unit_of_work() as session:  # by hand
            await session.execute(delete(User))
        assert_problem(await set_up(ana, second), 401)


async def test_set_up_from_elsewhere_takes_https_and_a_page_of_our_own(app: FastAPI, code: str) -> None:
    async with browser(app, url="http://cameras.example", address="192.0.2.7") as ana:
        assert_problem(await set_up(ana, code), 403, "https")
    async with browser(app) as ana:
        ana.headers["Sec-Fetch-Site"] = "cross-site"
        assert_problem(await set_up(ana, code), 403)


async def test_confined_administrator_is_not_the_first(app: FastAPI, client: httpx.AsyncClient, code: str) -> None:
    site = (await client.post("/sites", json={"name": "Shop"})).json()
    await add(client, "Ben", "administrator", site_ids=[site["id"]])
    async with browser(app) as ana:
        assert (await set_up(ana, code)).status_code == 201


@pytest.mark.parametrize("changes", [{"password": "short"}, {"name": " "}, {"code": ""}, {"role": "viewer"}])
async def test_code_is_not_spent_on_a_mistake(app: FastAPI, code: str, changes: dict[str, str]) -> None:
    async with browser(app) as ana:
        answer = await ana.post("/setup", json={"code": code, "name": "Ana", "password": PASSWORD, **changes})
        assert_problem(answer, 422)
        assert (await set_up(ana, code)).status_code == 201
