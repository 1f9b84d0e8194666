"""Short work goes first, long work never starves, and one place is kept from long work."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from instantreact.jobs import claims, handing, outbox
from instantreact.storage.database import Database
from instantreact.storage.tables import Job

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR_S = 3600.0


async def put(database: Database, subject: str, *, cost_s: float, after_s: float = 0.0) -> None:
    now = NOON + timedelta(seconds=after_s)
    async with database.unit_of_work() as session:
        await outbox.put(session, "look", subject, now=now, cost_s=cost_s)


async def hand_out(database: Database, limit: int, *, after_s: float = 0.0) -> list[str]:
    """Who is handed out, in any order."""
    now = NOON + timedelta(seconds=after_s)
    async with database.unit_of_work() as session:
        handovers = await handing.hand_out(session, {"look": limit}, now=now, deadline_s=10 * HOUR_S)
        return sorted([(await outbox.get_job(session, handover.job_id)).subject for handover in handovers])


async def finish(database: Database, subject: str) -> None:
    async with database.unit_of_work() as session:
        await session.execute(delete(Job).where(Job.subject == subject))


async def test_short_job_goes_before_long_ones_that_came_first(database: Database) -> None:
    await put(database, "long", cost_s=HOUR_S)
    await put(database, "middle", cost_s=600.0, after_s=1)
    await put(database, "short", cost_s=2.0, after_s=2)
    order = [await hand_out(database, limit, after_s=3) for limit in (1, 2, 3)]
    assert order == [["short"], ["middle"], ["long"]]


async def test_long_job_goes_before_short_ones_once_it_has_waited_as_long_as_it_is(database: Database) -> None:
    await put(database, "long", cost_s=HOUR_S)
    await put(database, "just in time", cost_s=2.0, after_s=HOUR_S - 10)
    await put(database, "too late", cost_s=2.0, after_s=HOUR_S + 10)
    order = [await hand_out(database, limit, after_s=HOUR_S + 20) for limit in (1, 2, 3)]
    assert order == [["just in time"], ["long"], ["too late"]]


async def test_short_job_has_a_place_when_long_ones_fill_all_others(database: Database) -> None:
    for number in (1, 2, 3):
        await put(database, f"long {number}", cost_s=HOUR_S, after_s=number / 10)
    assert await hand_out(database, 2, after_s=1) == ["long 1", "long 2"]
    assert await hand_out(database, 2, after_s=1) == []
    await put(database, "short 1", cost_s=2.0, after_s=1)
    await put(database, "short 2", cost_s=2.0, after_s=2)
    assert await hand_out(database, 2, after_s=3) == ["short 1"]
    assert await hand_out(database, 2, after_s=3) == []
    await finish(database, "short 1")
    assert await hand_out(database, 2, after_s=3) == ["short 2"]


async def test_long_jobs_take_no_more_than_the_limit_when_a_short_one_sits_beside_them(database: Database) -> None:
    await put(database, "long 1", cost_s=HOUR_S)
    assert await hand_out(database, 1) == ["long 1"]
    await put(database, "short", cost_s=2.0)
    assert await hand_out(database, 1) == ["short"]
    await put(database, "long 2", cost_s=HOUR_S)
    assert await hand_out(database, 1) == []
    await finish(database, "long 1")
    assert await hand_out(database, 1) == []
    await finish(database, "short")
    assert await hand_out(database, 1) == ["long 2"]


async def test_job_keeps_its_rank_when_it_is_put_off(database: Database) -> None:
    await put(database, "first", cost_s=5.0)
    async with database.unit_of_work() as session:
        (handover,) = await handing.hand_out(session, {"look": 1}, now=NOON, deadline_s=30)
        claim = await claims.take(session, handover, now=NOON, lease_s=30)
        assert claim is not None
        await claims.retry_later(session, claim, run_at=NOON + timedelta(seconds=20), error="later")
    await put(database, "second", cost_s=5.0, after_s=1)
    assert await hand_out(database, 1, after_s=21) == ["first"]


async def test_job_that_is_dug_out_queues_anew(database: Database) -> None:
    await put(database, "buried", cost_s=60.0)
    async with database.unit_of_work() as session:
        (handover,) = await handing.hand_out(session, {"look": 1}, now=NOON, deadline_s=30)
        claim = await claims.take(session, handover, now=NOON, lease_s=30)
        assert claim is not None
        await claims.bury(session, claim, error="no use")
    async with database.unit_of_work() as session:
        job = await outbox.rerun_job(session, claim.job_id, now=NOON + timedelta(seconds=100))
    assert job.rank_at == NOON + timedelta(seconds=160)
