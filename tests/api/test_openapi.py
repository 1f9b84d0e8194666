import json
import re
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import example, given
from hypothesis import strategies as st

from instantreact.api.routes.clips import MEDIA_TYPES
from instantreact.api.schemas.invitations import InvitationDraft
from instantreact.api.schemas.recipients import RecipientDraft
from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import ChannelKind
from tests.conftest import REPOSITORY

VOUCHING = {"signIn", "setUp", "beginOidc", "endOidc"}
"""What says itself who somebody is."""


def operations(app: FastAPI) -> list[tuple[str, dict[str, Any]]]:
    described = app.openapi()["paths"]
    return [(f"{verb.upper()} {path}", each) for path, verbs in described.items() for verb, each in verbs.items()]


def test_every_route_is_described(app: FastAPI) -> None:
    for name, operation in operations(app):
        assert operation["operationId"], name
        assert operation["summary"], name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
    ids = [operation["operationId"] for _, operation in operations(app)]
    assert len(ids) == len(set(ids))
    known = {tag["name"] for tag in app.openapi()["tags"]}
    assert {operation["tags"][0] for _, operation in operations(app)} == known


def test_every_error_is_documented_as_a_problem_with_an_example(app: FastAPI) -> None:
    common = app.openapi()["components"]["responses"]
    for name, operation in operations(app):
        answers = operation["responses"].items()
        errors = {status: common.get(each.get("$ref", "").rpartition("/")[2], each) for status, each in answers}
        errors = {status: each for status, each in errors.items() if int(status) >= 400}
        if operation["operationId"] not in VOUCHING:
            assert ("401" in errors) == ("security" in operation), name
        for status, response in errors.items():
            content = response["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, name
            assert content["example"]["status"] == int(status), name
    assert "HTTPValidationError" not in app.openapi()["components"]["schemas"]


def test_every_json_body_and_answer_has_an_example(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    for name, operation in operations(app):
        answers = [each for status, each in operation["responses"].items() if status in {"200", "201", "202"}]
        for body in [operation.get("requestBody", {}), *answers]:
            content = body.get("content", {}).get("application/json")
            if content is not None:
                assert has_example(content, schemas), name


def has_example(content: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether an example is given, here or where the schema (of a page: of its items) refers to."""
    if "example" in content or "examples" in content:
        return True
    schema = content.get("schema", content)
    inner = schema.get("items") or schema.get("properties", {}).get("items")
    if "$ref" in schema:
        return has_example(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    return inner is not None and has_example(inner, schemas)


@pytest.mark.parametrize("name", ["file", "camera_id", "recorded_at", "notify"])
def test_upload_is_documented_though_it_is_read_by_hand(app: FastAPI, name: str) -> None:
    body = app.openapi()["paths"]["/analyze"]["post"]["requestBody"]["content"]["multipart/form-data"]

    assert body["schema"]["properties"][name]["description"]
    assert body["schema"]["required"] == ["file"]


def test_description_names_the_public_address_and_the_key(app: FastAPI) -> None:
    described = app.openapi()

    assert described["servers"] == [{"url": "https://alerts.example"}]
    (scheme,) = described["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-API-Key")


def test_form_of_an_upload_is_not_said_to_hold_null_which_no_form_can(app: FastAPI) -> None:
    body = app.openapi()["paths"]["/analyze"]["post"]["requestBody"]["content"]["multipart/form-data"]

    assert all("anyOf" not in each for each in body["schema"]["properties"].values())


@pytest.mark.parametrize("status", ["200", "206"])
def test_every_type_that_a_clip_may_come_as_is_documented(app: FastAPI, status: str) -> None:
    documented = app.openapi()["paths"]["/clips/{clip_id}/media"]["get"]["responses"][status]["content"]

    others = {each for each in (*MEDIA_TYPES.values(), "application/octet-stream") if not each.startswith("video/")}
    assert set(documented) == {"video/*", *others}


def test_nobody_is_said_to_be_invited_to_a_channel_without_invitations() -> None:
    channel = InvitationDraft.model_json_schema()["properties"]["channel"]

    assert channel["enum"] == [ChannelKind.MESSENGER, ChannelKind.TELEGRAM]


@given(st.from_regex(r"[!-~]{1,40}", fullmatch=True) | st.from_regex(r"[-@]?[a-z0-9_]{1,40}", fullmatch=True))
@example("1254477777772919")
@example("-1001234567890")
@example("@neighbours")
@example("https://example.com/alerts?of=door")
@example("http://example.com:70000")
def test_addresses_fit_the_description_where_the_channel_takes_them(address: str) -> None:
    conditions = RecipientDraft.model_json_schema()["allOf"]
    patterns = {each["if"]["properties"]["channel"]["const"]: each["then"]["properties"] for each in conditions}
    for kind, channel in CHANNELS.items():
        fits = re.search(patterns[kind]["address"]["pattern"], address) if kind in patterns else True
        assert bool(fits) == (channel.find_address_fault(address) is None)


def test_committed_description_is_that_of_the_routes(app: FastAPI) -> None:
    committed = json.loads((REPOSITORY / "web" / "openapi.json").read_text("utf-8"))
    described = {name: value for name, value in app.openapi().items() if name != "servers"}

    assert committed == json.loads(json.dumps(described)), "make openapi writes it anew"
