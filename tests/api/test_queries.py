"""A parameter that a route does not take is refused, wherever it is sent."""

from typing import Any

import httpx
from fastapi import FastAPI

from tests.api.problems import assert_problem


async def test_query_with_an_unknown_parameter_is_told_the_nearest(client: httpx.AsyncClient) -> None:
    for where, said in (
        ("/events?camra_id=c1", "query.camra_id: there is no such parameter here. Did you mean camera_id?"),
        ("/events?Camera_Id=c1", "Did you mean camera_id?"),
        ("/alerts?stat=raised", "Did you mean state?"),
        ("/cameras?limits=3&enabeld=true", "Did you mean limit?; query.enabeld: "),
        ("/jobs?colour=blue", "It may be: after, limit, state."),
        ("/rules/r1?verbose=1", "query.verbose: there is no such parameter here. There is none."),
        ("/livez?x", "There is none."),
    ):
        assert_problem(await client.get(where), 422, said)


async def test_query_that_says_two_things_is_refused(client: httpx.AsyncClient) -> None:
    for where in ("/events?limit=1&limit=2", "/cameras?enabled=true&enabled=true", "/alerts?camera_id=a&camera_id=b"):
        assert_problem(await client.get(where), 422, "is given more than once")


async def test_query_of_every_route_is_held_against_its_description(app: FastAPI, client: httpx.AsyncClient) -> None:
    tried = 0
    for path, operations in app.openapi()["paths"].items():
        for verb, operation in operations.items():
            if not path.startswith(("/open/", "/webhooks/", "/session/oidc")):
                answer = await client.request(verb, fill(path), params={"no-such-parameter": "1"}, **body_of(operation))
                assert_problem(answer, 422, "no-such-parameter")
                tried += 1
    assert tried > 30


async def test_query_of_a_foreign_caller_may_hold_more(client: httpx.AsyncClient) -> None:
    """Facebook adds `fbclid` to every link that it shows."""
    for where in ("/open/a1/s1?fbclid=1", "/webhooks/messenger?hub.mode=subscribe&more=1"):
        assert (await client.get(where)).status_code in {403, 404}


async def test_query_is_read_by_nobody_without_a_key(anybody: httpx.AsyncClient) -> None:
    assert_problem(await anybody.get("/events?camra_id=c1"), 401)


def fill(path: str) -> str:
    return "/".join("x1" if step.startswith("{") else step for step in path.split("/"))


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    """A body that fits, so that nothing but the query is wrong."""
    content = operation.get("requestBody", {}).get("content", {})
    return {"json": {}} if "application/json" in content else {}
