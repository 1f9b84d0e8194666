import pytest
from cryptography.fernet import Fernet

from instantreact.domain.rule import CaptionCondition, Combine, Criteria
from instantreact.errors import Conflict, InvalidInput, NotFound
from instantreact.storage import alerts, cameras, rules
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.database import Database
from instantreact.storage.secrets import SecretBox
from tests.storage.factories import NOW, make_alert, make_rule


async def make_camera_id(database: Database) -> str:
    async with database.unit_of_work() as session:
        box = SecretBox([Fernet.generate_key().decode()])
        return (await cameras.insert_camera(session, box, CameraSettings("Door", "rtsp://door"), now=NOW)).id


async def test_insert_rule_keeps_the_criteria_as_they_are(database: Database) -> None:
    criteria = Criteria((CaptionCondition(("falls down", "gun"), min_score=0.3),), Combine.ANY)
    async with database.unit_of_work() as session:
        rule = await make_rule(session, criteria=criteria)
    async with database.reading() as session:
        assert (await rules.get_rule(session, rule.id)).criteria == criteria


async def test_insert_rule_refuses_a_taken_name_and_unknown_cameras_and_recipients(database: Database) -> None:
    async with database.unit_of_work() as session:
        await make_rule(session, name="Fight")
    for error, values in (
        (Conflict, {"name": "Fight"}),
        (InvalidInput, {"camera_ids": ["nothing"]}),
        (InvalidInput, {"recipient_ids": ["nobody"]}),
    ):
        with pytest.raises(error):
            async with database.unit_of_work() as session:
                await make_rule(session, **values)


async def test_update_rule_changes_only_what_is_given(database: Database) -> None:
    async with database.unit_of_work() as session:
        rule = await make_rule(session, cooldown_s=5.0)
        changed = await rules.update_rule(session, rule.id, {"enabled": False, "recipient_ids": []})
    assert (changed.enabled, changed.recipient_ids, changed.cooldown_s) == (False, [], 5.0)


async def test_list_rules_for_finds_the_enabled_rules_of_a_camera_and_of_uploads(database: Database) -> None:
    camera_id = await make_camera_id(database)
    async with database.unit_of_work() as session:
        await make_rule(session, name="everywhere")
        await make_rule(session, name="door", camera_ids=[camera_id])
        await make_rule(session, name="nowhere", camera_ids=[])
        await make_rule(session, name="off", enabled=False)
        at_door = await rules.list_rules_for(session, camera_id)
        uploads = await rules.list_rules_for(session, None)
        assert len(await rules.list_rules(session)) == 4
    assert [rule.name for rule in at_door] == ["door", "everywhere"]
    assert [rule.name for rule in uploads] == ["everywhere"]


async def test_delete_rule_leaves_its_alerts(database: Database) -> None:
    async with database.unit_of_work() as session:
        rule = await make_rule(session)
        alert = await make_alert(session, rule_id=rule.id)
    async with database.unit_of_work() as session:
        await rules.delete_rule(session, rule.id)
    async with database.reading() as session:
        assert (await alerts.get_alert(session, alert.id)).rule_id is None
        with pytest.raises(NotFound):
            await rules.get_rule(session, rule.id)
