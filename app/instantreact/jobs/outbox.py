"""The outbox: work is queued inside the transaction that it follows from, never after it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, case, delete, func, literal, null, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.job import JobState
from instantreact.errors import Conflict, NotFound
from instantreact.logs import current_request_id
from instantreact.storage.confinement import WHOLE
from instantreact.storage.database import announce
from instantreact.storage.inserting import insert_into
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.tables import Job
from instantreact.tracing import current_traceparent

TOPIC = "jobs"
MAX_ATTEMPTS = 8
IN_HAND = (JobState.HANDED, JobState.RUNNING)
SHORT_S = 60.0
"""A job that costs more is long."""

SHORT = Job.cost_s <= SHORT_S


async def put(
    session: AsyncSession,
    kind: str,
    subject: str,
    *,
    now: datetime,
    run_at: datetime | None = None,
    max_attempts: int = MAX_ATTEMPTS,
    cost_s: float = 0.0,
) -> None:
    """Queue the job `kind` about `subject`, to run at `run_at` or at once; there is one job of a kind and subject.

    `cost_s` says how much work it is: it lets every job pass that is due up to so many seconds later and costs so
    much less. So short work goes first, and long work, which grows older meanwhile, never starves.

    Put again while it waits or is buried, it starts afresh at the new time. Put again while somebody has it in
    hand, it runs once more afterwards, so that a run which has already looked at the rows cannot swallow the news.
    """
    await put_all(session, kind, [subject], now=now, run_at=run_at, max_attempts=max_attempts, cost_s=cost_s)


async def put_all(
    session: AsyncSession,
    kind: str,
    subjects: Collection[str],
    *,
    now: datetime,
    run_at: datetime | None = None,
    max_attempts: int = MAX_ATTEMPTS,
    cost_s: float = 0.0,
) -> None:
    """Put a job for each of the subjects, which differ, in one statement."""
    if not subjects:
        return
    run_at = run_at or now
    rank_at = run_at + timedelta(seconds=cost_s)
    fixed = {
        "kind": kind,
        "run_at": run_at,
        "cost_s": cost_s,
        "rank_at": rank_at,
        "max_attempts": max_attempts,
        "created_at": now,
        "request_id": current_request_id(),
        "traceparent": current_traceparent(),
    }
    in_hand = or_(*(Job.state == state for state in IN_HAND))  # an IN cannot be prepared for many rows
    asked = literal(run_at, Job.run_at.type)
    afresh = {
        "state": case((in_hand, Job.state), else_=literal(JobState.DUE, Job.state.type)),
        "run_at": case((in_hand, Job.run_at), else_=asked),
        "again_at": case((in_hand, asked), else_=null()),
        "cost_s": cost_s,
        "rank_at": case((in_hand, Job.rank_at), else_=literal(rank_at, Job.rank_at.type)),
        "attempts": case((in_hand, Job.attempts), else_=0),
        "max_attempts": max_attempts,
        "error": case((in_hand, Job.error), else_=null()),
        "request_id": fixed["request_id"],
        "traceparent": fixed["traceparent"],
    }
    statement = insert_into(session, Job).on_conflict_do_update(index_elements=["kind", "subject"], set_=afresh)
    # As parameters, not as values: a statement of thousands of values would be put together anew each time.
    await session.execute(statement, [{"subject": subject, **fixed} for subject in subjects])
    announce(session, TOPIC)


async def hasten(session: AsyncSession, kind: str, subjects: Select[str], *, now: datetime) -> None:
    """The jobs of a kind about these subjects that wait for a later time are due now."""
    later = update(Job).where(Job.kind == kind, Job.state == JobState.DUE, Job.run_at > now, Job.subject.in_(subjects))
    await session.execute(later.values(run_at=now).execution_options(synchronize_session=False))
    announce(session, TOPIC)


async def put_off(session: AsyncSession, kind: str, subjects: Select[str], *, until: datetime) -> None:
    """The jobs of a kind about these subjects that nobody has in hand are not due before `until`."""
    sooner = update(Job).where(
        Job.kind == kind, Job.state == JobState.DUE, Job.run_at < until, Job.subject.in_(subjects)
    )
    await session.execute(sooner.values(run_at=until).execution_options(synchronize_session=False))


async def withdraw(session: AsyncSession, kind: str, subjects: Collection[str]) -> set[str]:
    """Take back the jobs of a kind about these subjects that nobody has in hand; whose those were."""
    waiting = delete(Job).where(Job.kind == kind, Job.subject.in_(subjects), Job.state == JobState.DUE)
    taken = waiting.returning(Job.subject).execution_options(synchronize_session=False)
    return set(await session.scalars(taken))


async def list_subjects_in_hand(session: AsyncSession, kind: str, subjects: Collection[str]) -> set[str]:
    """Those of `subjects` about which a job of the kind is handed out or running."""
    statement = select(Job.subject).where(Job.kind == kind, Job.subject.in_(subjects), Job.state.in_(IN_HAND))
    return set(await session.scalars(statement, execution_options=WHOLE))


async def get_job(session: AsyncSession, job_id: str) -> Job:
    """Raises NotFound."""
    job = await session.get(Job, job_id)
    if job is None:
        raise NotFound("job", job_id)
    return job


async def find_job(session: AsyncSession, kind: str, subject: str) -> Job | None:
    """The job of this kind about this subject, buried or still to be done; those that are done are gone."""
    return (await session.scalars(select(Job).where(Job.kind == kind, Job.subject == subject))).one_or_none()


async def find_buried(session: AsyncSession, kinds: Collection[str], subjects: Collection[str]) -> dict[str, str]:
    """The buried jobs of these kinds about these subjects: their ids by subject."""
    buried = select(Job.subject, Job.id).where(Job.kind.in_(kinds), Job.subject.in_(subjects))
    return {row[0]: row[1] for row in await session.execute(buried.where(Job.state == JobState.BURIED))}


async def list_in_hand(session: AsyncSession, kind: str) -> list[Job]:
    """The jobs of a kind that are handed out or running."""
    statement = select(Job).where(Job.kind == kind, Job.state.in_(IN_HAND))
    return list(await session.scalars(statement, execution_options=WHOLE))


async def measure_ahead(session: AsyncSession, job: Job, *, now: datetime, only_short: bool) -> tuple[int, float]:
    """How many jobs of its kind are due and go before `job`, and what they cost together, in seconds."""
    before = tuple_(Job.rank_at, Job.id) < tuple_(literal(job.rank_at, Job.rank_at.type), job.id)
    statement = select(func.count(), func.coalesce(func.sum(Job.cost_s), 0.0))
    statement = statement.where(Job.kind == job.kind, Job.state == JobState.DUE, Job.run_at <= now, before)
    statement = statement.where(SHORT) if only_short else statement
    count, cost_s = (await session.execute(statement, execution_options=WHOLE)).one()
    return count, cost_s


async def list_jobs(
    session: AsyncSession, *, state: JobState | None = None, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> list[Job]:
    """Newest first; those in one state if asked."""
    statement = newest_first(select(Job), Job.created_at, Job.id, after=after, limit=limit)
    if state is not None:
        statement = statement.where(Job.state == state)
    return list(await session.scalars(statement))


async def rerun_job(session: AsyncSession, job_id: str, *, now: datetime) -> Job:
    """Dig a buried job out: due at once, with all its tries. Raises NotFound; Conflict when it is not buried."""
    job = await get_job(session, job_id)
    await session.refresh(job, with_for_update=True)
    if job.state is not JobState.BURIED:
        raise Conflict(f"Job {job_id} is {job.state}; only a buried job can be run again.")
    job.state, job.run_at, job.attempts, job.error = JobState.DUE, now, 0, None
    job.rank_at = now + timedelta(seconds=job.cost_s)
    job.request_id, job.traceparent = current_request_id(), current_traceparent()
    await session.flush()
    announce(session, TOPIC)
    return job
