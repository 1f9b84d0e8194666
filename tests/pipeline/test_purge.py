import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from instantreact.domain.alert import Answer, AnswerKind
from instantreact.domain.erasure import ErasureKind, ErasureStage
from instantreact.domain.media import ClipState, Listening
from instantreact.domain.minutes import Minute, minute_of
from instantreact.domain.observation import Hearing, Transcript
from instantreact.domain.retention import KeptKind, RetentionPolicy
from instantreact.pipeline.answer import answer_alert
from instantreact.pipeline.purge import delete_doomed, purge_orphans, queue_purge
from instantreact.storage import cameras, clips, events, retention
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.events import EventFilter
from instantreact.storage.minutes import add_minutes, list_minutes
from instantreact.storage.removing import doom_files
from instantreact.storage.tables import Alert, Clip, DoomedFile, Erasure, Event, Job
from tests.observations import make_observation
from tests.pipeline.conftest import House, path_of
from tests.storage.factories import NOW, make_event, make_new_clip

DAY_S = 24 * 3600.0
EVERYTHING = {kind: timedelta(days=1) for kind in KeptKind}


def put_file(house: House, folder: str, *, age: timedelta) -> str:
    blobs = house.services.blobs
    key = blobs.new_key(folder, ".bin")
    blobs.put(key, b"something")
    written_s = (NOW - age).timestamp()
    os.utime(path_of(house.services, key), (written_s, written_s))
    return key


async def test_purge_removes_old_files_that_no_row_knows_and_nothing_else(house: House) -> None:
    orphan = put_file(house, "clips", age=timedelta(hours=2))
    young = put_file(house, "clips", age=timedelta(minutes=1))
    known = put_file(house, "clips", age=timedelta(hours=2))
    async with house.services.database.unit_of_work() as session:
        clip, _ = await clips.insert_or_find(session, make_new_clip(blob_key=known), now=NOW)
    event = await house.see(clip)
    assert await purge_orphans(house.services) == 1
    assert event.snapshot_key is not None
    there = {key: path_of(house.services, key).exists() for key in (orphan, young, known, event.snapshot_key)}
    assert there == {orphan: False, young: True, known: True, event.snapshot_key: True}


async def purge(
    house: House, ages: Mapping[KeptKind, timedelta], *, max_bytes: int | None = None, free_bytes: int = 0
) -> None:
    """Run the job until nothing more is left to do."""
    policy = RetentionPolicy(ages, max_bytes, free_bytes)
    keeping = replace(house, services=replace(house.services, retention=policy))
    await queue_purge(keeping.services)
    for _ in range(5):
        if not await keeping.run_due():
            break
        house.clock.advance(1.0)


async def see_two(house: House) -> tuple[Event, Event]:
    """An event with an alert, and one without, each of a clip of its own that is done with."""
    await house.add_rule()
    made = [await house.add_clip() for _ in range(2)]
    alerted = await house.see(made[0], make_observation("two men fight"))
    quiet = await house.see(made[1], make_observation("a dog"))
    await finish_clips(house)
    return alerted, quiet


async def finish_clips(house: House) -> None:
    done = update(Clip).values(state=ClipState.ANALYZED, listening=Listening.DONE)
    async with house.services.database.unit_of_work() as session:
        await session.execute(done)


async def answer(house: House) -> None:
    async with house.services.database.unit_of_work() as session:
        said = Answer(AnswerKind.DISMISS, (await house.the_alert()).id)
        await answer_alert(session, said, by="Ana", now=house.clock.now())


async def list_events(house: House) -> dict[str, Event]:
    async with house.services.database.reading() as session:
        return {event.caption: event for event in await events.list_events(session, EventFilter())}


def has_picture(house: House, event: Event) -> bool:
    return event.snapshot_key is not None and house.services.blobs.exists(event.snapshot_key)


async def test_purge_takes_the_pictures_of_events_without_alerts_and_leaves_the_events(house: House) -> None:
    alerted, quiet = await see_two(house)
    house.clock.advance(2 * DAY_S)
    await purge(house, {KeptKind.PICTURES: timedelta(days=1)})
    there = await list_events(house)
    assert (there["a dog"].snapshot_key, has_picture(house, quiet)) == (None, False)
    assert has_picture(house, there["two men fight"])
    assert has_picture(house, alerted)


async def test_purge_pins_what_an_alert_needs_until_it_is_answered_and_so_many_days_after(house: House) -> None:
    await see_two(house)
    house.clock.advance(100 * DAY_S)
    await purge(house, EVERYTHING)
    assert has_picture(house, (await list_events(house))["two men fight"])
    await answer(house)
    house.clock.advance(0.5 * DAY_S)
    await purge(house, EVERYTHING)
    assert has_picture(house, (await list_events(house))["two men fight"])
    house.clock.advance(DAY_S)
    await purge(house, {KeptKind.EVIDENCE: timedelta(days=1)})
    assert (await list_events(house))["two men fight"].snapshot_key is None
    assert len(await house.alerts()) == 1
    await purge(house, EVERYTHING)
    assert (await list_events(house), await house.alerts()) == ({}, [])


async def test_purge_leaves_no_row_and_no_file_of_what_is_too_old(house: House) -> None:
    await see_two(house)
    await answer(house)
    house.clock.advance(2 * DAY_S)
    await purge(house, EVERYTHING)
    async with house.services.database.reading() as session:
        rows = [(await session.scalars(select(table))).all() for table in (Clip, Event, Alert, DoomedFile)]
        assert [job.kind for job in await session.scalars(select(Job))] == ["purge"]
    assert rows == [[], [], [], []]
    assert sum(usage.files for usage in house.services.blobs.measure_folders().values()) == 0


async def test_purge_takes_what_was_said_out_of_the_event_and_out_of_search(house: House) -> None:
    heard = Transcript(Hearing.HEARD, "test", "open sesame")
    async with house.services.database.unit_of_work() as session:
        observation = replace(make_observation("a door"), transcript=heard)
        await make_event(session, caption="a door", speech="open sesame", observation=observation)
    house.clock.advance(2 * DAY_S)
    await purge(house, {KeptKind.TRANSCRIPTS: timedelta(days=1)})
    event = (await list_events(house))["a door"]
    assert (event.speech, event.observation.transcript) == ("", None)
    async with house.services.database.reading() as session:
        assert await events.list_events(session, EventFilter(text="sesame")) == []
        assert len(await events.list_events(session, EventFilter(text="door"))) == 1


async def test_purge_makes_room_and_takes_nothing_that_an_open_alert_needs(house: House) -> None:
    alerted, quiet = await see_two(house)
    house.clock.advance(1.0)
    await purge(house, {}, max_bytes=1)
    assert (has_picture(house, alerted), has_picture(house, quiet)) == (True, False)


@pytest.mark.parametrize(("max_bytes", "free_bytes", "left"), [(10**9, 0, True), (None, 1 << 60, False)])
async def test_purge_makes_room_only_where_it_is_needed(
    house: House, max_bytes: int | None, free_bytes: int, left: bool
) -> None:
    _, quiet = await see_two(house)
    house.clock.advance(1.0)
    await purge(house, {}, max_bytes=max_bytes, free_bytes=free_bytes)
    assert has_picture(house, quiet) is left


async def test_purge_takes_the_minutes_of_cameras_that_are_old_enough(house: House) -> None:
    services, newest = house.services, minute_of(NOW)
    async with services.database.unit_of_work() as session:
        settings = CameraSettings("Door", "push:")
        camera = await cameras.insert_camera(session, services.box, settings, now=NOW)
        ages = range(3 * 24 * 60)  # more than one transaction takes
        await add_minutes(session, {(camera.id, newest - minutes): Minute(1, 1) for minutes in ages})
    await purge(house, {KeptKind.MINUTES: timedelta(days=1)})
    async with services.database.reading() as session:
        kept = await list_minutes(session, camera.id, NOW - timedelta(days=9), NOW + timedelta(days=1))
        counts = (await retention.list_counts(session))[KeptKind.MINUTES]
    assert (min(kept), len(kept)) == (newest - 24 * 60, 24 * 60 + 1)
    assert (counts.purged_rows, counts.purged_files) == (2 * 24 * 60 - 1, 0)


async def test_purge_goes_on_with_files_that_a_killed_process_had_no_time_to_delete(house: House) -> None:
    key = put_file(house, "snapshots", age=timedelta(0))
    async with house.services.database.unit_of_work() as session:
        await doom_files(session, [key], KeptKind.PICTURES)
    await purge(house, {})
    assert not house.services.blobs.exists(key)
    assert await delete_doomed(house.services) == 0


async def test_purge_says_what_it_took_and_what_is_there(house: House) -> None:
    await see_two(house)
    house.clock.advance(2 * DAY_S)
    await purge(house, {KeptKind.PICTURES: timedelta(days=1)})
    async with house.services.database.reading() as session:
        pictures = (await retention.list_counts(session))[KeptKind.PICTURES]
    assert (pictures.purged_rows, pictures.purged_files) == (1, 1)
    assert (pictures.purged_bytes, pictures.kept_bytes, pictures.kept_files) == (
        len(b"\xff\xd8\xff\xe0 a picture \xff\xd9"),
    ) * 2 + (1,)


async def test_clip_whose_file_is_purged_takes_the_same_bytes_again(house: House) -> None:
    key = put_file(house, "clips", age=timedelta(0))
    async with house.services.database.unit_of_work() as session:
        clip, _ = await clips.insert_or_find(session, make_new_clip(blob_key=key), now=NOW)
    await house.see(clip, make_observation("a dog"))
    await finish_clips(house)
    house.clock.advance(2 * DAY_S)
    await purge(house, {KeptKind.CLIPS: timedelta(days=1)})
    async with house.services.database.reading() as session:
        assert (await clips.get_clip(session, clip.id)).blob_key is None
    assert not house.services.blobs.exists(key)
    assert len(await list_events(house)) == 1


async def test_erasures_are_remembered_as_long_as_the_audit_log_and_until_they_are_over(house: House) -> None:
    over = {"kind": ErasureKind.NAME, "stage": ErasureStage.DONE, "requested_at": NOW, "finished_at": NOW}
    async with house.services.database.unit_of_work() as session:
        session.add_all([Erasure(id="over", **over), Erasure(id="begun", **{**over, "finished_at": None})])
    house.clock.advance(2 * DAY_S)
    await purge(house, {KeptKind.AUDIT: timedelta(days=3)})
    assert await list_erasures(house) == ["begun", "over"]
    await purge(house, {KeptKind.AUDIT: timedelta(days=1)})
    assert await list_erasures(house) == ["begun"]


async def list_erasures(house: House) -> list[str]:
    async with house.services.database.reading() as session:
        return list(await session.scalars(select(Erasure.id).order_by(Erasure.id)))
