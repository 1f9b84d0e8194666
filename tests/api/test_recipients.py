from datetime import timedelta

import httpx
import pytest

from instantreact.pipeline.services import Services
from instantreact.storage import recipients
from tests.api.problems import assert_problem
from tests.api.test_rules import SMALL
from tests.storage.factories import DAY

ANA = {"name": "Ana", "channel": "messenger", "address": "1254477777772919", "enabled": True}


async def test_recipient_is_read_back_as_written(client: httpx.AsyncClient) -> None:
    created = await client.post("/recipients", json=ANA)

    assert created.status_code == 201
    recipient = created.json()
    assert {name: recipient[name] for name in ANA} == ANA
    assert (recipient["window_open_until"], recipient["unreachable_reason"]) == (None, None)
    assert (await client.get(created.headers["Location"])).json() == recipient


async def test_recipient_keeps_the_open_window_when_only_the_name_changes(
    client: httpx.AsyncClient, services: Services
) -> None:
    recipient = (await client.post("/recipients", json=ANA)).json()
    async with services.database.unit_of_work() as session:
        await recipients.open_chat_window(session, recipient["id"], acted_at=services.clock.now(), chat_window=DAY)

    renamed = (await client.put(f"/recipients/{recipient['id']}", json={**recipient, "name": "Ana B."})).json()

    assert renamed["name"] == "Ana B."
    assert renamed["window_open_until"] == (services.clock.now() + timedelta(hours=24)).isoformat()[:19] + "Z"


async def test_recipient_at_another_address_starts_without_a_window(
    client: httpx.AsyncClient, services: Services
) -> None:
    recipient = (await client.post("/recipients", json=ANA)).json()
    async with services.database.unit_of_work() as session:
        await recipients.open_chat_window(session, recipient["id"], acted_at=services.clock.now(), chat_window=DAY)

    moved = (await client.put(f"/recipients/{recipient['id']}", json={**ANA, "address": "99"})).json()

    assert (moved["address"], moved["window_open_until"]) == ("99", None)


async def test_recipient_with_an_address_that_is_taken_is_a_conflict(client: httpx.AsyncClient) -> None:
    await client.post("/recipients", json=ANA)
    other = (await client.post("/recipients", json={**ANA, "address": "99"})).headers["Location"]

    assert_problem(await client.post("/recipients", json={**ANA, "name": "Bea"}), 409, "already reached")
    assert_problem(await client.put(other, json=ANA), 409, "already reached")


async def test_recipient_is_gone_when_deleted(client: httpx.AsyncClient) -> None:
    where = (await client.post("/recipients", json=ANA)).headers["Location"]

    assert (await client.delete(where)).status_code == 204

    for answer in [await client.get(where), await client.delete(where), await client.put(where, json=ANA)]:
        assert_problem(answer, 404, "There is no recipient")


async def test_recipient_stays_while_a_rule_names_them(client: httpx.AsyncClient) -> None:
    ana = (await client.post("/recipients", json=ANA)).json()
    rule = (await client.post("/rules", json={**SMALL, "recipient_ids": [ana["id"]]})).headers["Location"]

    assert_problem(await client.delete(f"/recipients/{ana['id']}"), 409, "named by the rules Fire")

    await client.delete(rule)
    assert (await client.delete(f"/recipients/{ana['id']}")).status_code == 204


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "pigeon"}, "body.channel"),
        ({"address": "a b"}, "body.address"),
        ({"address": ""}, "body.address"),
        ({"name": "  "}, "body.name"),
        ({"name": "A\x00na"}, "body.name"),
        ({"nickname": "A"}, "body.nickname"),
    ],
)
async def test_recipient_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    problem = assert_problem(await client.post("/recipients", json={**ANA, **change}), 422)

    assert [error["field"] for error in problem["errors"]] == [field]
