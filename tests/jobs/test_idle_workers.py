"""Whether anybody runs the jobs, as /readyz and the doctor tell it."""

from datetime import timedelta

from instantreact.domain.job import JobState
from instantreact.jobs import outbox
from instantreact.jobs.room import find_idle_workers, offer_room
from instantreact.storage.database import Database
from tests.storage.factories import NOW


async def find(database: Database, *, after_s: float = 0.0, is_shared: bool = False) -> str | None:
    async with database.reading() as session:
        return await find_idle_workers(session, now=NOW + timedelta(seconds=after_s), is_shared=is_shared)


async def put(database: Database, subject: str, *, in_s: float = 0.0) -> None:
    async with database.unit_of_work() as session:
        await outbox.put(session, "analyze", subject, now=NOW, run_at=NOW + timedelta(seconds=in_s))


async def test_workers_are_idle_when_a_job_is_due_for_long_and_nobody_has_any(database: Database) -> None:
    await put(database, "a")
    assert await find(database, after_s=59) is None
    assert "due for 61 s" in (await find(database, after_s=61) or "")


async def test_workers_are_not_idle_while_they_have_work_in_hand_or_all_is_for_later(database: Database) -> None:
    await put(database, "later", in_s=3600)
    assert await find(database, after_s=1800) is None
    await put(database, "a")
    await put(database, "b")
    async with database.unit_of_work() as session:
        job = await outbox.find_job(session, "analyze", "a")
        assert job is not None
        job.state = JobState.RUNNING
    assert await find(database, after_s=1800) is None


async def test_workers_behind_a_broker_are_missing_when_none_offers_room_any_more(database: Database) -> None:
    assert "instantreact worker" in (await find(database, is_shared=True) or "")
    async with database.unit_of_work() as session:
        await offer_room(session, "w", {"analyze": 1}, now=NOW, lease_s=30)
    assert await find(database, after_s=29, is_shared=True) is None
    assert await find(database, after_s=31, is_shared=True) is not None
