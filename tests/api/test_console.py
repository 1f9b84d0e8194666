"""What the console asks for beside what others do: the first start's steps, the doctor, cards, an order of cameras."""

from dataclasses import replace

import httpx
from fastapi import FastAPI

from instantreact import __version__
from instantreact.api.options import ApiOptions
from instantreact.domain.alert import DeliveryState, Receipt
from instantreact.domain.finding import Finding
from instantreact.pipeline.services import Services
from instantreact.storage import deliveries
from tests.api.problems import assert_problem
from tests.api.test_live import add_camera
from tests.storage.factories import NOW, make_recipient, make_rule


async def test_first_start_tells_what_is_there_until_a_test_alert_has_arrived(
    client: httpx.AsyncClient, services: Services
) -> None:
    empty = (await client.get("/setup/steps")).json()
    assert set(empty.values()) == {False}
    assert_problem(await client.post("/alerts/test", json={}), 409, "Nobody would be told")
    await add_camera(client, "push:")
    async with services.database.unit_of_work() as session:
        await make_rule(session)
        guard = await make_recipient(session, name="Guard")
        away = await make_recipient(session, name="Away", address="2")

    made = await client.post("/alerts/test", json={"recipient_ids": [guard.id]})
    assert made.status_code == 201, made.text
    alert = (await client.get(made.headers["Location"])).json()
    assert (alert["title"], alert["severity"], alert["state"]) == ("Test alert", "critical", "raised")
    (delivery,) = alert["deliveries"]
    assert (delivery["recipient_name"], delivery["state"]) == ("Guard", "pending")
    before = (await client.get("/setup/steps")).json()
    async with services.database.unit_of_work() as session:
        parts = (await deliveries.get_delivery(session, delivery["id"])).parts
        await deliveries.mark_parts_sent(session, {part.id: Receipt("m_1", NOW) for part in parts})
    after = (await client.get("/setup/steps")).json()

    assert before == {
        "has_administrator": False,
        "has_camera": True,
        "has_live_camera": False,
        "has_rule": True,
        "has_recipient": True,
        "was_tested": False,
    }
    assert after == before | {"was_tested": True}
    both = (await client.post("/alerts/test", json={"recipient_ids": None})).json()["deliveries"]
    assert {each["recipient_id"] for each in both} == {guard.id, away.id}


async def test_delivery_that_failed_is_sent_again(client: httpx.AsyncClient, services: Services) -> None:
    async with services.database.unit_of_work() as session:
        await make_recipient(session)
    alert = (await client.post("/alerts/test", json={})).json()
    url = f"/alerts/{alert['id']}/deliveries/{alert['deliveries'][0]['id']}/retry"
    assert_problem(await client.post(url), 409, "Nothing of delivery")
    async with services.database.unit_of_work() as session:
        await deliveries.fail_delivery(session, alert["deliveries"][0]["id"], DeliveryState.REFUSED, "Not today.")

    (refused,) = (await client.get(f"/alerts/{alert['id']}")).json()["deliveries"]
    assert {part["error"] for part in refused["parts"]} == {"Not today."}
    again = await client.post(url)

    assert again.json()["deliveries"][0]["state"] == "pending"
    assert len((await client.get("/jobs?state=due")).json()["items"]) == 1


async def test_doctor_is_asked_by_administrators(app: FastAPI, client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/doctor"), 503, "cannot be examined")
    options: ApiOptions = app.state.options

    async def examine() -> list[Finding]:
        return [Finding("database", "at 0036"), Finding("disk", "", "is full", is_fatal=False)]

    app.state.options = replace(options, examine=examine)
    found = (await client.get("/doctor")).json()
    assert found["version"] == __version__
    assert [(each["what"], each["problem"]) for each in found["findings"]] == [("database", None), ("disk", "is full")]


async def test_cards_of_the_shipped_models_are_read(client: httpx.AsyncClient) -> None:
    card = await client.get("/bundles/captioner/card")
    assert card.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert card.text.startswith("#")
    assert_problem(await client.get("/bundles/detector/card"), 404, "card of detector")
    assert (await client.get("/bundles/nothing/card")).status_code == 422


async def test_cameras_have_an_order_that_a_replacement_leaves(client: httpx.AsyncClient) -> None:
    ids = [await add_camera(client, "push:", name=name) for name in "abc"]

    assert (await client.put("/cameras/order", json={"camera_ids": [ids[2], ids[0]]})).status_code == 204
    shown = (await client.get(f"/cameras/{ids[2]}")).json()
    await client.put(f"/cameras/{ids[2]}", json=shown)

    placed = {each["id"]: each["position"] for each in (await client.get("/cameras")).json()["items"]}
    assert placed == {ids[2]: 1, ids[0]: 2, ids[1]: None}
    assert_problem(await client.put("/cameras/order", json={"camera_ids": ["nobody"]}), 404, "no camera nobody")
