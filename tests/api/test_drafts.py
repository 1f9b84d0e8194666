"""What nobody can have meant is refused, and the answer names the field; nothing is guessed."""

import json
from typing import Any

import httpx
import pytest

from tests.api.problems import assert_problem
from tests.api.test_cameras import DOOR
from tests.api.test_recipients import ANA
from tests.api.test_rules import SMALL

JSON = {"Content-Type": "application/json"}
FIRE = {"kind": "concept", "concept": "fire"}


DRAFTS = pytest.mark.parametrize(("where", "draft"), [("/rules", SMALL), ("/cameras", DOOR), ("/recipients", ANA)])


@DRAFTS
async def test_truth_value_is_true_or_false_and_nothing_else(
    client: httpx.AsyncClient, where: str, draft: dict[str, Any]
) -> None:
    values: list[object] = [0, 1, 1.0, "yes", "true", "", None, [], {}]
    for value in values:
        problem = assert_problem(await client.post(where, json={**draft, "enabled": value}), 422)
        assert [error["field"] for error in problem["errors"]] == ["body.enabled"]


async def test_truth_value_of_a_query_is_true_or_false_and_nothing_else(client: httpx.AsyncClient) -> None:
    for value in ("0", "1", "yes", "True", "on", ""):
        problem = assert_problem(await client.get("/cameras", params={"enabled": value}), 422, "neither true nor false")
        assert [error["field"] for error in problem["errors"]] == ["query.enabled"]


@pytest.mark.parametrize(
    ("where", "draft", "path"),
    [
        ("/rules", SMALL, ["cooldown_s"]),
        ("/rules", {**SMALL, "conditions": [FIRE]}, ["conditions", 0, "min_score"]),
        ("/rules", {**SMALL, "conditions": [{"kind": "speech", "phrases": ["a"]}]}, ["conditions", 0, "max_distance"]),
        ("/cameras", DOOR, ["sensitivity"]),
        ("/cameras", DOOR, ["masks", 0, "polygon", 0, "x"]),
    ],
)
async def test_number_is_a_number_within_its_bounds(
    client: httpx.AsyncClient, where: str, draft: dict[str, Any], path: list[Any]
) -> None:
    body = json.loads(json.dumps(draft))
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = "HERE"

    for value in ("NaN", "Infinity", "-Infinity", "1e999", "-1", '"0.5"', "true", "null", "[0.5]"):
        answer = await client.post(where, content=json.dumps(body).replace('"HERE"', value), headers=JSON)
        (error,) = assert_problem(answer, 422)["errors"]
        assert error["field"].endswith(str(path[-1]))


@pytest.mark.parametrize("where", ["/events", "/alerts"])
async def test_time_is_a_date_and_a_time_and_no_number(client: httpx.AsyncClient, where: str) -> None:
    for value in ("0.5", "0", "1732276800", "1e9", "-1", "2026-11-22", "12:00Z", "P1D", "NaN"):
        for name in ("since", "until"):
            problem = assert_problem(await client.get(where, params={name: value}), 422, "such as 2026-11-22T12:00:00Z")
            assert [error["field"] for error in problem["errors"]] == [f"query.{name}"]


async def test_clip_is_not_recorded_at_a_number(client: httpx.AsyncClient) -> None:
    form = {"recorded_at": "1732276800"}

    assert_problem(await client.post("/analyze", data=form, files={"file": ("a.mp4", b"x")}), 422, "a date and time")


@pytest.mark.parametrize("where", ["/events", "/alerts"])
async def test_time_that_ends_before_it_begins_is_refused(client: httpx.AsyncClient, where: str) -> None:
    params = {"since": "2026-11-22T13:00:00+01:00", "until": "2026-11-22T12:00:00Z"}

    assert_problem(await client.get(where, params=params), 422, "nothing is between them")


@DRAFTS
async def test_name_that_cannot_be_seen_is_refused(
    client: httpx.AsyncClient, where: str, draft: dict[str, Any]
) -> None:
    for name in ("\u200b\u200d", "\u2060", "\u2028", "\x85", "\u00ad", " \u3000 "):
        problem = assert_problem(await client.post(where, json={**draft, "name": name}), 422)
        assert [error["field"] for error in problem["errors"]] == ["body.name"]


async def test_name_may_be_in_any_script(client: httpx.AsyncClient) -> None:
    for number, name in enumerate(("门", "🚪", "Tür 2", "a\u200db")):
        answer = await client.post("/recipients", json={**ANA, "name": name, "address": f"1{number}"})
        assert answer.json()["name"] == name


async def test_messenger_address_that_cannot_be_one_is_refused(client: httpx.AsyncClient) -> None:
    words, numbers = (
        ("psid-1", "@night.shift", "m.me/night.shift", "a@b.c"),
        ("+491701234567", "0", "007", "12.5", "1e9"),
    )
    for address in (*words, *numbers, "-5", "9" * 33, "١٢٣"):
        problem = assert_problem(await client.post("/recipients", json={**ANA, "address": address}), 422)
        assert [error["field"] for error in problem["errors"]] == ["body.address"]
    assert (await client.get("/recipients")).json()["items"] == []


async def test_address_of_the_console_is_any_word(client: httpx.AsyncClient) -> None:
    answer = await client.post("/recipients", json={**ANA, "channel": "console", "address": "desk-2"})

    assert (answer.status_code, answer.json()["address"]) == (201, "desk-2")
