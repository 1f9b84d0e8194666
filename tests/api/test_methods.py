"""405 says what is possible instead (RFC 9110, section 15.5.6)."""

import httpx
import pytest
from fastapi import FastAPI

from instantreact.api.news_streams import NewsStreams
from instantreact.api.stream_room import StreamLimit
from instantreact.pipeline.services import Services
from tests.api.problems import assert_problem


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/rules/r1", "DELETE, GET, PUT"),
        ("DELETE", "/rules", "GET, POST"),
        ("PUT", "/cameras", "GET, POST"),
        ("POST", "/events/e1/snapshot.jpg", "GET, HEAD"),
        ("GET", "/analyze", "POST"),
        ("PATCH", "/cameras/probe", "POST"),
        ("DELETE", "/webhooks/messenger", "GET, POST"),
        ("TRACE", "/livez", "GET"),
        ("POST", "/docs", "GET"),
        ("MADEUP", "/jobs/j1/rerun", "POST"),
    ],
)
async def test_method_that_is_not_possible_is_told_all_that_are(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)

    assert_problem(answer, 405, f"{method} is not possible at {path}.")
    assert answer.headers["Allow"] == allowed


async def test_methods_that_are_allowed_are_those_that_are_described(
    app: FastAPI, services: Services, client: httpx.AsyncClient
) -> None:
    app.state.streams = NewsStreams(services.database, app.state.closing, StreamLimit(life_s=0.05))  # has an end
    for path, operations in app.openapi()["paths"].items():
        answer = await client.request("TRACE", "/".join("x1" if step[:1] == "{" else step for step in path.split("/")))
        allowed = set(assert_problem(answer, 405) and answer.headers["Allow"].split(", "))
        assert allowed >= {verb.upper() for verb in operations}
        for method in allowed - {"HEAD"}:
            assert (await client.request(method, str(answer.url.path))).status_code != 405
