"""Which step runs which kind of job, how many at once, and how patiently."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import NotFound, Transient
from instantreact.jobs.claims import Claim
from instantreact.jobs.retry import Backoff
from instantreact.jobs.worker import JobKind
from instantreact.pipeline.analyze import analyze, bury_clip
from instantreact.pipeline.deliver import bury_delivery, deliver
from instantreact.pipeline.digest import send_digest
from instantreact.pipeline.erase import erase
from instantreact.pipeline.escalate import escalate
from instantreact.pipeline.follow_up import follow_up
from instantreact.pipeline.hear import give_up_hearing, hear
from instantreact.pipeline.hear_live import hear_live
from instantreact.pipeline.heartbeat import send_heartbeat
from instantreact.pipeline.incoming import handle_incoming
from instantreact.pipeline.purge import purge
from instantreact.pipeline.remind import remind
from instantreact.pipeline.repair import check_channel
from instantreact.pipeline.report import send_report
from instantreact.pipeline.second_look import bury_look, look_again
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.pipeline.suppressed import release_orphaned

Step = Callable[[Services, Claim], Awaitable[None]]

UTTERANCES_AT_ONCE = 8
"""They wait for the recogniser most of the time, and nobody's words wait behind somebody's long ones."""

LOOKS_AT_ONCE = 2
"""A model on one's own machine takes one after the other; a look that waits for its place uses up its time."""

DELIVERIES_AT_ONCE = 32
"""They wait for Messenger, and for their turn, most of the time: one person's must not keep everybody's waiting."""


CRITICAL_AT_ONCE = 64
"""Beside those: a critical alert waits for a place only where so many of its kind hang, which no other can do to it."""


def job_kinds(services: Services, *, analyze_jobs: int) -> Mapping[str, JobKind]:
    """Every kind of job; `analyze_jobs` clips are analyzed at once."""
    # The contract's waits for Messenger.
    messenger = Backoff(base_s=2.0, cap_s=300.0)
    recogniser = Backoff(base_s=30.0, cap_s=900.0)
    live = Backoff(base_s=2.0, cap_s=120.0)
    return {
        StepName.ANALYZE: JobKind(_run(analyze, services), partial(bury_clip, services.clock), limit=analyze_jobs),
        StepName.HEAR: JobKind(_run(hear, services), give_up_hearing, limit=analyze_jobs, backoff=recogniser),
        StepName.HEAR_LIVE: JobKind(_run(hear_live, services), _bury_nothing, limit=UTTERANCES_AT_ONCE, backoff=live),
        StepName.DELIVER: JobKind(_run(deliver, services), bury_delivery, limit=DELIVERIES_AT_ONCE, backoff=messenger),
        StepName.DELIVER_CRITICAL: JobKind(
            _run(deliver, services), bury_delivery, limit=CRITICAL_AT_ONCE, backoff=messenger
        ),
        StepName.ESCALATE: JobKind(_run(escalate, services), _bury_nothing, limit=4, backoff=live),
        StepName.FOLLOW_UP: JobKind(_run(follow_up, services), _bury_nothing, limit=4, backoff=live),
        StepName.SECOND_LOOK: JobKind(_run(look_again, services), bury_look, limit=LOOKS_AT_ONCE, backoff=live),
        StepName.RELEASE: JobKind(_run(release_orphaned, services), _bury_nothing, limit=4, backoff=live),
        StepName.DIGEST: JobKind(_run(send_digest, services), _bury_nothing, limit=4, backoff=live),
        StepName.CHECK_CHANNEL: JobKind(_run(check_channel, services), _bury_nothing, limit=4),
        StepName.REPORT: JobKind(_run(send_report, services), _bury_nothing, limit=4, backoff=live),
        StepName.REMIND: JobKind(_run(remind, services), _bury_nothing, limit=4, backoff=live),
        StepName.HEARTBEAT: JobKind(_run(send_heartbeat, services), _bury_nothing, backoff=live),
        StepName.PURGE: JobKind(_run(purge, services), _bury_nothing),
        StepName.ERASE: JobKind(_run(erase, services), _bury_nothing),
        StepName.INCOMING: JobKind(_run(handle_incoming, services), _bury_nothing, limit=16),
    }


def _run(step: Step, services: Services) -> Callable[[Claim], Awaitable[None]]:
    return partial(_unless_gone, step, services)


async def _unless_gone(step: Step, services: Services, claim: Claim) -> None:
    """A subject that was deleted meanwhile leaves nothing to do."""
    runs = services.figures.job_runs
    try:
        await step(services, claim)
    except NotFound as error:
        if error.key != claim.subject:
            runs.labels(claim.kind, "failed").inc()
            raise
    except Exception as error:
        runs.labels(claim.kind, "again" if isinstance(error, Transient) else "failed").inc()
        raise
    runs.labels(claim.kind, "done").inc()


async def _bury_nothing(session: AsyncSession, subject: str, reason: str) -> None:
    """What was given up and marks no other row: an incoming message, an utterance. Its job explains it."""
