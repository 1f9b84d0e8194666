from typing import Any

import httpx
import pytest

from instantreact.pipeline.services import Services
from tests.api.problems import assert_problem
from tests.conftest import StoppedClock
from tests.storage.factories import make_recipient, make_rule


async def make_ids(services: Services) -> dict[str, str]:
    async with services.database.unit_of_work() as session:
        return {"rule_id": (await make_rule(session)).id, "recipient_id": (await make_recipient(session)).id}


async def list_mutes(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/mutes")).json()["items"]
    return items


async def test_mute_is_listed_until_it_is_over(client: httpx.AsyncClient, services: Services) -> None:
    ids = await make_ids(services)

    made = await client.post("/mutes", json={**ids, "duration_s": 900})

    assert made.status_code == 201, made.text
    mute = made.json()
    assert (mute["rule_id"], mute["recipient_id"], mute["made_by"]) == (ids["rule_id"], ids["recipient_id"], "API")
    assert await list_mutes(client) == [mute]
    assert isinstance(services.clock, StoppedClock)
    services.clock.advance(901)
    assert await list_mutes(client) == []


async def test_mute_of_the_same_takes_the_place_of_the_one_before(
    client: httpx.AsyncClient, services: Services
) -> None:
    ids = await make_ids(services)
    await client.post("/mutes", json={"duration_s": 60})
    await client.post("/mutes", json={**ids, "duration_s": 3600})
    await client.post("/mutes", json={**ids, "duration_s": 60})

    assert len(await list_mutes(client)) == 2


async def test_mute_is_ended_once(client: httpx.AsyncClient) -> None:
    mute = (await client.post("/mutes", json={"duration_s": 60})).json()

    assert (await client.delete(f"/mutes/{mute['id']}")).status_code == 204
    assert_problem(await client.delete(f"/mutes/{mute['id']}"), 404, "There is no mute")


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ({}, "duration_s"),
        ({"duration_s": 59}, "duration_s"),
        ({"duration_s": 7 * 86_400 + 1}, "duration_s"),
        ({"duration_s": 60, "camera_id": "unknown"}, "no camera unknown"),
        ({"duration_s": 60, "rule_id": "unknown"}, "no rule unknown"),
        ({"duration_s": 60, "recipient_id": "unknown"}, "no recipient unknown"),
        ({"duration_s": 60, "rule_id": "a", "camera_id": "b"}, "not both"),
    ],
)
async def test_mute_that_never_ends_or_mutes_nothing_is_refused(
    client: httpx.AsyncClient, draft: dict[str, Any], said: str
) -> None:
    refused = await client.post("/mutes", json=draft)

    assert_problem(refused, 422)
    assert said in refused.text
