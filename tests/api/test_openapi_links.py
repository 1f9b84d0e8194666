"""The links of the description: they lead where they say, as long as the thing is there, and nowhere afterwards."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.api.test_openapi import operations

Json = dict[str, Any]
WATCHED = {"getCameraSnapshot", "watchCamera"}
"""They need a camera that is being watched: 503."""
BODIES: dict[str, Json] = {"setCameraCalibration": {"adapts": False}}
"""Of links that change something beside what was created."""


def find_operation(app: FastAPI, operation_id: str) -> tuple[str, str]:
    """Method and path."""
    (found,) = [name for name, each in operations(app) if each["operationId"] == operation_id]
    method, path = found.split()
    return method, path


def list_links(app: FastAPI, operation_id: str, status: str) -> dict[str, Json]:
    (found,) = [each for _, each in operations(app) if each["operationId"] == operation_id]
    links: dict[str, Json] = found["responses"][status]["links"]
    return links


def follow(link: Json, answer: Json) -> dict[str, str]:
    """The parameters that a link takes out of an answer."""
    values = {}
    for name, expression in link["parameters"].items():
        at: Any = answer
        for step in expression.removeprefix("$response.body#/").split("/"):
            at = at[step]
        values[name] = at
    return values


async def ask(client: httpx.AsyncClient, app: FastAPI, link: Json, answer: Json, body: Json) -> httpx.Response:
    method, path = find_operation(app, link["operationId"])
    values = follow(link, answer)
    query = {name: value for name, value in values.items() if f"{{{name}}}" not in path}
    return await client.request(
        method, path.format_map(values), params=query, json=body if method in {"PUT", "POST"} else None
    )


def test_every_link_leads_to_an_operation_that_takes_what_it_gives(app: FastAPI) -> None:
    count = 0
    for name, operation in operations(app):
        for link in [each for answer in operation["responses"].values() for each in answer.get("links", {}).values()]:
            method, path = find_operation(app, link["operationId"])
            taken = app.openapi()["paths"][path][method.lower()]["parameters"]
            assert set(link["parameters"]) <= {each["name"] for each in taken}, name
            count += 1
    assert count > 80


@pytest.mark.parametrize(
    "operation_id", ["createRule", "createRecipient", "createSite", "createCamera", "createKey", "createUser"]
)
async def test_what_was_created_is_there_until_it_is_deleted(
    operation_id: str, client: httpx.AsyncClient, app: FastAPI
) -> None:
    _, path = find_operation(app, operation_id)
    body = make_body(app, path)
    made = await client.post(path, json=body)
    assert made.status_code == 201, made.text
    links = list_links(app, operation_id, "201")
    assert len(links) > 2

    last = [name for name in links if find_operation(app, name)[0] == "DELETE" and not name.startswith("drop")]
    for name, link in links.items():
        if name not in last:
            answer = await ask(
                client, app, link, made.json(), body if name.startswith("replace") else BODIES.get(name, {})
            )
            assert answer.status_code == 503 if name in WATCHED else answer.is_success, (name, answer.text)
    (delete,) = last
    assert (await ask(client, app, links[delete], made.json(), {})).status_code == 204
    for name, link in links.items():
        answer = await ask(client, app, link, made.json(), body if name.startswith("replace") else BODIES.get(name, {}))
        if name.startswith("list"):
            assert answer.json()["items"] == []
        else:
            assert answer.status_code == 404, (name, answer.text)


def make_body(app: FastAPI, path: str) -> Json:
    """The example of the description, without the cameras that it names."""
    reference = app.openapi()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    example: Json = app.openapi()["components"]["schemas"][reference.rpartition("/")[2]]["examples"][0]
    return example | ({"camera_ids": None} if "camera_ids" in example else {})


async def test_clip_is_there_until_it_is_deleted(client: httpx.AsyncClient, app: FastAPI, movie: bytes) -> None:
    submitted = (await client.post("/analyze", files={"file": ("a.mp4", movie)})).json()
    links = list_links(app, "submitClip", "202")

    for name in ("getClip", "listClipEvents", "getClipMedia"):
        assert (await ask(client, app, links[name], submitted, {})).status_code == 200
    assert (await ask(client, app, links["deleteClip"], submitted, {})).status_code == 204
    for link in links.values():
        assert (await ask(client, app, link, submitted, {})).status_code == 404
