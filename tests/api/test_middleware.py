import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from fastapi import FastAPI
from starlette.responses import StreamingResponse
from structlog.testing import capture_logs

from instantreact.errors import StorageFull
from tests.api.problems import assert_problem


@pytest.fixture
def broken(app: FastAPI) -> FastAPI:
    """The application with a route that breaks."""

    @app.get("/broken")
    async def break_down() -> None:
        raise RuntimeError("the password is hunter2")

    return app


async def test_request_id_is_the_callers_own(client: httpx.AsyncClient) -> None:
    answer = await client.get("/clips", headers={"X-Request-Id": "my-request.1"})

    assert answer.headers["X-Request-Id"] == "my-request.1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", "<script>"])
async def test_request_id_is_made_when_the_callers_is_not_sane(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/clips", headers={"X-Request-Id": given})

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


async def test_request_is_logged_without_its_query_or_key(client: httpx.AsyncClient) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await client.get("/events", params={"text": "secret words"}, headers={"X-Request-Id": "r1"})

    (line,) = [line for line in lines if line["event"] == "http.request"]
    assert (line["method"], line["path"], line["status"], line["request_id"]) == ("GET", "/events", 200, "r1")
    assert line["took_ms"] >= 0
    assert "secret" not in json.dumps(lines, default=str)


async def test_a_crash_is_a_problem_without_internals(broken: FastAPI, client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        answer = await client.get("/broken")

    assert_problem(answer, 500, "Something went wrong here.")
    assert "hunter2" not in answer.text
    assert [line["event"] for line in lines] == ["http.failed", "http.request"]
    assert lines[1]["status"] == 500


async def test_path_that_leads_nowhere_is_a_problem(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/nowhere"), 404, "There is nothing at /nowhere.")


async def test_method_that_is_not_possible_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/events")

    assert_problem(answer, 405, "DELETE is not possible at /events.")
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "JSON decode error"),
        (b"", "Field required"),
        (b"W\xff", "parsing the body"),
        (b'"x"', "valid dictionary"),
    ],
)
async def test_body_that_is_no_json_object_is_a_problem(client: httpx.AsyncClient, body: bytes, message: str) -> None:
    answer = await client.post("/rules", content=body, headers={"Content-Type": "application/json"})

    assert message in assert_problem(answer, 422)["detail"]


async def test_body_larger_than_the_cap_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/rules", json={"name": "x" * 1024 * 1024})

    assert_problem(answer, 413, "larger than 1048576 bytes")
    assert answer.headers["Connection"] == "close"


async def test_body_of_undeclared_length_is_refused_at_the_cap(client: httpx.AsyncClient) -> None:
    async def dribble() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 10_000

    answer = await client.post("/rules", content=dribble(), headers={"Content-Type": "application/json"})

    assert_problem(answer, 413)


async def test_error_that_may_pass_says_when_to_try_again(app: FastAPI, client: httpx.AsyncClient) -> None:
    @app.get("/busy")
    async def be_busy() -> None:
        raise StorageFull("The disk is full.", retry_after_s=1.2)

    answer = await client.get("/busy")

    assert_problem(answer, 507, "The disk is full.")
    assert answer.headers["Retry-After"] == "2"


async def test_a_crash_halfway_through_an_answer_breaks_it_off(app: FastAPI, client: httpx.AsyncClient) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("broke")

    @app.get("/half")
    async def answer_half() -> StreamingResponse:
        return StreamingResponse(half())

    with pytest.raises(RuntimeError, match="broke"):
        await client.get("/half")
