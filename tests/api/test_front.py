"""What stands before every route: rates, proxies, headers for browsers, other origins."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from instantreact.api.addresses import is_inside
from instantreact.api.app import close_app, create_app
from instantreact.api.connections import ConnectionLimits
from instantreact.api.live import LiveCameras
from instantreact.config import Settings
from instantreact.pipeline.services import Services
from tests.api.conftest import API_KEY, OPTIONS, Checks
from tests.api.problems import assert_problem
from tests.api.serving import serve
from tests.api.test_keys import holder, make

MakeApp = Callable[..., Any]
KEY = {"X-API-Key": API_KEY}


@pytest.fixture
async def make_app(services: Services, live_cameras: LiveCameras) -> AsyncIterator[MakeApp]:
    """An application with options of a test's own."""
    made = []

    def make_one(**options: Any) -> FastAPI:
        made.append(create_app(services, replace(OPTIONS, **options), Checks().run, live_cameras))
        return made[-1]

    yield make_one
    for each in made:
        await close_app(each)


@asynccontextmanager
async def visitor(app: FastAPI, address: str = "192.0.2.1", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


async def test_key_that_asks_too_often_is_told_when_to_come_again(make_app: MakeApp) -> None:
    app = make_app(rate_of_key="3/hour")
    async with visitor(app, **KEY) as client:
        made = await make(client)
        answers = [await client.get("/events") for _ in range(4)]
    async with holder(app, made["key"]) as other:
        assert (await other.get("/events")).status_code == 200

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert_problem(answers[-1], 429, "3 per 1 hour")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3600


async def test_address_that_asks_too_often_is_refused_whatever_it_shows(make_app: MakeApp) -> None:
    app = make_app(rate_of_address="3/hour")
    async with visitor(app) as guest, visitor(app, **KEY) as same, visitor(app, "192.0.2.2", **KEY) as other:
        statuses = [(await guest.get("/openapi.json")).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert_problem(await same.get("/events"), 429)
        assert_problem(await guest.get("/open/a/b"), 429)
        assert (await other.get("/events")).status_code == 200


@pytest.mark.parametrize("path", ["/webhooks/messenger", "/livez", "/readyz"])
async def test_channels_and_health_checks_are_never_told_to_wait(make_app: MakeApp, path: str) -> None:
    async with visitor(make_app(rate_of_address="1/hour", rate_of_key="1/hour")) as guest:
        await guest.get("/openapi.json")
        assert (await guest.get("/openapi.json")).status_code == 429
        statuses = {(await guest.request("POST" if "web" in path else "GET", path)).status_code for _ in range(5)}

    assert 429 not in statuses


async def test_whole_network_of_a_visitor_is_one_address(make_app: MakeApp) -> None:
    app = make_app(rate_of_address="1/hour")
    async with visitor(app, "2001:db8::1") as one, visitor(app, "2001:db8::ffff") as near:
        assert (await one.get("/openapi.json")).status_code == 200
        assert (await near.get("/openapi.json")).status_code == 429


async def test_web_socket_counts_as_well(make_app: MakeApp) -> None:
    async with serve(make_app(rate_of_address="1/hour")) as address:
        url = f"ws{address.removeprefix('http')}/cameras/a/push"
        statuses = []
        for _ in range(2):
            with pytest.raises(InvalidStatus) as refused:
                await connect(url)
            statuses.append(refused.value.response.status_code)
    assert statuses == [401, 429]


async def test_address_of_a_visitor_is_believed_from_trusted_proxies_only(make_app: MakeApp) -> None:
    app = make_app(rate_of_address="2/hour")
    forwarded = [{"X-Forwarded-For": f"192.0.2.{number}, 198.51.100.9"} for number in range(4)]
    for trusted, expected in (
        ((), [200, 200, 429, 429]),
        (("10.0.0.0/8",), [429] * 4),  # of somebody else's
        (("127.0.0.0/8", "198.51.100.9/32"), [200] * 4),
        (("127.0.0.0/8",), [200, 200, 429, 429]),  # only the last hop is known
    ):
        async with serve(app, ConnectionLimits(trusted_proxies=trusted)) as address, httpx.AsyncClient() as client:
            answers = [await client.get(f"{address}/openapi.json", headers=headers) for headers in forwarded]
        assert [answer.status_code for answer in answers] == expected, trusted


async def test_audit_log_names_the_visitor_behind_a_trusted_proxy(make_app: MakeApp) -> None:
    limits = ConnectionLimits(trusted_proxies=("127.0.0.1/32",))
    async with serve(make_app(), limits) as address, httpx.AsyncClient(base_url=address, headers=KEY) as client:
        await client.post("/sites", json={"name": "Shop"}, headers={"X-Forwarded-For": "203.0.113.5"})
        (entry,) = (await client.get("/audit?action=changed")).json()["items"]
    assert entry["source"] == "203.0.113.5"


@pytest.mark.parametrize(("trusted", "statuses"), [((), {200, None}), (("127.0.0.1/32",), {200})])
async def test_connections_of_a_trusted_proxy_are_not_counted_as_one_visitor(
    app: FastAPI, trusted: tuple[str, ...], statuses: set[int | None]
) -> None:
    limits = ConnectionLimits(from_address=2, trusted_proxies=trusted)
    found = set()
    async with serve(app, limits) as address:
        clients = [httpx.AsyncClient(base_url=address) for _ in range(4)]
        for client in clients:
            await client.get("/livez")
        for client in clients:  # each on the connection that it has, where that was not closed
            stream = client._transport._pool.connections  # type: ignore[attr-defined]
            found.add(200 if not stream[0]._connection._network_stream.get_extra_info("is_readable") else None)
        for client in clients:
            await client.aclose()
    assert found == statuses


@pytest.mark.parametrize("path", ["/livez", "/docs", "/openapi.json", "/events", "/nowhere"])
async def test_browsers_are_told_to_be_careful(anybody: httpx.AsyncClient, path: str) -> None:
    headers = (await anybody.get(path)).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in headers


async def test_https_is_to_be_kept_to_once_it_was_used_also_by_way_of_a_proxy(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
        assert "max-age" in (await client.get("/livez")).headers["Strict-Transport-Security"]
    by_https = {"X-Forwarded-Proto": "https"}
    for trusted, said in (((), False), (("127.0.0.1/32",), True)):
        async with serve(app, ConnectionLimits(trusted_proxies=trusted)) as address, httpx.AsyncClient() as client:
            headers = (await client.get(f"{address}/livez", headers=by_https)).headers
            assert ("Strict-Transport-Security" in headers) is said


async def test_page_of_another_origin_is_kept_out_unless_it_is_named(make_app: MakeApp) -> None:
    ask = {"Origin": "https://console.example", "Access-Control-Request-Method": "GET"}
    ask["Access-Control-Request-Headers"] = "X-API-Key"
    async with visitor(make_app()) as page:
        assert "Access-Control-Allow-Origin" not in (await page.get("/livez", headers=ask)).headers
        assert (await page.options("/events", headers=ask)).status_code == 405
    async with visitor(make_app(cors_origins=("https://console.example",))) as page:
        allowed = await page.options("/events", headers=ask)
        other = await page.get("/livez", headers={"Origin": "https://evil.example"})
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, "https://console.example")
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize(
    ("source", "networks", "inside"),
    [
        ("10.1.2.3", ("10.0.0.0/8",), True),
        ("11.1.2.3", ("10.0.0.0/8",), False),
        ("2001:db8::/64", ("2001:db8::/32",), True),
        ("2001:db8::/64", ("10.0.0.0/8",), False),
        ("", ("0.0.0.0/0",), False),
    ],
)
def test_is_inside_looks_at_networks(source: str, networks: tuple[str, ...], inside: bool) -> None:
    assert is_inside(source, networks) is inside


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("trusted_proxies", "10.0.0.1, 192.168.0.0/16", ("10.0.0.1/32", "192.168.0.0/16")),
        ("cors_origins", "https://a.example,http://localhost:3000", ("https://a.example", "http://localhost:3000")),
        ("rate_of_key", "off", "off"),
        ("trusted_proxies", "everybody", None),
        ("trusted_proxies", "10.0.0.1/8", None),
        ("cors_origins", "*", None),
        ("cors_origins", "https://a.example/path", None),
        ("rate_of_key", "0/minute", None),
        ("rate_of_address", "many", None),
    ],
)
def test_settings_of_the_front_are_read_or_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, read: object
) -> None:
    monkeypatch.setenv(f"INSTANTREACT_{name.upper()}", value)
    if read is None:
        with pytest.raises(ValueError, match=name):
            Settings()
    else:
        assert getattr(Settings(), name) == read
