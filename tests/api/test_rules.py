from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from instantreact.api.app import create_app
from instantreact.api.live import LiveCameras
from instantreact.domain.camera import Point, SpeechMode, Zone
from instantreact.domain.rule import ConceptCondition, Criteria
from instantreact.inference.loader import CaptionerLoader
from instantreact.pipeline.services import Services
from instantreact.storage.cameras import CameraSettings, insert_camera
from tests.api.conftest import API_KEY, OPTIONS, Checks
from tests.api.problems import assert_problem
from tests.storage.factories import NOW, make_recipient, make_rule

DRAFT = {
    "name": "Fight at the till",
    "conditions": [
        {"kind": "concept", "concept": "fight", "min_score": 0.6},
        {"kind": "caption", "phrases": ["till"], "min_score": 0.25},
        {"kind": "speech", "phrases": ["give it back"], "max_distance": 2},
        {"kind": "meaning", "meaning": "intent", "name": "threat", "value": None, "min_confidence": 0.8},
        {"kind": "zone", "zone": "counter", "min_share": 0.4},
    ],
    "combine": "any",
    "camera_ids": None,
    "recipient_ids": None,
    "severity": "critical",
    "cooldown_s": 120.0,
    "escalation": [],
    "schedule": None,
    "confirmation": None,
    "second_look": None,
    "enabled": True,
}
SMALL = {"name": "Fire", "conditions": [{"kind": "concept", "concept": "fire"}]}
COUNTER = Zone("counter", (Point(0, 0), Point(1, 0), Point(1, 1)))


@pytest.fixture
def speech_mode() -> SpeechMode:
    return SpeechMode.WIT


@pytest.fixture(autouse=True)
async def _shop(services: Services) -> None:
    """A camera that has what DRAFT asks about."""
    async with services.database.unit_of_work() as session:
        till = CameraSettings("Till", "device:0", zones=(COUNTER,))
        await insert_camera(session, services.box, till, now=NOW)


async def test_rule_that_asks_for_a_second_look_is_read_back_and_warns_where_nobody_looks(
    client: httpx.AsyncClient,
) -> None:
    asks = {"question": "Is somebody lying on the floor?", "may_reject": True}
    created = await client.post("/rules", json={**SMALL, "second_look": asks})
    assert created.json()["second_look"] == asks
    assert "INSTANTREACT_SECOND_LOOK_URL is not set" in created.json()["warning"]
    bare = await client.put(created.headers["Location"], json={**SMALL, "second_look": {}})
    assert bare.json()["second_look"] == {"question": None, "may_reject": None}
    for wrong in ({"question": ""}, {"question": "x" * 201}, {"may_reject": "yes"}, {"url": "http://evil.example"}):
        assert (await client.post("/rules", json={**SMALL, "name": "B", "second_look": wrong})).status_code == 422


async def test_rule_is_read_back_as_it_was_written(client: httpx.AsyncClient) -> None:
    created = await client.post("/rules", json=DRAFT)

    assert created.status_code == 201
    added = {"id": created.json()["id"], "created_at": "2026-11-22T12:00:00Z", "warning": None}
    assert created.json() == {**DRAFT, **added}
    read = await client.get(created.headers["Location"])
    assert read.status_code == 200
    assert read.json() == created.json()


async def test_rule_fills_in_defaults(client: httpx.AsyncClient) -> None:
    rule = (await client.post("/rules", json=SMALL)).json()

    assert rule["conditions"] == [{"kind": "concept", "concept": "fire", "min_score": 0.5}]
    assert (rule["combine"], rule["severity"], rule["cooldown_s"], rule["enabled"]) == ("all", "warning", 60.0, True)
    assert rule["camera_ids"] is None


async def test_rule_is_replaced_by_what_get_showed_with_a_change(client: httpx.AsyncClient) -> None:
    rule = (await client.post("/rules", json=DRAFT)).json()

    answer = await client.put(f"/rules/{rule['id']}", json={**rule, "enabled": False})

    assert answer.status_code == 200
    assert answer.json() == {**rule, "enabled": False}
    assert (await client.get(f"/rules/{rule['id']}")).json() == {**rule, "enabled": False}


async def test_rule_replaced_takes_defaults_for_what_is_left_out(client: httpx.AsyncClient) -> None:
    rule = (await client.post("/rules", json=DRAFT)).json()

    replaced = (await client.put(f"/rules/{rule['id']}", json=SMALL)).json()

    assert replaced["severity"] == "warning"
    assert replaced["name"] == "Fire"


async def test_rule_is_gone_when_it_was_deleted(client: httpx.AsyncClient) -> None:
    where = (await client.post("/rules", json=SMALL)).headers["Location"]

    assert (await client.delete(where)).status_code == 204

    for answer in [await client.get(where), await client.delete(where), await client.put(where, json=SMALL)]:
        assert_problem(answer, 404, "There is no rule")


async def test_rule_with_a_name_that_is_taken_is_a_conflict(client: httpx.AsyncClient) -> None:
    await client.post("/rules", json=SMALL)
    other = (await client.post("/rules", json=DRAFT)).headers["Location"]

    assert_problem(await client.post("/rules", json=SMALL), 409, "already a rule called Fire")
    assert_problem(await client.put(other, json=SMALL), 409, "already a rule called Fire")


async def test_rule_may_name_only_cameras_and_recipients_that_exist(
    client: httpx.AsyncClient, services: Services
) -> None:
    async with services.database.unit_of_work() as session:
        recipient = await make_recipient(session)

    good = await client.post("/rules", json={**SMALL, "recipient_ids": [recipient.id]})
    assert good.status_code == 201
    assert_problem(await client.post("/rules", json={**SMALL, "name": "B", "camera_ids": ["c9"]}), 422, "no camera c9")
    bad = await client.put(good.headers["Location"], json={**SMALL, "recipient_ids": ["r9"]})
    assert_problem(bad, 422, "no recipient r9")
    assert (await client.get(good.headers["Location"])).json()["recipient_ids"] == [recipient.id]


@pytest.mark.parametrize(
    ("condition", "field", "message"),
    [
        (
            {"kind": "concept", "concept": "riot"},
            "concept",
            "is not a known concept: fight, fall, fire (captioner 0.3.0).",
        ),
        ({"kind": "concept", "concept": "Fights"}, "concept", "Did you mean fight?"),
        ({"kind": "concept", "concept": "smoke"}, "concept", "Did you mean fire?"),
        ({"kind": "concept", "concept": "fire", "min_score": 1.5}, "min_score", "less than or equal to 1"),
        ({"kind": "concept", "concept": "fire", "min_score": -0.1}, "min_score", "greater than or equal to 0"),
        ({"kind": "caption", "phrases": []}, "phrases", "at least 1 item"),
        ({"kind": "caption", "phrases": ["man", "?!"]}, "phrases.1", "holds no word"),
        ({"kind": "caption", "phrases": ["man"], "min_scor": 0.5}, "min_scor", "Extra inputs are not permitted"),
        ({"kind": "speech", "phrases": ["help"], "max_distance": 11}, "max_distance", "less than or equal to 10"),
        ({"kind": "meaning", "meaning": "mood", "name": "a"}, "meaning", "'intent', 'entity' or 'trait'"),
        ({"kind": "zone", "zone": " "}, "zone", "at least 1 character"),
    ],
)
async def test_rule_with_a_bad_condition_is_refused_with_the_field(
    client: httpx.AsyncClient, condition: dict[str, object], field: str, message: str
) -> None:
    answer = await client.post("/rules", json={"name": "Bad", "conditions": [condition]})

    (error,) = assert_problem(answer, 422)["errors"]
    assert error["field"] == f"body.conditions.0.{condition['kind']}.{field}"
    assert message in error["message"]


async def test_rule_with_an_unknown_kind_of_condition_is_told_the_kinds(client: httpx.AsyncClient) -> None:
    answer = await client.post("/rules", json={"name": "Bad", "conditions": [{"kind": "smell"}]})

    assert_problem(answer, 422, "'caption', 'concept', 'speech', 'meaning', 'zone'")


async def test_rule_of_an_earlier_bundle_is_shown_with_a_warning_and_may_be_sent_back_mended(
    client: httpx.AsyncClient, services: Services
) -> None:
    async with services.database.unit_of_work() as session:
        rule = await make_rule(session, criteria=Criteria((ConceptCondition("fights"),)))

    (shown,) = (await client.get("/rules")).json()["items"]

    assert shown == (await client.get(f"/rules/{rule.id}")).json()
    assert "No loaded bundle knows fights" in shown["warning"]
    assert "Did you mean fight?" in shown["warning"]
    assert_problem(await client.put(f"/rules/{rule.id}", json=shown), 422, "is not a known concept")
    mended = await client.put(f"/rules/{rule.id}", json={**shown, **SMALL})
    assert (mended.status_code, mended.json()["warning"]) == (200, None)


async def test_rule_is_taken_while_no_bundle_can_be_asked(services: Services, live_cameras: LiveCameras) -> None:
    broken = replace(services, captioner=CaptionerLoader(Path("nowhere"), threads=1))
    app = create_app(broken, OPTIONS, Checks().run, live_cameras)
    transport, headers = httpx.ASGITransport(app), {"X-API-Key": API_KEY}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        theft = {"name": "Theft", "conditions": [{"kind": "concept", "concept": "theft"}]}
        answer = await client.post("/rules", json=theft)

        assert (answer.status_code, answer.json()["warning"]) == (201, None)
        assert (await client.get("/bundles")).json() == {"bundles": []}


async def test_bundles_lists_what_rules_may_ask_for(client: httpx.AsyncClient) -> None:
    (bundle,) = (await client.get("/bundles")).json()["bundles"]

    assert bundle["concepts"] == ["fight", "fall", "fire"]


async def test_rule_made_from_each_template_is_taken_and_told_what_it_needs(client: httpx.AsyncClient) -> None:
    templates = (await client.get("/rules/templates")).json()

    assert [each["id"] for each in templates] == ["fight", "fall", "help", "night", "desk", "crowd", "words"]
    for each in templates:
        made = await client.post("/rules", json=each["rule"])
        assert made.status_code == 201, (each["id"], made.text)
        if each["needs"] == "detector":  # there is none here
            assert "no detector" in made.json()["warning"]
        assert each["title"]["fr"]
