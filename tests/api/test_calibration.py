"""What a camera has learned: over HTTP."""

from dataclasses import replace
from typing import Any

import httpx
from fastapi import FastAPI

from instantreact.domain.audit import AuditAction
from instantreact.pipeline.observe import Origin, observe
from instantreact.pipeline.services import Services
from instantreact.storage.audit import AuditFilter, list_entries
from tests.api.problems import assert_problem
from tests.observations import make_observation
from tests.pipeline.conftest import JPEG
from tests.storage.factories import NOW, make_clip

RULE = {"name": "Fights", "conditions": [{"kind": "concept", "concept": "fight", "min_score": 0.5}], "cooldown_s": 0}


async def see(services: Services, camera_id: str, score: float) -> str:
    """A window in a clip of the camera; the event's id."""
    async with services.database.unit_of_work() as session:
        clip_id = (await make_clip(session, camera_id=camera_id)).id
    origin = Origin("Door", NOW, notify=True, camera_id=camera_id, clip_id=clip_id)
    return (await observe(services, origin, make_observation(concepts={"fight": score}), lambda: JPEG)).event.id


async def list_raised(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/alerts", params={"state": "raised"})).json()["items"]
    return items


async def test_camera_learns_from_dismissals_which_are_seen_and_undone(
    client: httpx.AsyncClient, services: Services
) -> None:
    assert (await client.post("/rules", json=RULE)).status_code == 201
    made = await client.post("/cameras", json={"name": "Door", "source": "push:"})
    camera_id, url = made.json()["id"], f"{made.headers['Location']}/calibration"
    assert (await client.get(url)).json() == {"camera_id": camera_id, "adapts": True, "concepts": []}

    for _ in range(2):
        await see(services, camera_id, 0.6)
        (alert,) = await list_raised(client)
        assert (await client.post(f"/alerts/{alert['id']}/dismiss")).status_code == 200
    event_id = await see(services, camera_id, 0.6)
    assert await list_raised(client) == []
    event = (await client.get(f"/events/{event_id}")).json()
    assert event["concepts_before"] == {"fight": 0.6}
    assert 0.4 < event["concepts"]["fight"] < 0.5
    (explained,) = (await client.get(f"/events/{event_id}/explain")).json()["rules"]
    assert explained["conditions"][0]["score_before"] == 0.6
    assert "(0.60 before this camera's calibration)" in explained["why"]

    (learned,) = (await client.get(url)).json()["concepts"]
    assert (learned["concept"], learned["false_alarms"], learned["confirmed"]) == ("fight", 2, 0)
    assert learned["shift"] == 0.454
    assert learned["reads"][0] == {"score": 0.5, "read_as": 0.388}
    assert [tap["is_false"] for tap in learned["taps"]] == [True, True]

    off = await client.put(url, json={"adapts": False})
    assert (off.json()["adapts"], off.json()["concepts"][0]["shift"]) == (False, 0.0)
    await see(services, camera_id, 0.6)
    assert len(await list_raised(client)) == 1
    assert (await client.put(url, json={"adapts": True})).json()["concepts"] == [learned]

    last = learned["taps"][0]["alert_id"]
    assert (await client.delete(url, params={"alert_id": last})).status_code == 204
    assert (await client.get(url)).json()["concepts"][0]["shift"] == 0.303
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).json()["concepts"] == []
    assert (await client.delete(url)).status_code == 204
    async with services.database.reading() as session:
        entries = await list_entries(session, AuditFilter(action=AuditAction.CHANGED))
    routes = [entry.route for entry in entries if entry.subject == camera_id]
    assert routes.count("DELETE /cameras/{camera_id}/calibration") == 3
    assert routes.count("PUT /cameras/{camera_id}/calibration") == 2


async def test_calibration_of_no_camera_or_of_a_service_that_does_not_adapt_is_told(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    for verb in ("GET", "DELETE"):
        assert_problem(await client.request(verb, "/cameras/none/calibration"), 404, "There is no camera")
    assert_problem(await client.put("/cameras/none/calibration", json={"adapts": True}), 404, "There is no camera")
    made = await client.post("/cameras", json={"name": "Door", "source": "push:"})
    app.state.services = replace(services, adapts=False)
    url = f"{made.headers['Location']}/calibration"
    assert (await client.get(url)).json()["adapts"] is False
    assert_problem(await client.put(url, json={"adapts": True}), 409, "INSTANTREACT_ADAPT")
