"""When a clip that waits may be expected to be analyzed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.job import JobState
from instantreact.domain.media import ClipState
from instantreact.jobs import outbox
from instantreact.jobs.outbox import IN_HAND, SHORT_S
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import clips
from instantreact.storage.tables import Clip, Job


@dataclass(frozen=True)
class Turn:
    """Where a clip stands in the queue.

    position    0 while it is analyzed, 1 when it is next
    estimate_s  until its analysis is done, by the pace of the latest ones; None while nobody can say
    """

    position: int
    estimate_s: float | None


@dataclass(frozen=True)
class _Places:
    """Where clips are analyzed, so many at once: which are, how much of them is left, and how fast it goes."""

    count: int
    in_hand: list[Job]
    left_s: dict[str, float]
    pace: float | None


async def find_turns(services: Services, waiting: Sequence[Clip], *, places: int) -> dict[str, Turn]:
    """The turns of clips by their ids, where so many are analyzed at once.

    A clip whose analysis is done or was given up has none.
    """
    clip_ids = [clip.id for clip in waiting if clip.state in (ClipState.STORED, ClipState.ANALYZING)]
    if not clip_ids:
        return {}
    async with services.database.reading() as session:
        jobs = [await outbox.find_job(session, StepName.ANALYZE, clip_id) for clip_id in clip_ids]
        look = await _look(session, places)
        now = services.clock.now()
        return {
            job.subject: await _find_turn(session, job, look, now=now)
            for job in jobs
            if job is not None and job.state is not JobState.BURIED
        }


async def _look(session: AsyncSession, count: int) -> _Places:
    in_hand = await outbox.list_in_hand(session, StepName.ANALYZE)
    progress = await clips.list_progress(session, [job.subject for job in in_hand])
    left_s = {job.subject: job.cost_s * (1 - progress.get(job.subject, 0.0)) for job in in_hand}
    return _Places(count, in_hand, left_s, await clips.measure_pace(session))


async def _find_turn(session: AsyncSession, job: Job, look: _Places, *, now: datetime) -> Turn:
    if job.state in IN_HAND:
        return Turn(0, look.pace and look.pace * look.left_s[job.subject])
    long = sum(other.cost_s > SHORT_S for other in look.in_hand)
    own_lane = job.cost_s <= SHORT_S and long >= look.count  # the place that is kept for short ones
    ahead, ahead_s = await outbox.measure_ahead(session, job, now=now, only_short=own_lane)
    before_s = [look.left_s[other.subject] for other in look.in_hand if not own_lane or other.cost_s <= SHORT_S]
    places = 1 if own_lane else look.count
    wait_s = 0.0 if len(before_s) + ahead < places else (sum(before_s) + ahead_s) / places
    is_put_off = job.run_at > now
    return Turn(1 + ahead, None if look.pace is None or is_put_off else look.pace * (wait_s + job.cost_s))
