"""From a stored clip to events: decode in a child process, describe, observe, window by window."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.clock import Clock
from instantreact.domain.alert import Notify
from instantreact.domain.camera import Zone
from instantreact.domain.media import ClipInfo, ClipState, Listening
from instantreact.domain.rule import Criteria, asks_who_lies
from instantreact.errors import CaptionerUnavailable, FileMissing
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.describe import GLANCE_EVERY_S, SeenWindow, describe_windows
from instantreact.pipeline.following import Following
from instantreact.pipeline.observe import Origin, observe
from instantreact.pipeline.recognition import HEAR_ATTEMPTS, spoken_phrases
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.pipeline.stopwatch import Stopwatch
from instantreact.rules.confirm import REACH_S, RecentLooks
from instantreact.storage import cameras, clips, events, rules
from instantreact.storage.tables import Camera, Clip

FRESH = timedelta(minutes=10)
"""Footage older than this raises no alerts unless the sender asks for them."""

log = get_logger(__name__)


async def analyze(services: Services, claim: Claim) -> None:
    """Analyze the clip `claim.subject`; windows that an earlier try has filed are passed over.

    Without a usable bundle it is put off until there is one. Raises UnreadableMedia where nothing can be decoded,
    FileMissing where the clip's file is not to be found.
    """
    inference = services.figures.inference
    stages = {stage: inference.labels("clip", stage) for stage in ("features", "caption", "detect")}
    stopwatch = Stopwatch({"decode": services.figures.decoding, **stages})
    clip, origin, known, zones, asked = await _begin(services, claim.subject)
    try:
        captioner = await services.threads.run(services.captioner.get)
    except CaptionerUnavailable as error:
        await _wait_for_captioner(services, claim, clip, error)
        return
    async with open_file(services, clip) as path:
        detector = await services.threads.run(services.detector.find)
        poses = await services.threads.run(services.poses.find)
        asks_more = any(map(asks_who_lies, asked))
        following = Following.begin(detector, poses, zones, asks_more=lambda: asks_more)
        glances = following.plan(GLANCE_EVERY_S) if following else None
        decoded = services.decoder.decode(path, captioner.bundle.sampling, glances)
        seen = describe_windows(decoded, captioner, stopwatch, known=known, following=following)
        warning = await _observe_all(services, origin, clip.info, seen)
    async with services.database.unit_of_work() as session:
        await clips.mark_analyzed(
            session,
            clip.id,
            timings_ms=stopwatch.timings_ms(),
            warning=warning,
            now=services.clock.now(),
        )
        await _go_on_with_sound(services, session, clip.id)
        await claim.finish(session)
    log.info("clip.analyzed", clip_id=clip.id, **{f"{k}_ms": v for k, v in stopwatch.timings_ms().items()})


async def put_analyze_job(session: AsyncSession, clip: Clip, *, now: datetime, run_at: datetime | None = None) -> None:
    """Queue the analysis of a clip: the longer it is, the more work."""
    await outbox.put(session, StepName.ANALYZE, clip.id, now=now, run_at=run_at, cost_s=_length_s(clip))


async def put_hear_job(session: AsyncSession, clip: Clip, *, now: datetime) -> None:
    """Queue the listening to a clip."""
    cost_s = _length_s(clip)
    await outbox.put(session, StepName.HEAR, clip.id, now=now, max_attempts=HEAR_ATTEMPTS, cost_s=cost_s)


async def _go_on_with_sound(services: Services, session: AsyncSession, clip_id: str) -> None:
    """Queue the listening; where nobody listens there is nothing to wait for."""
    clip = await clips.get_clip(session, clip_id)  # its camera may be gone by now
    _, camera = await find_origin(session, clip)
    watching = await rules.list_rules_for(session, clip.camera_id)
    mode = services.recognition.mode_of(camera.speech if camera else None)
    if services.recognition.listens(mode, spoken_phrases(rule.criteria for rule in watching)):
        await put_hear_job(session, clip, now=services.clock.now())
    else:
        await clips.mark_heard(session, clip.id, Listening.OFF, timings_ms={})


def _length_s(clip: Clip) -> float:
    return clip.info.duration_s if clip.info else 0.0


async def _wait_for_captioner(services: Services, claim: Claim, clip: Clip, error: CaptionerUnavailable) -> None:
    """Put the job again for later: waiting for a repair uses up no tries."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        await put_analyze_job(session, clip, now=now, run_at=now + timedelta(seconds=error.retry_after_s or 0.0))
        await claim.finish(session)
    log.warning("clip.waits_for_captioner", clip_id=claim.subject, reason=str(error))


async def bury_clip(clock: Clock, session: AsyncSession, clip_id: str, reason: str) -> None:
    """The job that analyzes was given up: the clip has failed, for this reason.

    What was seen before stays, with the alerts that followed, and is listened to: see docs/decisions/0016.
    """
    clip = await clips.find_clip(session, clip_id)
    if clip is None:
        return
    seen = await events.list_clip_windows(session, clip_id)
    if not seen:
        await clips.mark_failed(session, clip_id, reason)
        return
    warning = f"Its analysis ends after {seen[-1].end_s:.1f} s; what was seen before is kept."
    await clips.mark_failed(session, clip_id, reason, warning=warning, listening=Listening.PENDING)
    await put_hear_job(session, clip, now=clock.now())


def should_notify(clip: Clip) -> bool:
    """Whether the clip's events may raise alerts: auto stays silent for footage recorded long before it came in."""
    if clip.notify is Notify.AUTO:
        return clip.recorded_at is None or clip.submitted_at - clip.recorded_at <= FRESH
    return clip.notify is Notify.ALWAYS


async def _begin(
    services: Services, clip_id: str
) -> tuple[Clip, Origin, frozenset[int], tuple[Zone, ...], list[Criteria]]:
    async with services.database.unit_of_work() as session:
        clip = await clips.get_clip(session, clip_id)
        if clip.state is not ClipState.ANALYZED:
            await clips.mark_analyzing(session, clip_id)
        filed = frozenset(window.index for window in await events.list_clip_windows(session, clip_id))
        origin, camera = await find_origin(session, clip)
        asked = [rule.criteria for rule in await rules.list_rules_for(session, clip.camera_id)]
    return clip, origin, filed, tuple(camera.zones) if camera else (), asked


async def find_origin(session: AsyncSession, clip: Clip) -> tuple[Origin, Camera | None]:
    """Where a clip's observations come from, and its camera if it has one."""
    camera = await cameras.get_camera(session, clip.camera_id) if clip.camera_id else None
    origin = Origin(
        place=camera.name if camera else clip.filename,
        started_at=clip.recorded_at or clip.submitted_at,
        notify=should_notify(clip),
        clip_id=clip.id,
        camera_id=clip.camera_id,
    )
    return origin, camera


@asynccontextmanager
async def local_file(services: Services, key: str) -> AsyncIterator[Path]:
    """Where programs find a stored file during the block. Raises NotFound, FilesUnreachable and StorageFull."""
    block = services.blobs.local_file(key)
    path = await services.threads.finish(services.threads.start(block.__enter__))
    try:
        yield path
    finally:
        await asyncio.shield(services.threads.run(block.__exit__, None, None, None))


@asynccontextmanager
async def open_file(services: Services, clip: Clip) -> AsyncIterator[Path]:
    """Where a clip's file lies. Raises FileMissing: what is not there is not damaged."""
    if clip.blob_key is None:
        raise FileMissing("The clip's file was kept for as long as the settings say; send the clip again.")
    if not await services.threads.run(services.blobs.exists, clip.blob_key):
        raise FileMissing(f"The clip's file {clip.blob_key} is not in this process's folder; send the clip again.")
    async with local_file(services, clip.blob_key) as path:
        yield path


async def _observe_all(
    services: Services, origin: Origin, info: ClipInfo | None, seen: Generator[SeenWindow, None, None]
) -> str | None:
    """File every window; a warning in words where some of the clip could not be used."""
    warning, recent = None, await _recall_looks(services, origin)
    async with aclosing(services.threads.iterate(seen)) as windows:
        async for window in windows:
            picture = partial(_picture_of, window)
            await observe(services, origin, window.observation, picture, recent=recent, is_last=window.is_last)
            warning = window.warning or warning
            await _report_progress(services, origin, window.observation.window.end_s, info)
    return warning


async def _recall_looks(services: Services, origin: Origin) -> RecentLooks:
    """What rules that ask for confirmation have seen of the clip already, in a try that did not come to its end."""
    recent = RecentLooks()
    async with services.database.reading() as session:
        watching = [rule for rule in await rules.list_rules_for(session, origin.camera_id) if rule.confirmation]
        windows = await events.list_clip_windows(session, origin.clip_id or "") if watching else []
        after = next((each.index - 1 for each in windows if windows[-1].end_s - each.end_s <= REACH_S), -1)
        for event in await events.list_clip_events(session, origin.clip_id or "", after=after) if windows else ():
            for rule in watching:
                recent.find(rule.id, rule.criteria, rule.confirmation, event.observation)
    return recent


def _picture_of(window: SeenWindow) -> bytes:
    return window.snapshot_jpeg


async def _report_progress(services: Services, origin: Origin, end_s: float, info: ClipInfo | None) -> None:
    if origin.clip_id is None or info is None or end_s >= info.duration_s:
        return
    async with services.database.unit_of_work() as session:
        await clips.set_progress(session, origin.clip_id, round(min(0.99, end_s / info.duration_s), 3))
