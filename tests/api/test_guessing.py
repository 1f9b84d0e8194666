"""Guessing, slowed down: by user and address, in all processes together."""

import asyncio
import threading
from typing import Literal

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from instantreact.api import guessing
from instantreact.api import sign_in as signing
from instantreact.api.app import close_app, create_app
from instantreact.api.live import LiveCameras
from instantreact.pipeline.services import Services
from instantreact.storage import passwords
from tests.api.conftest import OPTIONS, Checks
from tests.api.people import PASSWORD, add, browser, sign_in, signed_in
from tests.api.problems import assert_problem
from tests.conftest import StoppedClock

FAR = "https://cameras.example"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


async def guess(client: httpx.AsyncClient, times: int, name: str = "Ana") -> list[int]:
    return [(await sign_in(client, name, f"guess number {number}")).status_code for number in range(times)]


@pytest.mark.parametrize("name", ["Ana", "nobody"])
async def test_guesser_waits_after_ten_and_learns_nothing_more(
    app: FastAPI, client: httpx.AsyncClient, services: Services, name: str
) -> None:
    assert isinstance(services.clock, StoppedClock)
    await add(client)
    async with browser(app) as eve:
        assert await guess(eve, 12, name) == [401] * 10 + [429] * 2
        answer = await sign_in(eve, name.upper())
        assert_problem(answer, 429, "try again later")
        assert 0 < int(answer.headers["Retry-After"]) <= 900
        assert (await client.get("/events")).status_code == 200
        services.clock.advance(900)
        assert (await sign_in(eve, name)).status_code == (200 if name == "Ana" else 401)


async def test_guesses_at_once_are_no_more_than_one_after_the_other(app: FastAPI, client: httpx.AsyncClient) -> None:
    await add(client)
    async with browser(app) as eve:
        answers = await asyncio.gather(*(sign_in(eve, password=f"guess number {n}") for n in range(30)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 20


async def test_guesses_count_in_every_process_and_after_a_restart(
    app: FastAPI, client: httpx.AsyncClient, services: Services, live_cameras: LiveCameras
) -> None:
    await add(client)
    another = create_app(services, OPTIONS, Checks().run, live_cameras)
    async with browser(app) as one, browser(another) as two:
        assert await guess(one, 5) + await guess(two, 6) == [401] * 10 + [429]
    await close_app(another)


async def test_user_is_let_in_from_elsewhere_while_somebody_guesses(app: FastAPI, client: httpx.AsyncClient) -> None:
    await add(client)
    async with browser(app, url=FAR, address="192.0.2.1") as eve, browser(app) as ana:
        await guess(eve, 11)
        assert (await sign_in(ana)).status_code == 200


async def test_address_that_tries_many_names_waits(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "OF_ADDRESS", 6)
    await add(client)
    async with (
        browser(app, url=FAR, address="2001:db8::1") as eve,
        browser(app, url=FAR, address="2001:db8::2") as near,
        browser(app) as ana,
    ):
        assert [(await guess(eve, 1, f"name {number}"))[0] for number in range(7)] == [401] * 6 + [429]
        assert_problem(await sign_in(near), 429)
        assert (await sign_in(ana)).status_code == 200


async def test_user_is_not_guessed_at_from_many_addresses_either(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "OF_USER", 6)
    await add(client)
    statuses = []
    async with signed_in(app) as ana:
        for number in range(7):
            async with browser(app, url=FAR, address=f"192.0.2.{number}") as eve:
                statuses += await guess(eve, 1)
        assert (await ana.get("/events")).status_code == 200  # who is in stays in
    assert statuses == [401] * 6 + [429]


async def test_right_passwords_do_not_count(app: FastAPI, client: httpx.AsyncClient) -> None:
    await add(client)
    async with browser(app) as ana:
        statuses = [(await sign_in(ana)).status_code for _ in range(15)]
        assert await guess(ana, 10) == [401] * 10
    assert statuses == [200] * 15


async def test_guess_that_nobody_looked_at_does_not_count(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(client)
    async with browser(app) as eve, browser(app) as ana:
        with monkeypatch.context() as patch:
            patch.setattr(signing, "WAITING", 0)
            assert await guess(eve, 15) == [503] * 15
        with monkeypatch.context() as patch:
            begun, left = threading.Event(), threading.Event()

            def look(password: str, hashed: str | None) -> bool:
                begun.set()
                return left.wait(10)

            patch.setattr(signing, "is_password", look)
            for _ in range(12):
                begun.clear()
                left.clear()
                leaving = asyncio.create_task(sign_in(eve, password="a wrong guess"))
                await asyncio.to_thread(begun.wait, 10)
                leaving.cancel()
                await asyncio.wait([leaving])
                left.set()
        assert (await sign_in(ana)).status_code == 200
        assert await guess(ana, 11) == [401] * 10 + [429]


async def test_code_that_begins_a_second_factor_is_not_guessed_either(app: FastAPI, client: httpx.AsyncClient) -> None:
    await add(client)
    async with signed_in(app) as ana:
        assert (await ana.post("/session/totp", json={"password": PASSWORD})).status_code == 200
        confirms = [await ana.post("/session/totp/confirm", json={"code": "x" * 6}) for _ in range(11)]
        assert [answer.status_code for answer in confirms] == [422] * 10 + [429]
        again = await ana.put("/session/password", json={"password": PASSWORD, "new_password": PASSWORD})
        assert_problem(again, 429)


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
async def test_clock_that_jumps_locks_nobody_out_for_long(
    app: FastAPI, client: httpx.AsyncClient, services: Services, seconds: int
) -> None:
    assert isinstance(services.clock, StoppedClock)
    await add(client)
    async with browser(app) as ana:
        await guess(ana, 11)
        services.clock.advance(seconds)
        assert (await sign_in(ana)).status_code == 200


async def test_guess_about_nobody_is_as_much_work(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(client)
    await add(client, "Elsewhere", password=None)
    verified = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            verified.append(hash)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting(1, 8, 1))
    async with browser(app) as eve:
        bodies = [
            {
                name: each
                for name, each in (await sign_in(eve, who, "a wrong guess")).json().items()
                if name != "request_id"
            }
            for who in ("Ana", "Elsewhere", "nobody")
        ]
    assert len(verified) == 3
    assert bodies[0] == bodies[1] == bodies[2]


async def test_few_hash_at_once_and_whoever_is_beyond_is_told_to_come_again(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    class Slow(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            go_on.wait(20)
            return super().verify(hash, password)

    await add(client)
    monkeypatch.setattr(passwords, "HASHER", Slow(1, 8, 1))
    monkeypatch.setattr(signing, "WAITING", 3)
    statuses = []
    async with browser(app) as eve:
        for answered in asyncio.as_completed([sign_in(eve, password="a wrong guess") for _ in range(8)]):
            statuses.append((await answered).status_code)
            if len(statuses) == 5:
                go_on.set()
    assert statuses == [503] * 5 + [401] * 3
