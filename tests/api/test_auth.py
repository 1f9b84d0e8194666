import httpx
import pytest
from fastapi import FastAPI

from tests.api.conftest import API_KEY
from tests.api.problems import assert_problem

OPEN = ("/webhooks/", "/open/", "/livez", "/readyz")


def guarded(app: FastAPI) -> list[tuple[str, str]]:
    described = app.openapi()["paths"]
    return [(verb, path) for path, verbs in described.items() for verb in verbs if not path.startswith(OPEN)]


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
