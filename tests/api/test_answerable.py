"""Rules that could never hold, and cameras that a rule would miss, are refused with a word."""

from typing import Any

import httpx
import pytest

from instantreact.domain.camera import SpeechMode
from tests.api.problems import assert_problem

TRIANGLE = [{"x": 0, "y": 0}, {"x": 1, "y": 0}, {"x": 1, "y": 1}]
MEANS = {"kind": "meaning", "meaning": "intent", "name": "threat"}
SAYS = {"kind": "speech", "phrases": ["help"]}
AT_THE_COUNTER = {"kind": "zone", "zone": "counter"}


def make_rule(*conditions: dict[str, Any], **values: object) -> dict[str, Any]:
    return {"name": "R", "conditions": list(conditions), **values}


async def add_camera(client: httpx.AsyncClient, name: str, *zones: str, **values: object) -> dict[str, Any]:
    drawn = [{"name": zone, "polygon": TRIANGLE} for zone in zones]
    answer = await client.post("/cameras", json={"name": name, "source": "push:", "zones": drawn, **values})
    assert answer.status_code == 201, answer.text
    camera: dict[str, Any] = answer.json()
    return camera


@pytest.mark.parametrize("verb", ["POST", "PUT"])
async def test_rule_about_a_zone_that_no_camera_has_is_refused_with_the_nearest_name(
    client: httpx.AsyncClient, verb: str
) -> None:
    await add_camera(client, "Till", "counter", "door")
    stored = (await client.post("/rules", json=make_rule(AT_THE_COUNTER, name="Old"))).headers["Location"]
    where = "/rules" if verb == "POST" else stored

    answer = await client.request(verb, where, json=make_rule({"kind": "zone", "zone": "Countr"}))

    assert_problem(answer, 422, "has a zone called Countr. Did you mean counter?")
    (kept,) = (await client.get("/rules")).json()["items"]
    assert kept["name"] == "Old"


async def test_rule_about_a_zone_of_a_camera_that_it_does_not_watch_is_refused(client: httpx.AsyncClient) -> None:
    await add_camera(client, "Till", "counter")
    hall = await add_camera(client, "Hall")

    answer = await client.post("/rules", json=make_rule(AT_THE_COUNTER, camera_ids=[hall["id"]]))

    assert_problem(answer, 422, "No camera that this rule watches has a zone called counter. There is none.")


async def test_rule_that_is_not_enabled_may_wait_for_its_zone(client: httpx.AsyncClient) -> None:
    created = await client.post("/rules", json=make_rule(AT_THE_COUNTER, enabled=False))
    assert created.status_code == 201

    enabling = await client.put(created.headers["Location"], json={**created.json(), "enabled": True})

    assert_problem(enabling, 422, "zone called counter")


async def test_camera_keeps_the_zone_that_a_rule_finds_nowhere_else(client: httpx.AsyncClient) -> None:
    till = await add_camera(client, "Till", "counter")
    await client.post("/rules", json=make_rule(AT_THE_COUNTER))
    where = f"/cameras/{till['id']}"

    for answer in [await client.put(where, json={**till, "zones": []}), await client.delete(where)]:
        assert_problem(answer, 409, "The zone counter is asked about by the rule R")
    assert (await client.get(where)).json()["zones"] == till["zones"]

    await add_camera(client, "Second till", "counter")
    assert (await client.put(where, json={**till, "zones": []})).status_code == 200
    assert (await client.delete(where)).status_code == 204


@pytest.mark.parametrize("field", ["camera_ids", "recipient_ids"])
async def test_rule_for_nobody_is_refused(client: httpx.AsyncClient, field: str) -> None:
    answer = await client.post("/rules", json=make_rule({"kind": "concept", "concept": "fire"}, **{field: []}))

    (error,) = assert_problem(answer, 422)["errors"]
    assert error["field"] == f"body.{field}"


async def test_rule_about_a_meaning_is_refused_without_wit(client: httpx.AsyncClient) -> None:
    assert_problem(await client.post("/rules", json=make_rule(MEANS)), 422, "Set INSTANTREACT_WIT_TOKEN")


async def test_camera_that_wit_should_hear_is_refused_without_wit(client: httpx.AsyncClient) -> None:
    hall = await add_camera(client, "Hall")

    for answer in [
        await client.post("/cameras", json={"name": "Till", "source": "push:", "speech": "wit"}),
        await client.put(f"/cameras/{hall['id']}", json={**hall, "speech": "wit"}),
    ]:
        assert_problem(answer, 422, "Set INSTANTREACT_WIT_TOKEN")
    assert (await client.get(f"/cameras/{hall['id']}")).json()["speech"] is None


async def test_rule_about_words_is_refused_where_nobody_listens(client: httpx.AsyncClient) -> None:
    assert_problem(await client.post("/rules", json=make_rule(SAYS)), 422, "nobody listens")

    till = await add_camera(client, "Till", speech="local")
    hall = await add_camera(client, "Hall")
    assert_problem(await client.post("/rules", json=make_rule(SAYS, camera_ids=[hall["id"]])), 422, "nobody listens")
    assert (await client.post("/rules", json=make_rule(SAYS, camera_ids=[till["id"]]))).status_code == 201


class TestWithWit:
    @pytest.fixture
    def speech_mode(self) -> SpeechMode:
        return SpeechMode.WIT

    async def test_rule_about_a_meaning_is_taken_where_wit_listens(self, client: httpx.AsyncClient) -> None:
        deaf = await add_camera(client, "Hall", speech="off")
        heard = await add_camera(client, "Till")

        only_deaf = await client.post("/rules", json=make_rule(MEANS, camera_ids=[deaf["id"]]))
        both = await client.post("/rules", json=make_rule(MEANS, camera_ids=[deaf["id"], heard["id"]]))
        every = await client.post("/rules", json=make_rule(MEANS, name="All"))

        assert_problem(only_deaf, 422, "it listens to nothing that this rule watches")
        assert (both.status_code, every.status_code) == (201, 201)
