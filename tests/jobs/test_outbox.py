from datetime import timedelta

import pytest
from sqlalchemy import select

from instantreact.domain.job import JobState
from instantreact.errors import Conflict, NotFound
from instantreact.jobs import claims, handing, outbox
from instantreact.jobs.claims import Claim
from instantreact.storage.database import Database
from instantreact.storage.tables import Job
from tests.storage.factories import NOW


async def take_job(database: Database) -> Claim:
    """Put, hand out and take the job `look` of `a`."""
    async with database.unit_of_work() as session:
        await outbox.put(session, "look", "a", now=NOW)
        [handover] = await handing.hand_out(session, {"look": 1}, now=NOW, deadline_s=30)
        claim = await claims.take(session, handover, now=NOW, lease_s=30)
    assert claim is not None
    return claim


async def read_jobs(database: Database) -> list[Job]:
    async with database.reading() as session:
        return await outbox.list_jobs(session)


async def test_put_leaves_no_job_when_the_transaction_fails(database: Database) -> None:
    async def fail() -> None:
        async with database.unit_of_work() as session:
            await outbox.put(session, "look", "a", now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await read_jobs(database) == []


async def test_put_again_starts_a_waiting_job_afresh_at_the_new_time(database: Database) -> None:
    claim = await take_job(database)
    async with database.unit_of_work() as session:
        await claims.retry_later(session, claim, run_at=NOW + timedelta(hours=1), error="not yet")
    async with database.unit_of_work() as session:
        await outbox.put(session, "look", "a", now=NOW + timedelta(minutes=1), max_attempts=2)
    [job] = await read_jobs(database)
    assert (job.id, job.attempts, job.max_attempts, job.error) == (claim.job_id, 0, 2, None)
    assert (job.run_at, job.created_at) == (NOW + timedelta(minutes=1), NOW)


async def test_put_again_during_a_run_waits_for_its_own_time(database: Database) -> None:
    claim = await take_job(database)
    later = NOW + timedelta(hours=1)
    async with database.unit_of_work() as session:
        await outbox.put(session, "look", "a", now=NOW, run_at=later)
    async with database.unit_of_work() as session:
        await claim.finish(session)
    [job] = await read_jobs(database)
    assert (job.state, job.run_at, job.again_at, job.attempts) == (JobState.DUE, later, None, 0)


async def test_rerun_job_makes_a_buried_job_due_with_all_its_tries(database: Database) -> None:
    claim = await take_job(database)
    async with database.unit_of_work() as session:
        await claims.bury(session, claim, error="damaged")
        [buried] = await outbox.list_jobs(session, state=JobState.BURIED)
    assert buried.error == "damaged"
    async with database.unit_of_work() as session:
        job = await outbox.rerun_job(session, claim.job_id, now=NOW + timedelta(hours=1))
    assert (job.state, job.attempts, job.error, job.run_at) == (JobState.DUE, 0, None, NOW + timedelta(hours=1))


async def test_rerun_job_raises_conflict_when_the_job_is_not_buried(database: Database) -> None:
    claim = await take_job(database)
    async with database.unit_of_work() as session:
        with pytest.raises(Conflict):
            await outbox.rerun_job(session, claim.job_id, now=NOW)
        with pytest.raises(NotFound):
            await outbox.rerun_job(session, "nothing", now=NOW)


async def test_put_off_moves_what_is_due_before_and_leaves_what_is_in_hand_or_of_others(database: Database) -> None:
    until, later = NOW + timedelta(minutes=10), NOW + timedelta(hours=1)
    await take_job(database)
    async with database.unit_of_work() as session:
        for subject, run_at in (("b", NOW), ("c", later), ("d", NOW)):
            await outbox.put(session, "look", subject, now=NOW, run_at=run_at)
        await outbox.put(session, "listen", "b", now=NOW)
        await outbox.put_off(session, "look", select(Job.subject).where(Job.subject != "d"), until=until)
    found = {(job.kind, job.subject): (job.state, job.run_at) for job in await read_jobs(database)}
    due = JobState.DUE
    assert found.pop(("look", "a"))[0] is JobState.RUNNING
    assert found == {
        ("look", "b"): (due, until),
        ("look", "c"): (due, later),
        ("look", "d"): (due, NOW),
        ("listen", "b"): (due, NOW),
    }
