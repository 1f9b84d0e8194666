"""What every error must look like."""

from typing import Any

import httpx


def assert_problem(answer: httpx.Response, status: int, detail: str = "") -> dict[str, Any]:
    """The problem that `answer` is, whose detail contains `detail`."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:problem-type:instantreact:")
    assert problem["title"]
    assert problem["instance"] == answer.request.url.path
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert detail in problem["detail"]
    return problem
