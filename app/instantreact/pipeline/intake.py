"""How clips come in, and go: probed before they are accepted, filed once, deleted with all that follows from them."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import Notify
from instantreact.domain.job import JobState
from instantreact.domain.media import ClipState, Listening
from instantreact.errors import FilesUnreachable, InvalidInput, NotAllowed
from instantreact.jobs import outbox
from instantreact.logs import get_logger
from instantreact.pipeline.analyze import local_file, put_analyze_job, put_hear_job
from instantreact.pipeline.purge import delete_doomed, discard_unless_filed
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import cameras, clips
from instantreact.storage.clips import NewClip
from instantreact.storage.removing import doom_files
from instantreact.storage.tables import Clip

log = get_logger(__name__)

_LOOK_S, _REST_S = 0.5, 0.01


@dataclass(frozen=True)
class Upload:
    """A file that was streamed into the blob store; `filename` is what its sender called it."""

    blob_key: str
    sha256: str
    size_bytes: int
    filename: str


@dataclass(frozen=True)
class Submission:
    """The clip that an upload became or already was."""

    clip: Clip
    is_new: bool


async def submit_clip(
    services: Services, upload: Upload, *, camera_id: str | None, recorded_at: datetime | None, notify: Notify
) -> Submission:
    """File an upload as a clip with the job that analyzes it; the upload belongs to this function from here on.

    The same bytes of the same camera and time are the same clip; what was given up of it is done again, from the file
    that has just come: the one that is there may be what it failed of, or be gone.
    Raises NotFound for an unknown camera, InvalidInput for one with masks, and for what probing finds
    UnreadableMedia, UnsupportedMedia and TooLarge.
    """
    try:
        submission = await _file_clip(services, upload, camera_id=camera_id, recorded_at=recorded_at, notify=notify)
    except BaseException:
        await asyncio.shield(discard_unless_filed(services, upload.blob_key))
        raise
    log.info("clip.submitted", clip_id=submission.clip.id, is_new=submission.is_new, size_bytes=upload.size_bytes)
    return submission


async def _file_clip(
    services: Services, upload: Upload, *, camera_id: str | None, recorded_at: datetime | None, notify: Notify
) -> Submission:
    if camera_id is None and services.database.confinement is not None:
        raise NotAllowed("You are confined to some cameras: name the one that this is of in camera_id.")
    if camera_id is not None:
        async with services.database.reading() as session:
            camera = await cameras.get_camera(session, camera_id)
        if camera.masks:
            raise InvalidInput("This camera has masks, which uploads do not pass through: upload without a camera.")
    async with local_file(services, upload.blob_key) as path:
        info = await services.threads.run(services.decoder.probe, path)
    new = NewClip(
        sha256=upload.sha256,
        filename=upload.filename,
        size_bytes=upload.size_bytes,
        blob_key=upload.blob_key,
        info=info,
        camera_id=camera_id,
        recorded_at=recorded_at,
        notify=notify,
    )
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        clip, is_new = await clips.insert_or_find(session, new, now=now)
        kept = clip.blob_key
        if await _queue_what_is_left(session, clip, now=now) and not is_new:
            await clips.replace_file(session, clip.id, upload.blob_key)
    if not is_new:
        await _keep_one_file(services, clip.id, kept, upload.blob_key)
    return Submission(await get_clip(services, clip.id), is_new)


async def _queue_what_is_left(session: AsyncSession, clip: Clip, *, now: datetime) -> bool:
    """Queue what nobody is about to do: all of a new clip, and of one that is there what was given up."""
    if clip.state is not ClipState.ANALYZED:
        job = await outbox.find_job(session, StepName.ANALYZE, clip.id)
        if clip.state is not ClipState.FAILED and job is not None and job.state is not JobState.BURIED:
            return False
        await clips.mark_stored(session, clip.id)
        await put_analyze_job(session, clip, now=now)
        return True
    job = await outbox.find_job(session, StepName.HEAR, clip.id)
    if job is None or job.state is not JobState.BURIED:
        return False
    await clips.mark_unheard(session, clip.id)
    await put_hear_job(session, clip, now=now)
    return True


async def _keep_one_file(services: Services, clip_id: str, kept: str | None, sent: str) -> None:
    """Of the file that was kept and the same one sent again, delete the one that the clip does not need."""
    if kept is None or not await services.threads.run(services.blobs.exists, kept):
        async with services.database.unit_of_work() as session:
            await clips.replace_file(session, clip_id, sent)
    clip = await get_clip(services, clip_id)
    for key in {kept, sent} - {clip.blob_key}:
        if key is not None:
            await services.threads.run(services.blobs.delete, key)


async def get_clip(services: Services, clip_id: str) -> Clip:
    """The clip as it is now. Raises NotFound."""
    async with services.database.reading() as session:
        return await clips.get_clip(session, clip_id)


async def wait_for_clip(services: Services, clip_id: str, *, timeout_s: float, closing: asyncio.Event) -> Clip:
    """The clip once it is seen and heard or has failed, or as it is after `timeout_s` or when `closing` is set.

    It looks whenever this process has done something about a job, and now and then, since the worker may be another
    process. Raises NotFound.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    with services.database.subscribed(outbox.TOPIC) as news:
        while True:
            news.clear()
            clip = await get_clip(services, clip_id)
            left_s = deadline - asyncio.get_running_loop().time()
            if is_done(clip) or left_s <= 0 or closing.is_set():
                return clip
            await _wait_for_either(news, closing, timeout_s=min(_LOOK_S, left_s))
            await asyncio.sleep(min(_REST_S, left_s))


async def _wait_for_either(*events: asyncio.Event, timeout_s: float) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


def is_done(clip: Clip) -> bool:
    """Whether nothing more is expected of the clip: it was seen and heard, or as far as it could be."""
    return clip.state in (ClipState.ANALYZED, ClipState.FAILED) and clip.listening is not Listening.PENDING


async def delete_clip(services: Services, clip_id: str) -> None:
    """Delete a clip with its events, alerts, jobs and files. Raises NotFound."""
    async with services.database.unit_of_work() as session:
        blob_keys = await clips.delete_clip(session, clip_id)
        await doom_files(session, blob_keys)
    try:
        await delete_doomed(services)
    except FilesUnreachable as error:  # they are doomed: the next purge deletes them
        log.warning("clip.files_left", clip_id=clip_id, reason=str(error))
    log.info("clip.deleted", clip_id=clip_id, files=len(blob_keys))
