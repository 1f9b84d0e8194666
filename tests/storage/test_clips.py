import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from instantreact.domain.media import ClipState
from instantreact.errors import NotFound
from instantreact.storage import clips
from instantreact.storage.database import Database
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Alert, Clip, Delivery, DeliveryPart, Event, Job
from tests.storage.factories import (
    CLIP_INFO,
    NOW,
    make_alert,
    make_clip,
    make_event,
    make_new_clip,
    make_recipient,
)


async def test_insert_or_find_finds_the_clip_when_the_same_is_submitted_again(database: Database) -> None:
    new = make_new_clip()
    async with database.unit_of_work() as session:
        first, was_new = await clips.insert_or_find(session, new, now=NOW)
    async with database.unit_of_work() as session:
        second, again = await clips.insert_or_find(session, new, now=NOW + timedelta(hours=1))
    assert (was_new, again) == (True, False)
    assert (second.id, second.submitted_at) == (first.id, NOW)


async def test_insert_or_find_makes_one_clip_when_ten_submit_at_once(database: Database) -> None:
    new = make_new_clip()

    async def submit() -> tuple[str, bool]:
        async with database.unit_of_work() as session:
            clip, is_new = await clips.insert_or_find(session, new, now=NOW)
            return clip.id, is_new

    answers = await asyncio.gather(*(submit() for _ in range(10)))
    assert len({clip_id for clip_id, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1


async def test_insert_or_find_makes_another_clip_when_the_same_bytes_were_recorded_at_another_time(
    database: Database,
) -> None:
    async with database.unit_of_work() as session:
        first = await make_clip(session, sha256="a" * 64)
        second = await make_clip(session, sha256="a" * 64, recorded_at=NOW)
        third = await make_clip(session, sha256="a" * 64, recorded_at=NOW + timedelta(seconds=1))
    assert len({first.id, second.id, third.id}) == 3


async def test_clip_goes_from_stored_to_analyzed(database: Database) -> None:
    async with database.unit_of_work() as session:
        clip = await make_clip(session)
        await clips.mark_analyzing(session, clip.id)
        await clips.set_progress(session, clip.id, 0.5)
    async with database.reading() as session:
        halfway = await clips.get_clip(session, clip.id)
    assert (halfway.state, halfway.progress) == (ClipState.ANALYZING, 0.5)
    async with database.unit_of_work() as session:
        await clips.mark_analyzed(session, clip.id, timings_ms={"total": 12.5}, warning=None, now=NOW)
    async with database.reading() as session:
        done = await clips.get_clip(session, clip.id)
    assert (done.state, done.progress, done.info, done.analyzed_at) == (ClipState.ANALYZED, 1.0, CLIP_INFO, NOW)


async def test_mark_stored_forgets_why_the_clip_failed(database: Database) -> None:
    async with database.unit_of_work() as session:
        clip = await make_clip(session)
        await clips.mark_failed(session, clip.id, "damaged")
        failed = await clips.get_clip(session, clip.id)
        assert (failed.state, failed.error) == (ClipState.FAILED, "damaged")
        await clips.mark_stored(session, clip.id)
        again = await clips.get_clip(session, clip.id)
    assert (again.state, again.error, again.progress) == (ClipState.STORED, None, 0.0)


async def test_mark_analyzing_raises_not_found_when_the_clip_was_deleted(database: Database) -> None:
    async with database.unit_of_work() as session:
        with pytest.raises(NotFound):
            await clips.mark_analyzing(session, "nothing")


async def test_list_clips_narrows_by_state_and_pages(database: Database) -> None:
    async with database.unit_of_work() as session:
        made = [await make_clip(session) for _ in range(3)]
        await clips.mark_failed(session, made[0].id, "damaged")
    async with database.reading() as session:
        failed = await clips.list_clips(session, state=ClipState.FAILED)
        first = await clips.list_clips(session, limit=2)
        rest = await clips.list_clips(session, after=Cursor(first[-1].submitted_at, first[-1].id))
    assert [clip.id for clip in failed] == [made[0].id]
    assert sorted(clip.id for clip in first + rest) == sorted(clip.id for clip in made)


async def test_delete_clip_takes_events_alerts_deliveries_and_jobs_along_and_names_the_blobs(
    database: Database,
) -> None:
    async with database.unit_of_work() as session:
        clip = await make_clip(session, blob_key="clips/one")
        kept = await make_clip(session)
        event = await make_event(session, clip_id=clip.id, snapshot_key="snapshots/one")
        alert = await make_alert(session, await make_recipient(session), event_id=event.id)
        for subject in (clip.id, event.id, alert.id, alert.deliveries[0].id, kept.id):
            session.add(Job(kind="test", subject=subject, run_at=NOW, created_at=NOW))
    async with database.unit_of_work() as session:
        keys = await clips.delete_clip(session, clip.id)
    assert sorted(keys) == ["clips/one", "snapshots/one"]
    async with database.reading() as session:
        for table in (Event, Alert, Delivery, DeliveryPart):
            assert await session.scalar(select(func.count()).select_from(table)) == 0
        assert list(await session.scalars(select(Clip.id))) == [kept.id]
        assert list(await session.scalars(select(Job.subject))) == [kept.id]
