"""When a clip that waits may be expected to be analyzed."""

from dataclasses import dataclass

from instantreact.domain.job import JobState
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


async def find_turn(services: Services, clip: Clip, *, places: int) -> Turn | None:
    """The turn of a clip where so many are analyzed at once; None when its analysis is done or was given up."""
    now = services.clock.now()
    async with services.database.reading() as session:
        job = await outbox.find_job(session, StepName.ANALYZE, clip.id)
        if job is None or job.state is JobState.BURIED:
            return None
        in_hand = await outbox.list_in_hand(session, StepName.ANALYZE)
        progress = await clips.list_progress(session, [other.subject for other in in_hand])
        pace = await clips.measure_pace(session)
        own_lane = _has_own_lane(job, in_hand, places)
        ahead, ahead_s = await outbox.measure_ahead(session, job, now=now, only_short=own_lane)
    left_s = {other.subject: other.cost_s * (1 - progress.get(other.subject, 0.0)) for other in in_hand}
    if job.state in IN_HAND:
        return Turn(0, None if pace is None else pace * left_s[job.subject])
    before_s = [left_s[other.subject] for other in in_hand if not own_lane or other.cost_s <= SHORT_S]
    places = 1 if own_lane else places
    wait_s = 0.0 if len(before_s) + ahead < places else (sum(before_s) + ahead_s) / places
    is_put_off = job.run_at > now
    return Turn(1 + ahead, None if pace is None or is_put_off else pace * (wait_s + job.cost_s))


def _has_own_lane(job: Job, in_hand: list[Job], places: int) -> bool:
    """Whether it waits for the place that is kept for short ones only."""
    return job.cost_s <= SHORT_S and sum(other.cost_s > SHORT_S for other in in_hand) >= places
