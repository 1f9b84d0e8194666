"""Sign-in at a real OpenID provider, as a browser goes through it."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from instantreact.api.app import close_app, create_app
from instantreact.api.live import LiveCameras
from instantreact.api.oidc import OidcSettings
from instantreact.config import Settings
from instantreact.domain.user import Role
from instantreact.errors import Misconfigured, NotAllowed
from instantreact.pipeline.services import Services
from instantreact.wiring import find_oidc
from tests.api.conftest import OPTIONS, Checks
from tests.api.people import add, browser
from tests.api.problems import assert_problem
from tests.conftest import StoppedClock
from tests.servers.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider

HOME = "https://alerts.example"
CALLBACK = f"{HOME}/session/oidc/callback"
ROLES = {"guards": Role.OPERATOR, "it": Role.ADMINISTRATOR}


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with OidcProvider(CALLBACK) as provider:
        yield provider


@pytest.fixture
async def make_app(services: Services, live_cameras: LiveCameras, provider: OidcProvider) -> AsyncIterator[Any]:
    made = []
    assert isinstance(services.clock, StoppedClock)
    services.clock.advance((datetime.now(UTC) - services.clock.now()).total_seconds())  # the provider's is a real one

    def make_one(**changes: Any) -> FastAPI:
        oidc = replace(OidcSettings(provider.issuer, CLIENT_ID, CLIENT_SECRET, roles=ROLES), **changes)
        made.append(create_app(services, replace(OPTIONS, oidc=oidc), Checks().run, live_cameras))
        return made[-1]

    yield make_one
    for each in made:
        await close_app(each)


@asynccontextmanager
async def visitor(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app, url=HOME, address="192.0.2.7") as client:
        yield client


async def sign_in_there(address: str, name: str) -> str:
    """Through the provider's own pages; where it sends the browser back to."""
    async with httpx.AsyncClient() as there:
        answer = await there.get(address)
        for _ in range(10):
            location: str = answer.headers.get("location", "")
            if location.startswith(HOME):
                return location
            if answer.is_redirect:
                answer = await there.get(httpx.URL(address).join(location))
                continue
            found = re.search(r'<form[^>]+action="([^"]+)"', answer.text)
            assert found, answer.text
            prompt = "login" if 'value="login"' in answer.text else "consent"
            form = {"prompt": prompt, "login": name, "password": "whatever"}
            answer = await there.post(httpx.URL(address).join(found[1]), data=form)
    raise AssertionError("the provider did not send the browser back")


async def come_in(client: httpx.AsyncClient, name: str, **query: str) -> httpx.Response:
    begun = await client.get("/session/oidc", params=query)
    assert begun.status_code == 302, begun.text
    return await client.get(await sign_in_there(begun.headers["location"], name))


@pytest.mark.parametrize(("name", "role"), [("ana", "operator"), ("ben", "administrator")])
async def test_whoever_signed_in_elsewhere_has_the_role_of_their_groups(
    make_app: Any, client: httpx.AsyncClient, name: str, role: str
) -> None:
    async with visitor(make_app()) as browsing:
        answer = await come_in(browsing, name, next="/events?limit=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/events?limit=1"), answer.text
        assert (await browsing.get("/session")).json()["name"] == name
        (user,) = (await client.get("/users")).json()["items"]
        assert (user["role"], user["has_password"]) == (role, False)
        assert (await come_in(browsing, name)).status_code == 303
        assert len((await client.get("/users")).json()["items"]) == 1
        actions = {each["action"] for each in (await client.get("/audit?principal=" + name)).json()["items"]}
        assert actions == {"signed_in"}


async def test_whoever_has_no_role_is_refused_unless_there_is_one_for_everybody(
    make_app: Any, client: httpx.AsyncClient
) -> None:
    async with visitor(make_app()) as eve:
        assert_problem(await come_in(eve, "eve"), 403, "INSTANTREACT_OIDC_ROLES")
        assert_problem(await eve.get("/events"), 401)
    assert (await client.get("/users")).json()["items"] == []
    async with visitor(make_app(default_role=Role.VIEWER)) as eve:
        assert (await come_in(eve, "eve")).status_code == 303
        assert (await eve.get("/session")).json()["scopes"] == ["read"]


async def test_other_role_there_is_another_here_and_ends_sessions(make_app: Any, client: httpx.AsyncClient) -> None:
    async with visitor(make_app()) as first, visitor(make_app(roles={"guards": Role.VIEWER})) as later:
        await come_in(first, "ana")
        await come_in(later, "ana")
        assert_problem(await first.get("/events"), 401)
        assert (await later.get("/session")).json()["scopes"] == ["read"]


async def test_user_of_that_name_is_not_taken_over(make_app: Any, client: httpx.AsyncClient) -> None:
    await add(client, "Ana", "administrator")
    async with visitor(make_app()) as eve:
        assert_problem(await come_in(eve, "ana"), 409, "already a user called")
        assert_problem(await eve.get("/events"), 401)


async def test_code_counts_in_the_browser_that_asked_and_once(
    make_app: Any, services: Services, client: httpx.AsyncClient
) -> None:
    assert isinstance(services.clock, StoppedClock)
    app = make_app()
    async with visitor(app) as ana, visitor(app) as victim:
        begun = await ana.get("/session/oidc")
        back = await sign_in_there(begun.headers["location"], "ana")
        cookie = ana.cookies["__Host-instantreact_oidc"]
        assert_problem(await victim.get(back), 401, "did not ask")  # signed in as somebody else
        await victim.get("/session/oidc")
        assert_problem(await victim.get(back), 401, "did not ask")
        assert_problem(await ana.get(f"{CALLBACK}?state=x&code=y"), 401, "did not ask")
        assert (await ana.get(back)).status_code == 303
        ana.cookies.set("__Host-instantreact_oidc", cookie, domain="alerts.example")
        assert_problem(await ana.get(back), 401)  # the provider gives nothing for a code again

        begun = await ana.get("/session/oidc")
        back = await sign_in_there(begun.headers["location"], "ana")
        services.clock.advance(601)
        assert_problem(await ana.get(back), 401, "too long ago")
    assert "HttpOnly" in begun.headers["set-cookie"]
    assert "SameSite=lax" in begun.headers["set-cookie"]


async def test_what_was_asked_and_what_comes_back_must_belong_together(make_app: Any, services: Services) -> None:
    """PKCE, and the nonce: a code of one sign-in is worth nothing in another."""
    app = make_app()
    for changed in ("verifier", "nonce"):
        async with visitor(app) as ana:
            begun = await ana.get("/session/oidc")
            asked = parse_qs(urlsplit(begun.headers["location"]).query)
            assert asked["code_challenge_method"] == ["S256"]
            back = await sign_in_there(begun.headers["location"], "ana")
            kept = json.loads(services.box.open(ana.cookies["__Host-instantreact_oidc"]))
            sealed = services.box.seal(json.dumps(kept | {changed: "x" * 43}))
            ana.cookies.clear()
            answer = await ana.get(back, headers={"Cookie": f"__Host-instantreact_oidc={sealed}"})
            assert_problem(answer, 401, "confirm" if changed == "verifier" else "believed")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"client_id": "stranger"}, None), ({"client_secret": "wrong"}, "did not confirm")],
)
async def test_service_that_the_provider_does_not_know_lets_nobody_in(
    make_app: Any, changes: dict[str, str], said: str | None
) -> None:
    async with visitor(make_app(**changes)) as ana:
        begun = await ana.get("/session/oidc")
        if said is None:
            async with httpx.AsyncClient() as there:
                assert (await there.get(begun.headers["location"])).status_code == 400
        else:
            assert_problem(await ana.get(await sign_in_there(begun.headers["location"], "ana")), 401, said)


async def test_provider_that_is_away_or_is_another_is_told(make_app: Any, provider: OidcProvider) -> None:
    async with visitor(make_app(issuer="http://127.0.0.1:1")) as ana:
        assert_problem(await ana.get("/session/oidc"), 503, "cannot be reached")
    async with visitor(make_app(issuer=provider.issuer.replace("127.0.0.1", "localhost"))) as ana:
        assert_problem(await ana.get("/session/oidc"), 503, "calls itself otherwise")


@pytest.mark.parametrize("next_", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\nb"])
async def test_nobody_is_sent_to_another_site_afterwards(make_app: Any, next_: str) -> None:
    async with visitor(make_app()) as ana:
        assert_problem(await ana.get("/session/oidc", params={"next": next_}), 422)


async def test_without_a_provider_there_is_nothing(app: FastAPI) -> None:
    async with visitor(app) as ana:
        assert_problem(await ana.get("/session/oidc"), 404)
        assert_problem(await ana.get("/session/oidc/callback?code=a&state=b"), 404)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["guards", "it"]}, Role.ADMINISTRATOR),
        ({"groups": "guards"}, Role.OPERATOR),
        ({"groups": ["Guards", {"it": 1}, None, 7]}, None),
        ({"groups": {"it": True}}, None),
        ({}, None),
    ],
)
def test_role_is_found_in_whatever_a_claim_holds(claims: dict[str, Any], role: Role | None) -> None:
    flat = OidcSettings("https://a", "b", None, roles=ROLES)
    deep = replace(flat, role_claim="realm.groups")
    for settings, said in ((flat, claims), (deep, {"realm": claims})):
        if role is None:
            with pytest.raises(NotAllowed):
                settings.find_role(said)
        else:
            assert settings.find_role(said) is role


def test_settings_are_read_and_half_of_them_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTANTREACT_OIDC_ISSUER", "https://login.example")
    with pytest.raises(Misconfigured, match="OIDC_CLIENT_ID"):
        find_oidc(Settings())
    monkeypatch.setenv("INSTANTREACT_OIDC_CLIENT_ID", "us")
    monkeypatch.setenv("INSTANTREACT_OIDC_ROLES", "guards=operator, cn=it,dc=x=administrator".replace(",dc=x", ""))
    found = find_oidc(Settings())

    assert found is not None
    assert found.roles == {"guards": Role.OPERATOR, "cn=it": Role.ADMINISTRATOR}
    for variable, value in (("OIDC_ISSUER", "http://login.example"), ("OIDC_ROLES", "guards=owner")):
        monkeypatch.setenv(f"INSTANTREACT_{variable}", value)
        with pytest.raises(ValueError, match=variable.lower()):
            Settings()
