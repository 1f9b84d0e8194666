from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from instantreact.domain.camera import Point, Zone
from instantreact.errors import Conflict, Misconfigured, NotFound
from instantreact.storage import cameras, clips
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.database import Database
from instantreact.storage.secrets import SecretBox
from tests.storage.factories import NOW, make_clip

DOOR = CameraSettings(
    "Door", "rtsp://user:hunter2@10.0.0.1/main", zones=(Zone("step", (Point(0, 0), Point(1, 0), Point(1, 1))),)
)


@pytest.fixture
def box() -> SecretBox:
    return SecretBox([Fernet.generate_key().decode()])


async def test_insert_camera_keeps_the_address_only_encrypted(database: Database, box: SecretBox) -> None:
    async with database.unit_of_work() as session:
        camera = await cameras.insert_camera(session, box, DOOR, now=NOW)
    async with database.reading() as session:
        row = (await session.execute(text("SELECT * FROM cameras"))).one()
        found = await cameras.get_camera(session, camera.id)
    assert "hunter2" not in str(row)
    assert cameras.open_settings(found, box) == DOOR
    assert "hunter2" not in repr(DOOR)


async def test_insert_camera_raises_conflict_when_the_name_is_taken(database: Database, box: SecretBox) -> None:
    async with database.unit_of_work() as session:
        await cameras.insert_camera(session, box, DOOR, now=NOW)
    with pytest.raises(Conflict):
        async with database.unit_of_work() as session:
            await cameras.insert_camera(session, box, DOOR, now=NOW)


async def test_replace_camera_and_list_only_enabled_ones(database: Database, box: SecretBox) -> None:
    async with database.unit_of_work() as session:
        camera = await cameras.insert_camera(session, box, DOOR, now=NOW)
        yard = await cameras.insert_camera(session, box, replace(DOOR, name="Yard"), now=NOW)
        await cameras.replace_camera(session, box, camera.id, replace(DOOR, enabled=False), now=NOW)
    async with database.reading() as session:
        enabled = await cameras.list_cameras(session, enabled=True)
        assert len(await cameras.list_cameras(session)) == 2
    assert [each.id for each in enabled] == [yard.id]


async def test_delete_camera_leaves_its_clips(database: Database, box: SecretBox) -> None:
    async with database.unit_of_work() as session:
        camera = await cameras.insert_camera(session, box, DOOR, now=NOW)
        clip = await make_clip(session, camera_id=camera.id)
    async with database.unit_of_work() as session:
        await cameras.delete_camera(session, camera.id)
    async with database.reading() as session:
        assert (await clips.get_clip(session, clip.id)).camera_id is None
        with pytest.raises(NotFound):
            await cameras.get_camera(session, camera.id)


async def test_open_settings_raises_misconfigured_when_the_key_was_lost(database: Database, box: SecretBox) -> None:
    async with database.unit_of_work() as session:
        camera = await cameras.insert_camera(session, box, DOOR, now=NOW)
    with pytest.raises(Misconfigured):
        cameras.open_settings(camera, SecretBox([Fernet.generate_key().decode()]))
