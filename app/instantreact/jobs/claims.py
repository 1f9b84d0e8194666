"""Who holds a job: taking, renewing, and the four ways to let go of it, each checked by the token."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    case,
    delete,
    null,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.job import JobState
from instantreact.errors import LeaseLost
from instantreact.jobs.outbox import IN_HAND, TOPIC
from instantreact.storage.database import announce
from instantreact.storage.tables import Job


@dataclass(frozen=True)
class Handover:
    """A job on its way to a worker: what the broker carries."""

    job_id: str
    token: str
    kind: str

    def lost(self) -> LeaseLost:
        """What is raised when the job is no longer ours."""
        return LeaseLost(f"Job {self.job_id} is held by somebody else by now, or is gone.")


@dataclass(frozen=True)
class TakeRequest:
    """A worker of the process `owner` takes what it was handed, at `now` and for so many seconds."""

    handover: Handover
    now: datetime
    lease_s: float
    owner: str | None


@dataclass(frozen=True)
class Claim(Handover):
    """A job in the hands of a worker; `attempt` counts from 1."""

    subject: str
    attempt: int
    max_attempts: int
    request_id: str | None = None
    traceparent: str | None = None

    async def confirm(self, session: AsyncSession) -> None:
        """Hold the job's row until this transaction ends. Raises LeaseLost when the job is no longer ours."""
        await lock_claimed(session, self)

    async def finish(self, session: AsyncSession) -> None:
        """The job is done if and when this transaction is committed. Raises LeaseLost when it is no longer ours."""
        job = await lock_claimed(session, self)
        if job.again_at is None:
            await session.delete(job)
        else:
            _make_due(job, job.again_at)
        await session.flush()
        announce(session, TOPIC)


async def take(
    session: AsyncSession, handover: Handover, *, now: datetime, lease_s: float, owner: str | None = None
) -> Claim | None:
    """Start a try at the job that was handed over; None when it was handed to somebody else since, or is gone."""
    return (await take_all(session, [TakeRequest(handover, now, lease_s, owner)]))[0]


async def take_all(session: AsyncSession, takings: Sequence[TakeRequest]) -> list[Claim | None]:
    """`take` of several, for the worker of one process, by one statement. Of a message that came twice one is good."""
    last = takings[-1]
    statement = (
        update(Job)
        .where(
            Job.id.in_([each.handover.job_id for each in takings]),
            Job.token.in_([each.handover.token for each in takings]),
            Job.state == JobState.HANDED,
        )
        .values(
            state=JobState.RUNNING,
            attempts=Job.attempts + 1,
            owner=last.owner,
            lease_until=last.now + timedelta(seconds=last.lease_s),
            # This run begins after it was put again, and so answers that too.
            again_at=case((Job.again_at > last.now, Job.again_at), else_=null()),
        )
        .returning(Job.token, Job.kind, Job.subject, Job.attempts, Job.max_attempts, Job.request_id, Job.traceparent)
        .execution_options(synchronize_session=False)
    )
    rows = {row[0]: row[1:] for row in await session.execute(statement)}
    taken = [(each.handover, rows.pop(each.handover.token, None)) for each in takings]
    return [None if row is None else Claim(handover.job_id, handover.token, *row) for handover, row in taken]


async def confirm_all(session: AsyncSession, handovers: Sequence[Handover]) -> dict[str, datetime | None]:
    """The tokens that are still good, each with when its job was put again; their rows are locked by their ids."""
    statement = (
        select(Job.token, Job.again_at)
        .where(
            Job.id.in_([each.job_id for each in handovers]),
            Job.token.in_([each.token for each in handovers]),
        )
        .order_by(Job.id)
        .with_for_update()
    )
    return {token: again_at for token, again_at in await session.execute(statement) if token is not None}


async def finish_all(session: AsyncSession, claims: Sequence[Claim]) -> list[Exception | None]:
    """`Claim.finish` of several; LeaseLost in the place of those that are no longer ours."""
    good = await confirm_all(session, claims)
    done = [claim.job_id for claim in claims if claim.token in good and good[claim.token] is None]
    await session.execute(delete(Job).where(Job.id.in_(done)).execution_options(synchronize_session=False))
    for claim in claims:
        if good.get(claim.token) is not None:
            await claim.finish(session)
    if good:
        announce(session, TOPIC)
    return [None if claim.token in good else claim.lost() for claim in claims]


async def renew(session: AsyncSession, tokens: Collection[str], *, now: datetime, lease_s: float) -> set[str]:
    """Prolong the leases of jobs in hand; returns the tokens that are still good."""
    statement = (
        update(Job)
        .where(Job.token.in_(tokens))
        .values(lease_until=now + timedelta(seconds=lease_s))
        .returning(Job.token)
        .execution_options(synchronize_session=False)
    )
    return {token for token in (await session.execute(statement)).scalars() if token is not None}


async def retry_later(
    session: AsyncSession, claim: Claim, *, run_at: datetime, error: str, counts: bool = True
) -> None:
    """Another try at `run_at`, or a fresh start if the job was put again meanwhile. Raises LeaseLost.

    A try that does not count leaves as many as there were before it.
    """
    job = await lock_claimed(session, claim)
    if job.again_at is None:
        _let_go(job, JobState.DUE)
        job.attempts -= not counts
        job.run_at, job.error = run_at, error
    else:
        _make_due(job, job.again_at)
    announce(session, TOPIC)


async def bury(session: AsyncSession, claim: Claim, *, error: str) -> bool:
    """Give the job up; False when it was put again meanwhile and starts afresh instead. Raises LeaseLost."""
    job = await lock_claimed(session, claim)
    announce(session, TOPIC)
    if job.again_at is not None:
        _make_due(job, job.again_at)
        return False
    _let_go(job, JobState.BURIED)
    job.error = error
    return True


async def release(session: AsyncSession, handover: Handover) -> None:
    """Give an interrupted job back, due at once; a try that had begun does not count. Raises LeaseLost."""
    job = await lock_claimed(session, handover)
    job.attempts -= job.state is JobState.RUNNING
    _let_go(job, JobState.DUE)
    announce(session, TOPIC)


async def decline(session: AsyncSession, handover: Handover) -> None:
    """Give a job back that was handed over, due at once, unless somebody has taken it: a message may come twice."""
    untaken = update(Job).where(Job.id == handover.job_id, Job.token == handover.token, Job.state == JobState.HANDED)
    await session.execute(untaken.values(GIVEN_BACK).execution_options(synchronize_session=False))
    announce(session, TOPIC)


async def hasten(session: AsyncSession, *, now: datetime) -> None:
    """Every job that waits for a later time is due at `now`: for a clock that was set back, by which all are late."""
    await session.execute(update(Job).where(Job.state == JobState.DUE, Job.run_at > now).values(run_at=now))


async def release_owned(session: AsyncSession, owner: str) -> int:
    """Every job that the process `owner` has in hand is due again; how many that were. For its end, or after it."""
    statement = update(Job).where(Job.state.in_(IN_HAND), Job.owner == owner).values(GIVEN_BACK).returning(Job.id)
    released = (await session.scalars(statement.execution_options(synchronize_session=False))).all()
    announce(session, TOPIC)
    return len(released)


async def lock_claimed(session: AsyncSession, handover: Handover) -> Job:
    """The job's row, locked until the transaction ends. Raises LeaseLost when another token holds it, or it is gone."""
    statement = select(Job).where(Job.id == handover.job_id, Job.token == handover.token).with_for_update()
    job = (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()
    if job is None:
        raise handover.lost()
    return job


GIVEN_BACK = {"state": JobState.DUE, "token": None, "owner": None, "lease_until": None}


def _make_due(job: Job, run_at: datetime) -> None:
    _let_go(job, JobState.DUE)
    job.run_at, job.attempts, job.error, job.again_at = run_at, 0, None, None


def _let_go(job: Job, state: JobState) -> None:
    job.state, job.token, job.owner, job.lease_until = state, None, None, None
