from datetime import timedelta

import httpx
import pytest

from instantreact.domain.alert import Receipt
from instantreact.domain.happening import CameraLost, RuleMatched
from instantreact.domain.rule import Evidence, Severity
from instantreact.pipeline.services import Services
from instantreact.storage import alerts, deliveries
from instantreact.storage.cameras import CameraSettings, insert_camera
from instantreact.storage.tables import Alert
from tests.api.problems import assert_problem
from tests.storage.factories import NOW, make_alert, make_recipient

CAPTION = "Two people fight."
EVIDENCE = (Evidence("concept", "fight", 0.9, CAPTION, 0.0, 2.0),)
FIGHT = RuleMatched("A fight", "Door", CAPTION, EVIDENCE, NOW, "Europe/Berlin", Severity.WARNING)


async def raise_alert(services: Services, **values: object) -> Alert:
    async with services.database.unit_of_work() as session:
        ana = await make_recipient(session, name="Ana", address="99")
        alert = await make_alert(session, ana, happening=FIGHT, **values)
        return await alerts.get_alert(session, alert.id)


async def test_alert_shows_who_was_told_and_what_became_of_each_part(
    client: httpx.AsyncClient, services: Services
) -> None:
    alert = await raise_alert(services)
    (delivery,) = alert.deliveries
    async with services.database.unit_of_work() as session:
        await deliveries.mark_parts_sent(session, {delivery.parts[0].id: Receipt("m_1", NOW)})

    shown = (await client.get(f"/alerts/{alert.id}")).json()

    assert (shown["state"], shown["severity"], shown["raised_at"]) == ("raised", "warning", "2026-11-22T12:00:00Z")
    assert (shown["title"], shown["text"].splitlines()[1:3]) == (
        "A fight",
        ["Sun 22 Nov 2026, 13:00:00 CET (UTC+01:00)", CAPTION],
    )
    unasked = {"count": None, "zone": None, "for_s": None, "way": None}
    assert shown["evidence"] == [
        {"kind": "concept", "what": "fight", "score": 0.9, "quote": "Two people fight.", "start_s": 0.0, "end_s": 2.0}
        | unasked
    ]
    (told,) = shown["deliveries"]
    assert (told["recipient_name"], told["channel"], told["state"]) == ("Ana", "messenger", "pending")
    assert [(part["kind"], part["state"], part["message_id"]) for part in told["parts"]] == [
        ("text", "sent", "m_1"),
        ("picture", "pending", None),
    ]


@pytest.mark.parametrize(("verb", "state"), [("acknowledge", "acknowledged"), ("dismiss", "dismissed")])
async def test_alert_is_answered_once_however_often_it_is_said(
    client: httpx.AsyncClient, services: Services, verb: str, state: str
) -> None:
    alert = await raise_alert(services)

    answers = [await client.post(f"/alerts/{alert.id}/{verb}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert (answers[0].json()["state"], answers[0].json()["answered_by"]) == (state, "API")
    assert answers[0].json()["answered_at"] == "2026-11-22T12:00:00Z"


async def test_alert_may_turn_out_false_after_it_was_acknowledged_but_not_the_other_way_round(
    client: httpx.AsyncClient, services: Services
) -> None:
    alert = await raise_alert(services)
    await client.post(f"/alerts/{alert.id}/acknowledge")

    assert (await client.post(f"/alerts/{alert.id}/dismiss")).json()["state"] == "dismissed"
    assert_problem(await client.post(f"/alerts/{alert.id}/acknowledge"), 409, "is dismissed already")
    assert (await client.get(f"/alerts/{alert.id}")).json()["state"] == "dismissed"


async def test_alerts_are_narrowed_by_state_camera_and_time(client: httpx.AsyncClient, services: Services) -> None:
    async with services.database.unit_of_work() as session:
        camera = await insert_camera(session, services.box, CameraSettings("Door", "device:0"), now=NOW)
        at_door = await make_alert(session, camera_id=camera.id, raised_at=NOW - timedelta(hours=2))
        other = await make_alert(session)
        await alerts.acknowledge_alert(session, other.id, by="Ana", now=NOW)

    async def list_ids(**params: str) -> list[str]:
        return [alert["id"] for alert in (await client.get("/alerts", params=params)).json()["items"]]

    assert await list_ids() == [other.id, at_door.id]
    assert await list_ids(state="raised") == [at_door.id]
    assert await list_ids(camera_id=camera.id) == [at_door.id]
    assert await list_ids(rule_id=str(other.rule_id)) == [other.id]
    assert await list_ids(since="2026-11-22T13:00:00+02:00") == [other.id]
    assert await list_ids(until="2026-11-22T11:00:00Z") == [at_door.id]


async def test_alert_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    for answer in [
        await client.get("/alerts/a1"),
        await client.post("/alerts/a1/acknowledge"),
        await client.post("/alerts/a1/dismiss"),
    ]:
        assert_problem(answer, 404, "There is no alert a1.")


async def test_alert_about_a_camera_is_told_in_words_and_has_no_evidence(
    client: httpx.AsyncClient, services: Services
) -> None:
    lost = CameraLost("Door", NOW - timedelta(minutes=1), NOW, 60.0, 0.0, "Nothing listens there.", "UTC")
    async with services.database.unit_of_work() as session:
        alert = await make_alert(session, system_key="camera-lost:1", happening=lost)

    shown = (await client.get(f"/alerts/{alert.id}")).json()

    assert (shown["title"], shown["severity"], shown["evidence"]) == ("Door is lost", "warning", [])
    assert shown["text"] == "Door has sent no picture since 11:59:00 UTC. Nothing listens there."
