import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.clock import SystemClock
from instantreact.domain.job import JobState
from instantreact.errors import NotFound, SpeechUnavailable, StorageFull, UnreadableMedia
from instantreact.jobs import handing, outbox
from instantreact.jobs.claims import Claim
from instantreact.jobs.embedded import run_jobs
from instantreact.jobs.retry import Backoff
from instantreact.jobs.worker import JobKind, Worker
from instantreact.storage.database import Database
from instantreact.storage.tables import Job
from tests.jobs.alone import alone

CLOCK = SystemClock()


async def ignore_burial(session: AsyncSession, subject: str, reason: str) -> None:
    """For kinds whose rows do not mind."""


def make_kind(run: Callable[[Claim], Awaitable[None]], **values: object) -> JobKind:
    defaults: dict[str, object] = {"on_buried": ignore_burial, "backoff": Backoff(base_s=0.0)}
    return JobKind(run=run, **{**defaults, **values})  # type: ignore[arg-type]


@asynccontextmanager
async def running(database: Database, grace_s: float = 5.0, **kinds: JobKind) -> AsyncIterator[None]:
    async with run_jobs(database, kinds, clock=CLOCK, random=Random(1), neighbours=alone(), grace_s=grace_s):
        yield


async def put(database: Database, kind: str, subject: str, *, max_attempts: int = 3) -> None:
    async with database.unit_of_work() as session:
        await outbox.put(session, kind, subject, now=CLOCK.now(), max_attempts=max_attempts)


async def list_jobs(database: Database, state: JobState | None = None) -> list[Job]:
    async with database.reading() as session:
        return await outbox.list_jobs(session, state=state)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def wait_for_no_jobs(database: Database) -> None:
    async def none_left() -> bool:
        return not await list_jobs(database)

    await until(none_left)


async def wait_for_state(database: Database, state: JobState) -> Job:
    async def there() -> bool:
        return bool(await list_jobs(database, state))

    await until(there)
    return (await list_jobs(database, state))[0]


async def test_worker_runs_each_job_once_when_many_are_put(database: Database) -> None:
    seen: list[str] = []

    async def run(claim: Claim) -> None:
        async with database.unit_of_work() as session:
            await claim.finish(session)
        seen.append(claim.subject)

    async with running(database, count=make_kind(run, limit=4)):
        for number in range(30):
            await put(database, "count", str(number))
        await wait_for_no_jobs(database)
    assert sorted(seen, key=int) == [str(number) for number in range(30)]


async def test_worker_ends_the_job_when_the_run_returns_without_finishing_it(database: Database) -> None:
    async def run(claim: Claim) -> None:
        """Nothing to commit."""

    async with running(database, nothing=make_kind(run)):
        await put(database, "nothing", "a")
        await wait_for_no_jobs(database)
    assert await list_jobs(database) == []


async def test_worker_tries_again_when_an_error_is_transient(database: Database) -> None:
    attempts: list[int] = []

    async def run(claim: Claim) -> None:
        attempts.append(claim.attempt)
        if claim.attempt < 3:
            raise SpeechUnavailable("not yet")

    async with running(database, store=make_kind(run)):
        await put(database, "store", "a")
        await wait_for_no_jobs(database)
    assert attempts == [1, 2, 3]


async def test_worker_waits_as_long_as_the_error_asks(database: Database) -> None:
    async def run(claim: Claim) -> None:
        raise SpeechUnavailable("come back later", retry_after_s=3600)

    async def deferred() -> bool:
        return any(job.error for job in await list_jobs(database, JobState.DUE))

    async with running(database, store=make_kind(run)):
        await put(database, "store", "a")
        await until(deferred)
    job = (await list_jobs(database))[0]
    assert job.run_at >= job.created_at + timedelta(seconds=3600)
    assert (job.attempts, job.error) == (1, "come back later")


async def test_worker_uses_up_no_tries_while_the_disk_is_full(database: Database) -> None:
    attempts: list[int] = []

    async def run(claim: Claim) -> None:
        attempts.append(claim.attempt)
        if len(attempts) < 10:
            raise StorageFull(retry_after_s=0.01)

    async with running(database, store=make_kind(run)):
        await put(database, "store", "a")
        await wait_for_no_jobs(database)
    assert attempts == [1] * 10


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(UnreadableMedia("damaged"), 1), (SpeechUnavailable("down"), 3), (ZeroDivisionError("bug"), 3)],
)
async def test_worker_buries_a_job_that_cannot_be_done(database: Database, error: Exception, attempts: int) -> None:
    told: list[tuple[str, str]] = []

    async def run(claim: Claim) -> None:
        raise error

    async def on_buried(session: AsyncSession, subject: str, reason: str) -> None:
        told.append((subject, reason))

    async with running(database, store=make_kind(run, on_buried=on_buried)):
        await put(database, "store", "a")
        job = await wait_for_state(database, JobState.BURIED)
    assert job.attempts == attempts
    assert job.error is not None
    assert str(error) in job.error
    assert told == [("a", job.error)]


async def test_worker_buries_nothing_when_the_hook_fails(database: Database) -> None:
    async def run(claim: Claim) -> None:
        raise UnreadableMedia("damaged")

    failed = asyncio.Event()

    async def on_buried(session: AsyncSession, subject: str, reason: str) -> None:
        failed.set()
        raise NotFound("clip", subject)

    async with running(database, store=make_kind(run, on_buried=on_buried)):
        await put(database, "store", "a")
        await failed.wait()
    assert [job.state for job in await list_jobs(database)] == [JobState.DUE]


async def test_worker_runs_a_job_again_when_it_was_put_while_it_ran(database: Database) -> None:
    runs: list[str] = []

    async def run(claim: Claim) -> None:
        runs.append(claim.token)
        if len(runs) == 1:
            await put(database, "look", "a")
        async with database.unit_of_work() as session:
            await claim.finish(session)

    async with running(database, look=make_kind(run)):
        await put(database, "look", "a")
        await wait_for_no_jobs(database)
    assert len(set(runs)) == 2


async def test_worker_starts_a_failing_job_afresh_when_it_was_put_while_it_ran(database: Database) -> None:
    attempts: list[int] = []

    async def run(claim: Claim) -> None:
        attempts.append(claim.attempt)
        if len(attempts) == 1:
            await put(database, "look", "a")
            raise UnreadableMedia("damaged")

    async with running(database, look=make_kind(run)):
        await put(database, "look", "a")
        await wait_for_no_jobs(database)
    assert attempts == [1, 1]


async def test_worker_keeps_kinds_apart_when_one_is_slow(database: Database) -> None:
    gate = asyncio.Event()
    delivered: list[str] = []
    analyzing: list[str] = []

    async def analyze(claim: Claim) -> None:
        analyzing.append(claim.subject)
        await gate.wait()

    async def deliver(claim: Claim) -> None:
        delivered.append(claim.subject)

    async def all_delivered() -> bool:
        return len(delivered) == 5

    async with running(database, analyze=make_kind(analyze, limit=2), deliver=make_kind(deliver, limit=1)):
        for number in range(5):
            await put(database, "analyze", f"clip {number}")
            await put(database, "deliver", f"delivery {number}")
        await until(all_delivered)
        assert len(analyzing) == 2
        gate.set()
        await wait_for_no_jobs(database)
    assert len(analyzing) == 5


async def test_worker_gives_a_running_job_back_untried_when_it_stops(database: Database) -> None:
    started = asyncio.Event()

    async def run(claim: Claim) -> None:
        started.set()
        await asyncio.Event().wait()

    async with running(database, grace_s=0.0, endless=make_kind(run)):
        await put(database, "endless", "a")
        await started.wait()
    job = (await list_jobs(database))[0]
    assert (job.state, job.attempts, job.token) == (JobState.DUE, 0, None)


async def test_worker_lets_a_running_job_end_when_it_stops_with_grace(database: Database) -> None:
    started = asyncio.Event()

    async def run(claim: Claim) -> None:
        started.set()
        await asyncio.sleep(0.05)

    async with running(database, short=make_kind(run)):
        await put(database, "short", "a")
        await started.wait()
    assert await list_jobs(database) == []


async def test_worker_interrupts_a_run_at_the_second_beat_after_its_job_was_deleted(database: Database) -> None:
    started, interrupted = asyncio.Event(), asyncio.Event()

    async def run(claim: Claim) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            interrupted.set()

    worker = Worker(database, {"endless": make_kind(run)}, clock=CLOCK, random=Random(1))
    await put(database, "endless", "a")
    async with database.unit_of_work() as session:
        [handover] = await handing.hand_out(session, {"endless": 1}, now=CLOCK.now(), deadline_s=30)
    running = asyncio.create_task(worker.run_job(handover))
    await started.wait()
    await worker.renew_leases()
    async with database.unit_of_work() as session:
        await session.execute(delete(Job).where(Job.subject == "a"))
    await worker.renew_leases()
    assert not interrupted.is_set()
    await worker.renew_leases()
    await asyncio.wait_for(running, 20)
    assert interrupted.is_set()


async def test_worker_keeps_the_lease_of_a_job_whose_message_comes_again_while_it_runs(database: Database) -> None:
    started, gate = asyncio.Event(), asyncio.Event()

    async def run(claim: Claim) -> None:
        started.set()
        await gate.wait()

    worker = Worker(database, {"slow": make_kind(run)}, clock=CLOCK, random=Random(1))
    await put(database, "slow", "a")
    async with database.unit_of_work() as session:
        [handover] = await handing.hand_out(session, {"slow": 1}, now=CLOCK.now(), deadline_s=30)
    running = asyncio.create_task(worker.run_job(handover))
    await started.wait()
    (before,) = await list_jobs(database)
    await worker.run_job(handover)
    await worker.renew_leases()
    (after,) = await list_jobs(database)
    assert before.lease_until is not None
    assert after.lease_until is not None
    assert after.lease_until > before.lease_until
    gate.set()
    await asyncio.wait_for(running, 20)
    assert await list_jobs(database) == []


async def test_jobs_stop_when_asked_among_jobs_that_keep_the_relay_awake(database: Database) -> None:
    """A relay that was cancelled just when it was woken used to go on for ever."""

    async def run(claim: Claim) -> None:
        await put(database, "again", claim.subject)

    await put(database, "again", "a")
    for _ in range(20):
        async with asyncio.timeout(20), running(database, grace_s=0.0, again=make_kind(run)):
            await asyncio.sleep(0.02)
    assert [job.state for job in await list_jobs(database)] == [JobState.DUE]


class SetClock(SystemClock):
    """A clock that somebody may set."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


async def test_jobs_do_not_wait_for_an_hour_that_a_clock_was_set_back_by(database: Database) -> None:
    ran = asyncio.Event()

    async def run(claim: Claim) -> None:
        ran.set()

    clock = SetClock()
    clock.ahead = timedelta(hours=1)
    async with run_jobs(database, {"tell": make_kind(run)}, clock=clock, random=Random(1), neighbours=alone()):
        async with database.unit_of_work() as session:
            await outbox.put(session, "tell", "a", now=clock.now())
            clock.ahead = timedelta(0)
        async with asyncio.timeout(5):
            await ran.wait()
        await wait_for_no_jobs(database)
