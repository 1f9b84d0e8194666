"""Why there is an alert or none, a rule that is tried on the past, and how right a rule was: over HTTP."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from instantreact.domain.alert import AlertState
from instantreact.domain.media import Window
from instantreact.domain.rule import ConceptCondition, Criteria
from instantreact.pipeline.observe import Origin, observe
from instantreact.pipeline.services import Services
from instantreact.storage import cameras
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.tables import Alert, Rule
from tests.api.problems import assert_problem
from tests.observations import make_observation
from tests.pipeline.conftest import JPEG
from tests.storage.factories import NOW, make_clip

FIGHT: dict[str, Any] = {"name": "Fights", "conditions": [{"kind": "concept", "concept": "fight", "min_score": 0.6}]}
NIGHT = {"hours": [{"days": ["mon", "holiday"], "start": "22:00", "end": "06:00"}], "holidays": ["2026-12-25"]}


async def see(services: Services, *scores: float, every_s: float = 60.0, connection: str = "c") -> list[str]:
    """Windows of a camera, the last one now; the events' ids."""
    async with services.database.unit_of_work() as session:
        settings = CameraSettings(f"Door {connection}", "rtsp://192.0.2.1/")
        camera_id = (await cameras.insert_camera(session, services.box, settings, now=NOW)).id
    began = NOW - timedelta(seconds=every_s * len(scores))
    origin = Origin("Door", began, notify=True, camera_id=camera_id, connection=connection)
    found = []
    for index, score in enumerate(scores):
        seen = make_observation("two men", concepts={"fight": score})
        seen = replace(seen, window=Window(index, index * every_s, index * every_s + 2.0))
        found.append((await observe(services, origin, seen, lambda: JPEG)).event.id)
    return found


@pytest.mark.parametrize(
    "confirmation",
    [
        None,
        {"kind": "hits", "hits": 2, "of": 3},
        {"kind": "duration", "at_least_s": 8.0},
        {"kind": "mean", "over_s": 10.0},
    ],
)
async def test_rule_shows_its_schedule_and_confirmation_as_they_were_written(
    client: httpx.AsyncClient, confirmation: dict[str, Any] | None
) -> None:
    created = await client.post("/rules", json={**FIGHT, "schedule": NIGHT, "confirmation": confirmation})
    assert created.status_code == 201, created.text
    shown = (await client.get(created.headers["Location"])).json()
    assert (shown["schedule"], shown["confirmation"]) == (NIGHT, confirmation)
    again = await client.put(created.headers["Location"], json=shown)
    assert again.json() == shown


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("schedule", {"hours": []}, "hours"),
        ("schedule", {"hours": [{"days": ["mon"], "start": "24:00", "end": "06:00"}]}, "start"),
        ("schedule", {"hours": [{"days": ["mon"], "start": "22:00:30", "end": "06:00"}]}, "start"),
        ("schedule", {"hours": [{"days": ["monday"], "start": "22:00", "end": "06:00"}]}, "days"),
        ("schedule", {**NIGHT, "holidays": [20261225]}, "holidays"),
        ("schedule", {**NIGHT, "holidays": [0]}, "holidays"),
        ("schedule", {"hours": [{"days": ["holiday"], "start": "22:00", "end": "06:00"}]}, "`holidays` lists none"),
        ("confirmation", {"kind": "hits", "hits": 4, "of": 3}, "asks for 4 windows of only 3"),
        ("confirmation", {"kind": "duration", "at_least_s": 0}, "at_least_s"),
        ("confirmation", {"kind": "mean", "over_s": 3601.0}, "over_s"),
        ("confirmation", {"kind": "often"}, "often"),
    ],
)
async def test_schedule_or_confirmation_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, field: str, value: dict[str, Any], said: str
) -> None:
    assert_problem(await client.post("/rules", json={**FIGHT, field: value}), 422, said)


async def test_rule_about_words_takes_no_confirmation(client: httpx.AsyncClient) -> None:
    spoken = {"name": "Help", "conditions": [{"kind": "speech", "phrases": ["help"]}], "enabled": False}
    answer = await client.post("/rules", json={**spoken, "confirmation": {"kind": "hits", "hits": 2, "of": 3}})
    assert_problem(answer, 422, "what is said is said once")


async def test_event_is_explained_for_each_rule_that_watches(client: httpx.AsyncClient, services: Services) -> None:
    fight = (await client.post("/rules", json=FIGHT)).json()
    (event_id,) = await see(services, 0.93)
    other = await client.post("/rules", json={**FIGHT, "name": "Never", "enabled": False})

    explained = await client.get(f"/events/{event_id}/explain")

    assert explained.status_code == 200
    fights, never = explained.json()["rules"]
    assert (fights["rule_id"], fights["outcome"], fights["holds"]) == (fight["id"], "raised", True)
    assert fights["why"] == "It raised an alert. Nobody was there to be told."
    assert fights["alert"]["event_id"] == event_id
    assert [(each["score"], each["needed"]) for each in fights["conditions"]] == [(0.93, 0.6)]
    assert (never["rule_id"], never["outcome"], never["alert"]) == (other.json()["id"], None, None)
    assert_problem(await client.get("/events/nowhere/explain"), 404, "nowhere")


async def test_rule_is_tried_on_the_past_without_telling_anybody(client: httpx.AsyncClient, services: Services) -> None:
    ids = await see(services, 0.9, 0.7, 0.3, 0.95, every_s=50.0)

    tried = (await client.post("/rules/test", json={"rule": FIGHT})).json()

    assert (tried["events"], tried["total"]) == (4, 2)
    assert [each["event_id"] for each in tried["alerts"]] == [ids[3], ids[0]]
    assert tried["withheld"] == {"cooldown": 1}
    assert tried["alerts_a_day"] == 2.0  # nothing was seen before today
    asked = {each["needed"]: each["alerts"] for each in tried["thresholds"]}
    assert (asked[0.25], asked[0.6], asked[0.95]) == (2, 2, 1)
    assert (await client.get(tried["alerts"][0]["snapshot"])).content == JPEG
    assert (await client.get("/alerts")).json()["items"] == []
    assert (await client.get("/rules")).json()["items"] == []


async def test_rule_is_tried_on_the_cameras_and_the_time_that_it_is_asked_for(
    client: httpx.AsyncClient, services: Services
) -> None:
    await see(services, 0.9, connection="a")
    (seen,) = await see(services, 0.9, connection="b")
    camera_id = (await client.get(f"/events/{seen}")).json()["camera_id"]

    one = await client.post("/rules/test", json={"rule": {**FIGHT, "camera_ids": [camera_id]}})
    none = await client.post("/rules/test", json={"rule": FIGHT, "until": "2026-11-22T11:00:00Z"})

    assert [each["event_id"] for each in one.json()["alerts"]] == [seen]
    assert none.json()["events"] == 0


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ({"since": "2026-11-22T12:00:00Z", "until": "2026-11-22T11:00:00Z"}, "nothing is between them"),
        ({"since": "2026-11-23T12:00:00Z"}, "nothing is between them"),
        ({"since": "2026-01-01T12:00:00Z"}, "More than 92 days"),
    ],
)
async def test_rule_is_tried_on_no_span_that_is_empty_or_endless(
    client: httpx.AsyncClient, span: dict[str, str], said: str
) -> None:
    assert_problem(await client.post("/rules/test", json={"rule": FIGHT, **span}), 422, said)


async def test_rule_is_not_tried_on_a_camera_that_is_not_there(client: httpx.AsyncClient) -> None:
    answer = await client.post("/rules/test", json={"rule": {**FIGHT, "camera_ids": ["nowhere"]}})
    assert_problem(answer, 422, "There is no camera nowhere")


async def test_rule_is_tried_on_the_minutes_of_an_upload_that_lie_ahead(
    client: httpx.AsyncClient, services: Services
) -> None:
    async with services.database.unit_of_work() as session:
        clip = await make_clip(session)
    origin = Origin("Shop", NOW, notify=True, clip_id=clip.id)
    ahead = replace(make_observation(concepts={"fight": 0.9}), window=Window(0, 600.0, 602.0))
    event = (await observe(services, origin, ahead, lambda: JPEG)).event
    tried = (await client.post("/rules/test", json={"rule": FIGHT})).json()
    assert [each["event_id"] for each in tried["alerts"]] == [event.id]


async def test_rule_that_nobody_could_write_down_is_not_tried_either(client: httpx.AsyncClient) -> None:
    unknown = {**FIGHT, "conditions": [{"kind": "concept", "concept": "fihgt"}]}
    assert_problem(await client.post("/rules/test", json={"rule": unknown}), 422, "Did you mean fight?")


async def test_rule_about_a_zone_that_no_camera_has_is_not_tried(client: httpx.AsyncClient) -> None:
    nowhere = {**FIGHT, "conditions": [{"kind": "zone", "zone": "till"}]}
    assert_problem(await client.post("/rules/test", json={"rule": nowhere}), 422, "has a zone called till")


async def test_rule_that_is_mostly_wrong_says_so_and_which_threshold_would_be_better(
    client: httpx.AsyncClient, services: Services
) -> None:
    rule = (await client.post("/rules", json={**FIGHT, "cooldown_s": 0.0})).json()
    await see(services, 0.62, 0.65, 0.7, 0.72, 0.93, 0.95)
    alerts = {alert["evidence"][0]["score"]: alert["id"] for alert in (await client.get("/alerts")).json()["items"]}
    for score, alert_id in alerts.items():
        answer = "dismiss" if score < 0.8 else "acknowledge"
        if score != 0.95:
            assert (await client.post(f"/alerts/{alert_id}/{answer}")).is_success

    record = (await client.get(f"/rules/{rule['id']}/record")).json()

    said = "4 of its 5 answered alerts of the last 30 days were false alarms."
    (camera,) = record["cameras"]
    assert (camera["raised"], camera["acknowledged"], camera["dismissed"]) == (6, 1, 4)
    assert record["warning"] == said
    assert record["proposal"] == {"condition": 0, "needed": 0.73, "spared": 4, "lost": 0}
    assert (await client.get(f"/rules/{rule['id']}")).json()["warning"] == said
    assert (await client.get("/rules")).json()["items"][0]["warning"] == said


async def test_record_forgets_what_is_long_ago(client: httpx.AsyncClient, services: Services) -> None:
    async with services.database.unit_of_work() as session:
        rule = Rule(name="Old", criteria=Criteria((ConceptCondition("fight"),)), created_at=NOW)
        session.add(rule)
        await session.flush()
        rule_id = rule.id
    await see(services, 0.9)
    async with services.database.unit_of_work() as session:
        for alert in await session.scalars(Alert.__table__.select().with_only_columns(Alert.id)):
            row = await session.get(Alert, alert)
            assert row is not None
            row.raised_at, row.state = NOW - timedelta(days=31), AlertState.DISMISSED
    record = (await client.get(f"/rules/{rule_id}/record")).json()
    assert (record["cameras"], record["warning"], record["proposal"]) == ([], None, None)
