"""A clip that is sent again: what was given up is done again, and nothing else is."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from instantreact.domain.alert import Notify
from instantreact.domain.job import JobState
from instantreact.domain.media import ClipState, Listening
from instantreact.domain.rule import ConceptCondition, DurationConfirmation
from instantreact.inference.loader import CaptionerLoader
from instantreact.jobs import outbox
from instantreact.jobs.claims import take
from instantreact.jobs.handing import hand_out
from instantreact.model_wiring import SHIPPED_BUNDLE
from instantreact.pipeline import intake
from instantreact.pipeline.intake import Submission, Upload
from instantreact.pipeline.rerun import rerun_job
from instantreact.pipeline.step_names import StepName
from instantreact.storage.tables import Clip, Event, Job
from tests.media.clips import Drawing, make_clip
from tests.pipeline.conftest import House, path_of

GARBAGE = b"this was a clip once"


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_clip(tmp_path_factory.mktemp("clips") / "a.mp4", Drawing(duration_s=1.0, sound_hz=440.0)).read_bytes()


@pytest.fixture(scope="module")
def captioner() -> CaptionerLoader:
    return CaptionerLoader(SHIPPED_BUNDLE, threads=1)


@pytest.fixture
def seeing(house: House, captioner: CaptionerLoader) -> House:
    """A house that can describe what it sees."""
    return replace(house, services=replace(house.services, captioner=captioner))


async def send(house: House, content: bytes) -> Submission:
    key = house.services.blobs.new_key("clips", ".mp4")
    house.services.blobs.put(key, content)
    upload = Upload(key, hashlib.sha256(content).hexdigest(), len(content), "door.mp4")
    return await intake.submit_clip(house.services, upload, camera_id=None, recorded_at=None, notify=Notify.AUTO)


def damage(house: House, clip: Clip) -> None:
    path_of(house.services, clip.blob_key or "").write_bytes(GARBAGE)


async def run_all(house: House) -> None:
    """Run what is due now and after every wait."""
    for _ in range(10):
        await house.run_due()
        house.clock.advance(3600)


async def look(house: House, clip: Clip) -> tuple[ClipState, Listening]:
    found = await intake.get_clip(house.services, clip.id)
    return found.state, found.listening


async def list_jobs(house: House) -> list[tuple[str, JobState, int]]:
    async with house.services.database.reading() as session:
        return [(job.kind, job.state, job.attempts) for job in await session.scalars(select(Job))]


def files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in (folder / "blobs" / "clips").rglob("*") if path.is_file()]


async def fail(house: House, movie: bytes) -> Clip:
    """A clip whose analysis was given up."""
    clip = (await send(house, movie)).clip
    damage(house, clip)
    await house.run_due()
    assert (await intake.get_clip(house.services, clip.id)).state is ClipState.FAILED
    assert await list_jobs(house) == [("analyze", JobState.BURIED, 1)]
    return clip


async def test_clip_that_failed_is_analyzed_from_the_file_that_is_sent_again(
    seeing: House, movie: bytes, tmp_path: Path
) -> None:
    clip = await fail(seeing, movie)

    again = await send(seeing, movie)

    assert (again.clip.id, again.is_new, again.clip.state) == (clip.id, False, ClipState.STORED)
    await seeing.run_due()
    assert await look(seeing, clip) == (ClipState.ANALYZED, Listening.OFF)
    assert await list_jobs(seeing) == []
    assert files(tmp_path) == [movie]


async def test_clip_that_failed_twice_is_analyzed_when_it_is_sent_a_third_time(seeing: House, movie: bytes) -> None:
    clip = await fail(seeing, movie)
    damage(seeing, (await send(seeing, movie)).clip)
    await seeing.run_due()
    assert (await look(seeing, clip))[0] is ClipState.FAILED

    await send(seeing, movie)

    await seeing.run_due()
    assert (await look(seeing, clip))[0] is ClipState.ANALYZED


async def test_clip_that_failed_is_new_when_it_was_deleted_meanwhile(
    seeing: House, movie: bytes, tmp_path: Path
) -> None:
    clip = await fail(seeing, movie)
    await intake.delete_clip(seeing.services, clip.id)

    again = await send(seeing, movie)

    assert again.is_new
    assert await list_jobs(seeing) == [("analyze", JobState.DUE, 0)]
    assert files(tmp_path) == [movie]


async def test_clip_that_waits_for_another_try_keeps_it_when_it_is_sent_again(
    house: House, movie: bytes, tmp_path: Path
) -> None:
    clip = (await send(house, movie)).clip
    await house.run_due()  # there is no captioner: it waits for one
    before = await list_jobs(house)

    again = await send(house, movie)

    assert (again.clip.id, again.clip.state) == (clip.id, ClipState.ANALYZING)
    assert await list_jobs(house) == before == [("analyze", JobState.DUE, 0)]
    assert files(tmp_path) == [movie]


async def test_clip_that_is_being_analyzed_is_left_alone_when_it_is_sent_again(house: House, movie: bytes) -> None:
    clip = (await send(house, movie)).clip
    now = house.clock.now()
    async with house.services.database.unit_of_work() as session:
        (handover,) = await hand_out(session, {StepName.ANALYZE: 1}, now=now, deadline_s=60)
        claim = await take(session, handover, now=now, lease_s=60)
    assert claim is not None

    again = await send(house, movie)

    assert again.clip.blob_key == clip.blob_key
    async with house.services.database.unit_of_work() as session:
        await claim.finish(session)
    assert await list_jobs(house) == []  # it was not asked to run once more


async def test_clip_that_was_stuck_is_analyzed_when_it_is_sent_again(seeing: House, movie: bytes) -> None:
    """An earlier version left clips `stored` whose jobs were buried."""
    clip = await fail(seeing, movie)
    async with seeing.services.database.unit_of_work() as session:
        (await session.get_one(Clip, clip.id)).state = ClipState.STORED

    await send(seeing, movie)

    assert await list_jobs(seeing) == [("analyze", JobState.DUE, 0)]


async def test_clip_that_nobody_could_hear_is_listened_to_when_it_is_sent_again(seeing: House, movie: bytes) -> None:
    clip = (await send(seeing, movie)).clip
    await seeing.run_due()
    await bury_listening(seeing, clip)

    again = await send(seeing, movie)

    assert (again.clip.state, again.clip.listening) == (ClipState.ANALYZED, Listening.PENDING)
    await seeing.run_due()
    assert await look(seeing, clip) == (ClipState.ANALYZED, Listening.OFF)
    assert await list_jobs(seeing) == []


async def test_clip_waits_to_be_heard_when_its_buried_job_is_rerun(seeing: House, movie: bytes) -> None:
    clip = (await send(seeing, movie)).clip
    await seeing.run_due()
    job_id = await bury_listening(seeing, clip)

    await rerun_job(seeing.services, job_id)

    assert await look(seeing, clip) == (ClipState.ANALYZED, Listening.PENDING)


async def bury_listening(house: House, clip: Clip) -> str:
    async with house.services.database.unit_of_work() as session:
        await outbox.put(session, StepName.HEAR, clip.id, now=house.clock.now())
        job = await outbox.find_job(session, StepName.HEAR, clip.id)
        assert job is not None
        job.state, job.error = JobState.BURIED, "Nobody listened."
    return job.id


async def test_clip_whose_file_vanished_fails_in_clear_words_and_is_analyzed_when_it_is_sent_again(
    seeing: House, movie: bytes
) -> None:
    clip = (await send(seeing, movie)).clip
    seeing.services.blobs.delete(clip.blob_key or "")
    await seeing.run_due()
    assert await look(seeing, clip) == (ClipState.ANALYZING, Listening.PENDING)  # a folder may be mounted again
    await run_all(seeing)
    failed = await intake.get_clip(seeing.services, clip.id)
    assert failed.state is ClipState.FAILED
    assert "is not in this process's folder; send the clip again" in (failed.error or "")

    await send(seeing, movie)

    await seeing.run_due()
    assert (await look(seeing, clip))[0] is ClipState.ANALYZED


async def test_clip_whose_file_vanished_after_its_analysis_has_one_when_it_is_sent_again(
    seeing: House, movie: bytes, tmp_path: Path
) -> None:
    clip = (await send(seeing, movie)).clip
    await seeing.run_due()
    seeing.services.blobs.delete(clip.blob_key or "")

    again = await send(seeing, movie)

    assert seeing.services.blobs.read(again.clip.blob_key or "") == movie
    assert files(tmp_path) == [movie]
    assert await list_jobs(seeing) == []


async def test_upload_shorter_than_a_confirmation_is_judged_by_all_of_it(seeing: House, tmp_path: Path) -> None:
    await seeing.add_recipient()
    await seeing.add_rule(ConceptCondition("fight", 0.0), confirmation=DurationConfirmation(60.0))
    clip = (await send(seeing, make_clip(tmp_path / "long.mp4", Drawing(duration_s=8.0)).read_bytes())).clip
    await run_all(seeing)
    async with seeing.services.database.reading() as session:
        seen = (await session.scalars(select(Event).where(Event.clip_id == clip.id).order_by(Event.window_index))).all()
    assert len(seen) > 1
    assert (await seeing.the_alert()).event_id == seen[-1].id
