import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI
from structlog.testing import capture_logs

from instantreact.api import auth
from instantreact.api.auth import KeyedRoute, WrongKeys
from instantreact.api.news_streams import NewsStreams
from instantreact.api.stream_room import StreamLimit
from instantreact.domain.principal import EVERYTHING, Principal, PrincipalKind, Scope
from instantreact.pipeline.services import Services
from tests.api.conftest import API_KEY
from tests.api.problems import assert_problem

OPEN = ("/webhooks/", "/open/", "/livez", "/readyz", "/setup", "/session/oidc")
SIGN_IN = ("post", "/session")


def guarded(app: FastAPI) -> list[tuple[str, str]]:
    described = app.openapi()["paths"]
    routes = [(verb, path) for path, verbs in described.items() for verb in verbs if not path.startswith(OPEN)]
    return [route for route in routes if route != SIGN_IN]


async def test_every_route_but_the_open_ones_needs_a_key(app: FastAPI, anybody: httpx.AsyncClient) -> None:
    routes = guarded(app)

    assert len(routes) > 25
    for verb, path in routes:
        answer = await anybody.request(verb, path.replace("{", "").replace("}", ""))
        problem = assert_problem(answer, 401, "X-API-Key")
        assert answer.headers["WWW-Authenticate"] == 'ApiKey header="X-API-Key"', problem


@pytest.mark.parametrize("key", ["", "guessed", API_KEY + "x", API_KEY[:-1], "schlüssel"])
async def test_a_wrong_key_opens_nothing(anybody: httpx.AsyncClient, key: str) -> None:
    answer = await anybody.get("/clips", headers={b"X-API-Key": key.encode()})

    assert_problem(answer, 401)


@pytest.mark.parametrize("key", [API_KEY, "another-key"])
async def test_every_known_key_opens_the_api(anybody: httpx.AsyncClient, key: str) -> None:
    assert (await anybody.get("/clips", headers={"X-API-Key": key})).status_code == 200


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/livez", "/readyz"])
async def test_description_and_health_need_no_key(anybody: httpx.AsyncClient, path: str) -> None:
    assert (await anybody.get(path)).status_code == 200


BODIES = [b"{", b"\xff", b"[" * 100_000, b"{}", b"x" * 2_000_000]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:8]))
async def test_key_is_asked_for_before_the_body_is_looked_at(
    app: FastAPI, anybody: httpx.AsyncClient, body: bytes
) -> None:
    for verb, path in guarded(app):
        for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
            url = path.replace("{", "").replace("}", "")
            answer = await anybody.request(verb, url, content=body, headers={"Content-Type": kind})
            assert_problem(answer, 401, "X-API-Key")


async def test_many_wrong_keys_are_answered_with_the_time_to_wait(anybody: httpx.AsyncClient) -> None:
    statuses = [(await anybody.get("/clips", headers={"X-API-Key": f"{n}"})).status_code for n in range(300)]
    answer = await anybody.get("/clips", headers={"X-API-Key": "guessed"})

    assert statuses == [401] * 10 + [429] * 290
    assert_problem(answer, 429, "Too many keys")
    assert 0 < int(answer.headers["Retry-After"]) <= 60


async def test_right_key_is_let_in_after_many_wrong_ones(app: FastAPI, anybody: httpx.AsyncClient) -> None:
    for number in range(20):
        await anybody.get("/clips", headers={"X-API-Key": f"{number}"})

    assert (await anybody.get("/clips", headers={"X-API-Key": API_KEY})).status_code == 200
    assert (await anybody.get("/clips")).status_code == 401
    assert (await anybody.get("/livez")).status_code == 200
    assert (await anybody.post("/webhooks/messenger", content=b"{}")).status_code == 403
    elsewhere = httpx.ASGITransport(app, client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://test") as other:
        assert (await other.get("/clips", headers={"X-API-Key": "wrong"})).status_code == 401


def test_wrong_keys_are_forgotten_after_a_minute() -> None:
    now_s = [0.0]
    wrong = WrongKeys(monotonic=lambda: now_s[0])
    assert [wrong.count("a") for _ in range(12)] == [None] * 10 + [60.0, 60.0]
    now_s[0] = 60.0
    assert wrong.count("a") is None


@pytest.mark.parametrize("path", ["/clips/", "/cameras/", "//clips/", "/livez/", "/open/1/2/"])
async def test_no_answer_repeats_the_host_that_a_caller_names(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Host": "evil.example"})

    assert "evil.example" not in str(answer.headers) + answer.text
    # Of "//clips/" the client asks a host named clips for "/", which leads to the console wherever it is asked for.
    assert answer.status_code == 404 or answer.headers["location"] == "/console/"


ADMINISTRATION = ("/keys", "/users", "/channels", "/audit", "/erasures", "/doctor")
WHOLE = ("/kept", "/export.zip")
"""What is not even to be seen by others; likewise what paths end in."""

CHANGES = {
    Scope.READ: {
        "POST /links",
        "POST /rules/test",
        "DELETE /session",
        "PUT /session/password",
        "POST /session/totp",
        "POST /session/totp/confirm",
        "DELETE /sessions/{session_id}",
        "DELETE /browsers/{browser_id}",
    },
    Scope.INGEST: {"POST /analyze"},
    Scope.OPERATE: {
        "POST /alerts/{alert_id}/acknowledge",
        "POST /alerts/{alert_id}/dismiss",
        "POST /alerts/{alert_id}/deliveries/{delivery_id}/retry",
        "POST /jobs/{job_id}/rerun",
        "POST /mutes",
        "POST /browsers",
        "DELETE /mutes/{mute_id}",
    },
}


def needed_scope(verb: str, path: str) -> Scope:
    """What a route takes; whatever changes something and is not named above is for administrators."""
    if verb == "get":
        return Scope.ADMIN if path.startswith(ADMINISTRATION) or path.endswith(WHOLE) else Scope.READ
    named = [scope for scope, routes in CHANGES.items() if f"{verb.upper()} {path}" in routes]
    return named[0] if named else Scope.ADMIN


@pytest.mark.parametrize("missing", Scope)
async def test_each_route_is_refused_to_whoever_lacks_its_scope(
    app: FastAPI, services: Services, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, missing: Scope
) -> None:
    monkeypatch.setattr(auth, "API", Principal(PrincipalKind.KEY, "Night shift", EVERYTHING - {missing}))

    app.state.streams = NewsStreams(services.database, app.state.closing, StreamLimit(life_s=0.05))  # has an end
    for verb, path in guarded(app):
        url = path.replace("{", "").replace("}", "").replace("live.mjpg", "snapshot.jpg")
        answer = await client.request(verb, url, content=b"{")
        if needed_scope(verb, path) is missing:
            assert_problem(answer, 403, f"Night shift may not do this: it takes the scope {missing}.")
        else:
            assert answer.status_code != 403, (verb, path)


def test_route_that_changes_something_cannot_be_made_without_its_scope() -> None:
    router = APIRouter(route_class=KeyedRoute)

    with pytest.raises(TypeError, match="mark it with @requires"):

        @router.post("/things")
        async def make_thing() -> None:
            """Nothing."""


async def test_log_says_who_asked(anybody: httpx.AsyncClient, services: Services) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await anybody.get("/livez")
        await anybody.get("/clips", headers={"X-API-Key": API_KEY})
        await anybody.get("/clips", headers={"X-API-Key": "guessed"})
        await anybody.get(f"/open/nobody/{services.links.sign('nobody')}")
        await anybody.get("/open/nobody/guessed")

    asked = [line["principal"] for line in lines if line["event"] == "http.request"]
    assert asked == ["Anybody", "API", "Anybody", "Link", "Anybody"]
