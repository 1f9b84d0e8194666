"""What is known of cameras minute by minute, and when they were not to be watched."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.minutes import WHOLE, Minute, minute_of
from instantreact.domain.principal import Confinement
from instantreact.storage import cameras
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.database import Database
from instantreact.storage.minutes import (
    add_minutes,
    delete_minutes,
    delete_old_minutes,
    find_first_minute,
    list_minutes,
    list_pauses,
)
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import Camera, CameraMinute, CameraPause
from tests.storage.factories import NOW

BOX = SecretBox([Fernet.generate_key().decode()])
FIRST = minute_of(NOW)
DOOR = CameraSettings("Door", "push:")


async def add_camera(database: Database, settings: CameraSettings = DOOR) -> Camera:
    async with database.unit_of_work() as session:
        return await cameras.insert_camera(session, BOX, settings, now=NOW)


async def add(database: Database, minutes: dict[tuple[str, int], Minute]) -> None:
    async with database.unit_of_work() as session:
        await add_minutes(session, minutes)


async def read(database: Database, camera_id: str) -> dict[int, Minute]:
    """By minutes after noon."""
    async with database.reading() as session:
        found = await list_minutes(session, camera_id, NOW - timedelta(days=9), NOW + timedelta(days=9))
    return {minute - FIRST: known for minute, known in found.items()}


async def test_minutes_of_two_processes_are_joined_and_the_same_twice_is_once(database: Database) -> None:
    camera = await add_camera(database)
    earlier, later = Minute(0b1111, 0b0111, 0b0001, 30), Minute(0b11110000 | 1 << 59, 1 << 59, 1 << 59, 20)
    for known in (earlier, later, earlier):
        await add(database, {(camera.id, FIRST): known, (camera.id, FIRST + 1): Minute(WHOLE, WHOLE, WHOLE, 1000)})
    assert await read(database, camera.id) == {0: earlier | later, 1: Minute(WHOLE, WHOLE, WHOLE, 1000)}


async def test_minutes_of_many_cameras_are_written_by_processes_at_once(database: Database) -> None:
    ids = [(await add_camera(database, replace(DOOR, name=name))).id for name in "abcd"]

    async def write(bit: int) -> None:
        turned = ids if bit % 2 else ids[::-1]
        await add(database, {(camera_id, FIRST): Minute(1 << bit, 1 << bit) for camera_id in turned})

    await asyncio.gather(*(write(bit) for bit in range(20)))
    for camera_id in ids:
        assert await read(database, camera_id) == {0: Minute(2**20 - 1, 2**20 - 1)}


async def test_minutes_of_a_camera_that_is_gone_keep_no_other_from_being_written(database: Database) -> None:
    camera, gone = await add_camera(database), await add_camera(database, replace(DOOR, name="Gone"))
    await add(database, {(gone.id, FIRST): Minute(1, 1)})
    async with database.unit_of_work() as session:
        await cameras.delete_camera(session, gone.id)
    await add(database, {(gone.id, FIRST): Minute(1, 1), (camera.id, FIRST): Minute(1, 1)})
    await add(database, {(gone.id, FIRST): Minute(1, 1)})
    assert (await read(database, camera.id), await read(database, gone.id)) == ({0: Minute(1, 1)}, {})


async def test_minutes_are_read_from_the_span_they_have_a_part_in(database: Database) -> None:
    camera, other = await add_camera(database), await add_camera(database, replace(DOOR, name="Other"))
    await add(database, {(each.id, FIRST + n): Minute(1, 1) for each in (camera, other) for n in range(5)})
    async with database.reading() as session:
        since, until = NOW + timedelta(seconds=90), NOW + timedelta(minutes=3)
        assert [minute - FIRST for minute in await list_minutes(session, camera.id, since, until)] == [1, 2]
        assert await find_first_minute(session, camera.id) == FIRST
        assert await find_first_minute(session, "nobody") is None


async def test_delete_minutes_leaves_nothing_of_the_span_and_all_else(database: Database) -> None:
    camera, other = await add_camera(database), await add_camera(database, replace(DOOR, name="Other"))
    await add(database, {(each.id, FIRST + n): Minute(1, 1) for each in (camera, other) for n in range(5)})
    async with database.unit_of_work() as session:
        span = camera.id, NOW + timedelta(seconds=90), NOW + timedelta(minutes=3)
        assert [await delete_minutes(session, *span, 1) for _ in range(3)] == [1, 1, 0]
        assert await delete_minutes(session, camera.id, NOW, NOW, 10) == 0
    assert (sorted(await read(database, camera.id)), len(await read(database, other.id))) == ([0, 3, 4], 5)


async def test_old_minutes_go_some_at_a_time_with_pauses_that_are_over(database: Database) -> None:
    camera = await add_camera(database)
    other = await add_camera(database, replace(DOOR, name="Other", enabled=False))
    await toggle(database, camera, enabled=False, now=NOW)
    await toggle(database, camera, enabled=True, now=NOW + timedelta(minutes=1))
    await add(database, {(each.id, FIRST + n): Minute(1, 1) for each in (camera, other) for n in range(5)})
    before, taken = NOW + timedelta(minutes=3, seconds=30), []
    for _ in range(3):
        async with database.unit_of_work() as session:
            taken.append(await delete_old_minutes(session, before, 4))
    assert taken == [4, 2 + 1, 0]
    assert [sorted(await read(database, each.id)) for each in (camera, other)] == [[3, 4], [3, 4]]
    async with database.reading() as session:
        assert [pause.camera_id for pause in await session.scalars(select(CameraPause))] == [other.id]


async def toggle(database: Database, camera: Camera, *, enabled: bool, now: datetime) -> None:
    async with database.unit_of_work() as session:
        settings = cameras.open_settings(await cameras.get_camera(session, camera.id), BOX)
        await cameras.replace_camera(session, BOX, camera.id, replace(settings, enabled=enabled), now=now)


async def pauses(database: Database, camera: Camera) -> list[tuple[float, float]]:
    """Of the ten minutes from noon, in minutes after noon."""
    until = NOW + timedelta(minutes=10)
    async with database.reading() as session:
        found = await list_pauses(session, camera.id, NOW, until)
    return [((begun - NOW) / timedelta(minutes=1), (ended - NOW) / timedelta(minutes=1)) for begun, ended in found]


async def test_pauses_are_the_times_in_which_a_camera_was_disabled(database: Database) -> None:
    camera = await add_camera(database)
    disabled = await add_camera(database, replace(DOOR, name="Barn", enabled=False))
    for minute, enabled in ((-9, False), (-7, True), (2, False), (3, False), (4, True), (5, True), (8, False)):
        await toggle(database, camera, enabled=enabled, now=NOW + timedelta(minutes=minute))
    assert await pauses(database, camera) == [(2, 4), (8, 10)]
    assert await pauses(database, disabled) == [(0, 10)]


async def test_minutes_and_pauses_go_with_their_camera(database: Database) -> None:
    camera = await add_camera(database, replace(DOOR, enabled=False))
    await add(database, {(camera.id, FIRST): Minute(1, 1)})
    async with database.unit_of_work() as session:
        await cameras.delete_camera(session, camera.id)
    async with database.reading() as session:
        for table in (CameraMinute, CameraPause):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


async def test_confined_session_sees_minutes_and_pauses_of_its_own_cameras(database: Database) -> None:
    here = await add_camera(database, replace(DOOR, enabled=False))
    there = await add_camera(database, replace(DOOR, name="There", enabled=False))
    await add(database, {(each.id, FIRST): Minute(1, 1) for each in (here, there)})
    confined = database.confined_to(Confinement(camera_ids=frozenset({here.id})))

    async def is_seen(look: Callable[[AsyncSession, str], Awaitable[object]], camera: Camera) -> bool:
        async with confined.reading() as session:
            return bool(await look(session, camera.id))

    later = NOW + timedelta(minutes=1)
    for look in (
        find_first_minute,
        lambda session, camera_id: list_minutes(session, camera_id, NOW, later),
        lambda session, camera_id: list_pauses(session, camera_id, NOW, later),
    ):
        assert (await is_seen(look, here), await is_seen(look, there)) == (True, False)
