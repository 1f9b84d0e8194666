"""What a confined session sees of each table, on both databases: the conditions on lists in JSON differ."""

from collections.abc import Awaitable, Callable

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.principal import Confinement
from instantreact.errors import NotAllowed
from instantreact.jobs import outbox
from instantreact.storage import cameras, keys, recipients, rules
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.database import Database
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import Alert, Base, Camera, Clip, Delivery, Event, Job, Recipient, Rule, Site
from tests.storage.factories import NOW, make_alert, make_clip, make_event, make_recipient, make_rule

BOX = SecretBox([Fernet.generate_key().decode()])
TABLES: tuple[type[Base], ...] = (Site, Camera, Clip, Event, Alert, Delivery, Job, Rule, Recipient)


async def fill(database: Database, name: str) -> Camera:
    """One row of each table at a site of this name."""
    async with database.unit_of_work() as session:
        settings = CameraSettings(name=name, source="push:", site=name)
        camera = await cameras.insert_camera(session, BOX, settings, now=NOW)
        person = await make_recipient(session)
        rule = await make_rule(session, camera_ids=[camera.id], recipient_ids=[person.id])
        clip = await make_clip(session, camera_id=camera.id)
        event = await make_event(session, clip_id=clip.id, camera_id=camera.id)
        alert = await make_alert(session, person, rule_id=rule.id, event_id=event.id, camera_id=camera.id)
        await outbox.put(session, "deliver", alert.deliveries[0].id, now=NOW)
    return camera


async def count(database: Database, table: type[Base]) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def change_in(database: Database, change: Callable[[AsyncSession], Awaitable[object]]) -> None:
    async with database.unit_of_work() as session:
        await change(session)


async def test_confined_session_sees_its_own_row_of_every_table(database: Database) -> None:
    here, there = await fill(database, "here"), await fill(database, "there")
    async with database.unit_of_work() as session:
        await make_rule(session, camera_ids=[here.id, there.id])
        await make_rule(session)
        await make_clip(session)
        await keys.insert_key(session, name="first", key="k", now=NOW)
    assert here.site_id
    for confinement in (Confinement(camera_ids=frozenset({here.id})), Confinement(frozenset({here.site_id}))):
        confined = database.confined_to(confinement)
        assert {table.__name__: await count(confined, table) for table in TABLES} == {
            table.__name__: 1 for table in TABLES
        }
        async with confined.reading() as session:
            assert await keys.list_keys(session) == []
            assert await session.get(Camera, there.id) is None
    everything = Confinement(camera_ids=frozenset({here.id, there.id}))
    assert await count(database.confined_to(everything), Rule) == 3
    assert await count(database.confined_to(Confinement()), Camera) == 0


async def test_confined_session_changes_and_deletes_nothing_of_others(database: Database) -> None:
    here, there = await fill(database, "here"), await fill(database, "there")
    async with database.confined_to(Confinement(camera_ids=frozenset({here.id}))).unit_of_work() as session:
        await session.execute(update(Event).values(caption="changed"))
        await session.execute(delete(Clip).where(Clip.camera_id == there.id))
    async with database.reading() as session:
        assert sorted(await session.scalars(select(Event.caption))) == ["Two people fight.", "changed"]
        assert len(list(await session.scalars(select(Clip)))) == 2


async def test_what_would_lie_beyond_is_refused_and_undone(database: Database) -> None:
    here, there = await fill(database, "here"), await fill(database, "there")
    confined = database.confined_to(Confinement(camera_ids=frozenset({here.id})))

    async def watch_others(session: AsyncSession) -> None:
        (rule,) = await rules.list_rules(session)
        rule.camera_ids = [here.id, there.id]

    async def delete_recipient(session: AsyncSession) -> None:
        (person,) = await recipients.list_recipients(session)
        await session.delete(person)

    for change in (watch_others, delete_recipient, make_recipient):
        with pytest.raises(NotAllowed):
            await change_in(confined, change)

    assert await count(confined, Rule) == 1
    assert await count(database, Recipient) == 2
