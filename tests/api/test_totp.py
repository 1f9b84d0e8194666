"""The second factor: enrolled with the password, asked for at sign-in, each code good once."""

import asyncio
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text

from instantreact.pipeline.services import Services
from instantreact.storage import passwords
from tests.api.people import PASSWORD, add, browser, sign_in, signed_in
from tests.api.problems import assert_problem
from tests.conftest import StoppedClock


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
def now(services: Services) -> StoppedClock:
    assert isinstance(services.clock, StoppedClock)
    return services.clock


def code_at(secret: str, moment: datetime) -> str:
    return pyotp.TOTP(secret).at(moment)


async def enrol(ana: httpx.AsyncClient, now: StoppedClock, **more: str) -> tuple[str, list[str]]:
    """Their secret and recovery codes; the code of this half minute is used."""
    begun = await ana.post("/session/totp", json={"password": PASSWORD, **more})
    assert begun.status_code == 200, begun.text
    secret: str = begun.json()["secret"]
    done = await ana.post("/session/totp/confirm", json={"code": code_at(secret, now.now())})
    assert done.status_code == 200, done.text
    return secret, done.json()["recovery_codes"]


async def test_code_is_asked_for_once_a_second_factor_was_confirmed(
    app: FastAPI, client: httpx.AsyncClient, now: StoppedClock
) -> None:
    await add(client)
    async with signed_in(app) as ana, signed_in(app) as other, browser(app) as anew:
        begun = (await ana.post("/session/totp", json={"password": PASSWORD})).json()
        assert (await sign_in(anew)).status_code == 200  # not confirmed yet
        wrong = await ana.post("/session/totp/confirm", json={"code": "000000"})
        assert_problem(wrong, 422, "clock")
        confirmed = {"code": code_at(begun["secret"], now.now())}
        assert (await ana.post("/session/totp/confirm", json=confirmed)).status_code == 200
        assert_problem(await other.get("/events"), 401)

        needed = await sign_in(anew)
        assert_problem(needed, 401, "code")
        assert needed.json()["type"].endswith(":code-needed")
        assert_problem(await sign_in(anew, password="a wrong guess"), 401, "name or the password")
        now.advance(30)
        assert (await sign_in(anew, code=code_at(begun["secret"], now.now()))).status_code == 200
    parts = urlsplit(begun["uri"])
    assert (parts.scheme, parts.netloc, parse_qs(parts.query)["secret"]) == ("otpauth", "totp", [begun["secret"]])


async def test_code_is_good_once_also_for_two_who_show_it_at_once(
    app: FastAPI, client: httpx.AsyncClient, now: StoppedClock
) -> None:
    await add(client)
    async with signed_in(app) as ana, browser(app) as one, browser(app) as two:
        secret, _ = await enrol(ana, now)
        assert_problem(await sign_in(one, code=code_at(secret, now.now())), 401, "used already")
        now.advance(60)
        code = code_at(secret, now.now())
        answers = await asyncio.gather(sign_in(one, code=code), sign_in(two, code=code))
        assert sorted(answer.status_code for answer in answers) == [200, 401]
        assert_problem(await sign_in(one, code=code_at(secret, now.now())), 401)


@pytest.mark.parametrize(("late_s", "status"), [(-30, 200), (30, 200), (-90, 401), (90, 401)])
async def test_clock_of_a_phone_may_be_half_a_minute_off(
    app: FastAPI, client: httpx.AsyncClient, now: StoppedClock, late_s: int, status: int
) -> None:
    await add(client)
    async with signed_in(app) as ana, browser(app) as phone:
        secret, _ = await enrol(ana, now)
        now.advance(600)
        shown = code_at(secret, datetime.fromtimestamp(now.now().timestamp() + late_s, now.now().tzinfo))
        assert (await sign_in(phone, code=shown)).status_code == status


async def test_recovery_code_is_good_once_however_it_is_typed(
    app: FastAPI, client: httpx.AsyncClient, now: StoppedClock
) -> None:
    await add(client)
    async with signed_in(app) as ana, browser(app) as anew:
        _, recovery = await enrol(ana, now)
        assert len(set(recovery)) == 10
        assert (await sign_in(anew, code=recovery[0])).status_code == 200
        assert_problem(await sign_in(anew, code=recovery[0]), 401)
        assert (await sign_in(anew, code=recovery[1].lower().replace("-", " "))).status_code == 200


@pytest.mark.parametrize("code", ["１２３４５６", "ä", "\0", "-" * 64, "000000"])
async def test_code_that_is_none_is_refused(
    app: FastAPI, client: httpx.AsyncClient, now: StoppedClock, code: str
) -> None:
    await add(client)
    async with signed_in(app) as ana, browser(app) as anew:
        await enrol(ana, now)
        assert_problem(await sign_in(anew, code=code), 401, "code")


async def test_other_app_takes_the_password_and_a_code_of_the_app_so_far(
    app: FastAPI, client: httpx.AsyncClient, now: StoppedClock
) -> None:
    await add(client)
    async with signed_in(app) as ana, browser(app) as anew:
        secret, _ = await enrol(ana, now)
        now.advance(60)
        assert_problem(await ana.post("/session/totp", json={"password": "a wrong guess"}), 401)
        assert_problem(await ana.post("/session/totp", json={"password": PASSWORD}), 401, "code")
        other, _ = await enrol(ana, now, code=code_at(secret, now.now()))
        now.advance(60)
        assert_problem(await sign_in(anew, code=code_at(secret, now.now())), 401)
        assert (await sign_in(anew, code=code_at(other, now.now()))).status_code == 200


async def test_administrator_drops_a_second_factor_that_was_lost(
    app: FastAPI, client: httpx.AsyncClient, now: StoppedClock
) -> None:
    made = await add(client)
    async with signed_in(app) as ana, browser(app) as anew:
        await enrol(ana, now)
        assert (await client.get(f"/users/{made['id']}")).json()["has_totp"]
        assert_problem(await ana.delete(f"/users/{made['id']}/totp"), 403)
        assert (await client.delete(f"/users/{made['id']}/totp")).status_code == 204
        assert (await sign_in(anew)).status_code == 200


async def test_secret_is_sealed_and_recovery_codes_are_hashes(
    app: FastAPI, client: httpx.AsyncClient, services: Services, now: StoppedClock
) -> None:
    await add(client)
    async with signed_in(app) as ana:
        secret, recovery = await enrol(ana, now)
    async with services.database.reading() as session:
        stored = str((await session.execute(text("SELECT * FROM users"))).all())

    assert secret not in stored
    assert not [code for code in recovery if code in stored or code.replace("-", "") in stored]


async def test_key_has_no_second_factor(client: httpx.AsyncClient) -> None:
    assert_problem(await client.post("/session/totp", json={"password": PASSWORD}), 409, "not for keys")
    assert_problem(await client.post("/session/totp/confirm", json={"code": "1"}), 409, "not for keys")
