"""Signing in, as a browser meets it: the cookie, from where it counts, and what ends it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from instantreact.api.app import close_app, create_app
from instantreact.api.connections import ConnectionLimits
from instantreact.api.known_sessions import KnownSessions
from instantreact.api.live import LiveCameras
from instantreact.pipeline.services import Services
from instantreact.storage import passwords
from instantreact.storage.keys import hash_key
from instantreact.storage.user_sessions import MOST, SessionLimits
from tests.api.conftest import API_KEY, OPTIONS, Checks
from tests.api.people import OWN, PASSWORD, add, browser, sign_in, signed_in
from tests.api.problems import assert_problem
from tests.api.serving import serve
from tests.conftest import StoppedClock

LIMITS = SessionLimits(idle=timedelta(hours=1), life=timedelta(hours=5))


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
async def make_app(services: Services, live_cameras: LiveCameras) -> AsyncIterator[Callable[..., FastAPI]]:
    made = []

    def make_one(**options: Any) -> FastAPI:
        made.append(create_app(services, replace(OPTIONS, **options), Checks().run, live_cameras))
        return made[-1]

    yield make_one
    for each in made:
        await close_app(each)


def cookie_of(answer: httpx.Response) -> str:
    (cookie,) = answer.headers.get_list("set-cookie")
    return cookie


async def test_cookie_is_hidden_from_scripts_and_other_sites_and_kept_as_a_hash(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    await add(client)
    async with browser(app) as ana:
        answer = await sign_in(ana)
        token = ana.cookies["instantreact_session"]
        async with services.database.reading() as session:
            stored = str((await session.execute(text("SELECT * FROM user_sessions"))).all())
        listed = (await ana.get("/sessions")).text

    assert cookie_of(answer).endswith("; HttpOnly; Max-Age=604800; Path=/; SameSite=lax")
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(token) > 40
    assert token not in stored + listed + answer.text
    assert hash_key(token) in stored


@pytest.mark.parametrize(
    ("home", "address", "status"),
    [
        ("http://localhost", "127.0.0.1", 200),
        ("http://[::1]:8000", "::1", 200),
        ("http://cameras.example", "127.0.0.1", 403),  # a proxy that nobody trusts
        ("http://localhost", "192.0.2.7", 403),
        ("http://cameras.example", "192.0.2.7", 403),
        ("https://cameras.example", "192.0.2.7", 200),
    ],
)
async def test_sign_in_takes_https_but_on_this_machine(
    app: FastAPI, client: httpx.AsyncClient, home: str, address: str, status: int
) -> None:
    await add(client)
    async with browser(app, url=home, address=address) as ana:
        answer = await sign_in(ana)
        if status == 403:
            assert_problem(answer, 403, "INSTANTREACT_TRUSTED_PROXIES")
            return
        assert (await ana.get("/events")).status_code == 200
    is_encrypted = home.startswith("https")
    assert ("; Secure" in cookie_of(answer)) is is_encrypted
    assert cookie_of(answer).startswith("__Host-") is is_encrypted


async def test_setting_lets_passwords_travel_in_clear(
    make_app: Callable[..., FastAPI], client: httpx.AsyncClient
) -> None:
    await add(client)
    async with browser(make_app(insecure_sign_in=True), url="http://cameras.example", address="192.0.2.7") as ana:
        assert (await sign_in(ana)).status_code == 200
        assert (await ana.get("/events")).status_code == 200


async def test_proxy_is_believed_that_it_speaks_https_where_it_is_trusted(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    await add(client)
    headers = {**OWN, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "Host": "cameras.example"}
    for trusted, status in (((), 403), (("127.0.0.1/32",), 200)):
        async with serve(app, ConnectionLimits(trusted_proxies=trusted)) as url, httpx.AsyncClient() as ana:
            answer = await ana.post(f"{url}/session", json={"name": "Ana", "password": PASSWORD}, headers=headers)
        assert answer.status_code == status, answer.text
        assert not trusted or "; Secure" in cookie_of(answer)


OTHERS: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "null"},
    {},
]


@pytest.mark.parametrize("headers", OTHERS, ids=str)
async def test_request_of_another_page_changes_nothing(
    app: FastAPI, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await add(client, role="administrator")
    async with signed_in(app) as ana:
        del ana.headers["Sec-Fetch-Site"]
        for verb, url in (("POST", "/sites"), ("DELETE", "/session"), ("PUT", "/session/password")):
            answer = await ana.request(verb, url, json={"name": "Theirs"}, headers=headers)
            assert_problem(answer, 403, "page of this service")
        assert (await ana.get("/sites", headers=headers)).json()["items"] == []


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
async def test_form_on_another_site_neither_changes_anything_nor_signs_anybody_in(
    app: FastAPI, client: httpx.AsyncClient, kind: str
) -> None:
    await add(client, role="administrator")
    form = {"Content-Type": kind, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    body = b'{"name": "Ana", "password": "%b"}' % PASSWORD.encode()
    async with signed_in(app) as ana, browser(app) as victim:
        assert_problem(await ana.post("/sites", content=b'{"name": "="}', headers=form), 403)
        refused = await victim.post("/session", content=body, headers=form)
        assert refused.status_code in {403, 415, 422}
        unmarked = await victim.post("/session", content=body, headers={"Content-Type": kind})
        assert unmarked.status_code in {415, 422}
        assert not victim.cookies


@pytest.mark.parametrize("origin", ["http://localhost", "https://alerts.example", None])
async def test_page_of_the_service_changes_what_its_user_may(
    app: FastAPI, client: httpx.AsyncClient, origin: str | None
) -> None:
    await add(client, role="administrator")
    async with signed_in(app) as ana:
        del ana.headers["Sec-Fetch-Site"]
        headers = {"Origin": origin} if origin else OWN
        assert (await ana.post("/sites", json={"name": "Shop"}, headers=headers)).status_code == 201


async def test_key_counts_before_a_session(app: FastAPI, client: httpx.AsyncClient) -> None:
    await add(client, role="viewer")
    async with signed_in(app) as ana:
        del ana.headers["Sec-Fetch-Site"]
        assert (await ana.post("/sites", json={"name": "Shop"}, headers={"X-API-Key": API_KEY})).status_code == 201
        assert (await ana.get("/session", headers={"X-API-Key": API_KEY})).json()["name"] == "API"
        assert_problem(await ana.get("/events", headers={"X-API-Key": "wrong"}), 401, "not known")


async def test_session_ends_when_nothing_is_done_in_it_and_after_its_life(
    make_app: Callable[..., FastAPI], client: httpx.AsyncClient, services: Services
) -> None:
    assert isinstance(services.clock, StoppedClock)
    await add(client)
    app = make_app(session_limits=LIMITS)
    async with signed_in(app) as ana, signed_in(app) as idle:
        for _ in range(9):
            services.clock.advance(33 * 60)
            assert (await ana.get("/events")).status_code == 200
        assert_problem(await idle.get("/events"), 401, "sign in again")
        services.clock.advance(3 * 60)
        assert_problem(await ana.get("/events"), 401, "sign in again")


async def test_session_outlives_a_clock_that_is_set_back(
    make_app: Callable[..., FastAPI], client: httpx.AsyncClient, services: Services
) -> None:
    assert isinstance(services.clock, StoppedClock)
    await add(client)
    async with signed_in(make_app(session_limits=LIMITS)) as ana:
        services.clock.advance(-86_400)
        assert (await ana.get("/events")).status_code == 200
        assert (await sign_in(ana)).status_code == 200


async def test_sign_out_ends_the_session_at_once_and_no_other(app: FastAPI, client: httpx.AsyncClient) -> None:
    await add(client)
    async with signed_in(app) as ana, signed_in(app) as other:
        token = ana.cookies["instantreact_session"]
        answer = await ana.delete("/session")
        assert answer.status_code == 204
        assert "Max-Age=0" in cookie_of(answer)
        ana.cookies.set("instantreact_session", token)
        assert_problem(await ana.get("/events"), 401)
        assert (await other.get("/events")).status_code == 200


@pytest.mark.parametrize("change", ["role", "sites", "password", "removal"])
async def test_change_of_what_somebody_is_ends_their_sessions_at_once(
    app: FastAPI, client: httpx.AsyncClient, change: str
) -> None:
    made = await add(client)
    site = (await client.post("/sites", json={"name": "Shop"})).json()
    url = f"/users/{made['id']}"
    changes: dict[str, dict[str, object]] = {
        "role": {"role": "viewer"},
        "sites": {"site_ids": [site["id"]]},
        "password": {"password": "another password"},
    }
    async with signed_in(app) as ana:
        renamed = await client.put(url, json={**made, "name": "Anna"})
        assert (await ana.get("/session")).json()["name"] == "Anna"
        if change == "removal":
            assert (await client.delete(url)).status_code == 204
        else:
            assert (await client.put(url, json={**renamed.json(), **changes[change]})).status_code == 200
        assert_problem(await ana.get("/events"), 401)


async def test_own_password_is_changed_with_the_one_so_far_and_ends_every_other_session(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    await add(client)
    async with signed_in(app) as ana, signed_in(app) as other:
        wrong = {"password": "a guess of mine", "new_password": "another password"}
        assert_problem(await ana.put("/session/password", json=wrong), 401)
        assert (await ana.put("/session/password", json={**wrong, "password": PASSWORD})).status_code == 204
        assert (await ana.get("/events")).status_code == 200
        assert_problem(await other.get("/events"), 401)
        assert_problem(await sign_in(other), 401)
        assert (await sign_in(other, password="another password")).status_code == 200


async def test_sessions_are_listed_and_ended_by_their_user_and_by_administrators(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    ana_id, _ = (await add(client, "Ana"))["id"], await add(client, "Ben")
    async with signed_in(app, "Ana") as ana, signed_in(app, "Ana") as phone, signed_in(app, "Ben") as ben:
        own = (await ana.get("/sessions")).json()["items"]
        assert [each["user_id"] for each in own] == [ana_id] * 2
        assert len((await client.get("/sessions")).json()["items"]) == 3
        assert len((await client.get(f"/sessions?user_id={ana_id}")).json()["items"]) == 2
        assert (await ben.get(f"/sessions?user_id={ana_id}")).json()["items"] == []
        phones = (await phone.get("/session")).json()["session_id"]
        assert_problem(await ben.delete(f"/sessions/{phones}"), 404)
        assert (await ana.delete(f"/sessions/{phones}")).status_code == 204
        assert_problem(await phone.get("/events"), 401)
        bens = (await ben.get("/session")).json()["session_id"]
        assert (await client.delete(f"/sessions/{bens}")).status_code == 204
        assert_problem(await ben.get("/events"), 401)
        assert (await ana.get("/events")).status_code == 200


async def test_other_process_refuses_an_ended_session_a_second_later(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    await add(client)
    now_s = [0.0]
    other = KnownSessions(services.database, services.clock, SessionLimits(), monotonic=lambda: now_s[0])
    other._news = asyncio.Event()  # of its own, as in another process
    async with signed_in(app) as ana:
        digest = hash_key(ana.cookies["instantreact_session"])
        assert await other.find(digest)
        await ana.delete("/session")
    now_s[0] = 1.0
    assert await other.find(digest) is None
    await other.close()


async def test_two_sign_ins_at_once_are_two_sessions_and_the_oldest_of_many_ends(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    assert isinstance(services.clock, StoppedClock)
    await add(client)
    async with signed_in(app) as first, browser(app) as one, browser(app) as two:
        services.clock.advance(1)
        answers = await asyncio.gather(sign_in(one), sign_in(two))
        assert len({answer.json()["session_id"] for answer in answers}) == 2
        services.clock.advance(1)
        for _ in range(MOST - 2):
            assert (await sign_in(two)).status_code == 200
        assert_problem(await first.get("/events"), 401)
        assert (await one.get("/events")).status_code == 200


async def test_web_socket_takes_a_session_from_own_pages_only(app: FastAPI, client: httpx.AsyncClient) -> None:
    await add(client)
    statuses = []
    async with signed_in(app) as ana, serve(app) as url:
        cookie = {"Cookie": f"instantreact_session={ana.cookies['instantreact_session']}"}
        for origin in (url, "https://evil.example", None):
            headers = cookie | ({"Origin": origin} if origin else {})
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws{url.removeprefix('http')}/cameras/nothing/push", additional_headers=headers)
            statuses.append(refused.value.response.status_code)
    assert statuses == [404, 403, 403]


async def test_link_that_somebody_signed_ends_with_them(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await add(client)
    async with signed_in(app) as ana, browser(app) as wall:
        signed = await ana.post("/links", json={"path": "/events"})
        url = signed.json()["url"]
        assert (await wall.get(url)).status_code == 200
        await client.delete(f"/users/{made['id']}")
        assert_problem(await wall.get(url), 401)


async def test_audit_log_names_who_signed_in_who_failed_and_who_did_what(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    made = await add(client, role="administrator")
    async with signed_in(app) as ana:
        await sign_in(ana, password="a wrong guess")
        await sign_in(ana, name=PASSWORD, password="typed in the wrong field")
        await ana.post("/sites", json={"name": "Shop"})
    entries = (await client.get("/audit?limit=200")).json()["items"]
    told = {(each["action"], each["route"], each["principal_kind"], each["principal_id"]) for each in entries}
    refused = {each["subject"] for each in entries if each["action"] == "refused"}

    assert ("signed_in", "POST /session", "user", made["id"]) in told
    assert ("changed", "POST /sites", "user", made["id"]) in told
    assert refused == {made["id"], "unknown"}
    assert PASSWORD not in str(entries)


@pytest.mark.parametrize(("length", "status"), [(1 << 20, 413), (20_000, 413), (10_000, 422), (1024, 401)])
async def test_endless_password_is_not_hashed(app: FastAPI, length: int, status: int) -> None:
    async with browser(app) as ana:
        assert_problem(await sign_in(ana, password="x" * length), status)


@pytest.mark.parametrize("token", ["", "guessed", "x" * 4000, "ä"])
async def test_cookie_that_is_none_of_ours_opens_nothing(app: FastAPI, token: str) -> None:
    async with browser(app) as ana:
        answer = await ana.get("/events", headers={b"Cookie": f"instantreact_session={token}".encode()})
        assert_problem(answer, 401)


@pytest.mark.parametrize("change", ["password", "removal"])
async def test_change_at_the_moment_of_a_sign_in_leaves_no_session(
    app: FastAPI, client: httpx.AsyncClient, services: Services, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await add(client)
    hasher, changed = passwords.HASHER, asyncio.Event()
    loop = asyncio.get_running_loop()

    async def change_it() -> None:
        monkeypatch.setattr(passwords, "HASHER", hasher)
        if change == "removal":
            await client.delete(f"/users/{made['id']}")
        else:
            await client.put(f"/users/{made['id']}", json={**made, "password": "another password"})
        changed.set()

    class Slow(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            asyncio.run_coroutine_threadsafe(change_it(), loop).result(20)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Slow(1, 8, 1))
    async with browser(app) as ana:
        assert_problem(await sign_in(ana), 401, "sign in again")
    assert changed.is_set()
    assert (await client.get("/sessions")).json()["items"] == []
