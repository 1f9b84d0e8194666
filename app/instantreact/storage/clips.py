"""Clips: stored once per identity, analyzed, deleted with all that follows from them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import Notify
from instantreact.domain.media import ClipInfo, ClipState, Listening
from instantreact.errors import NotFound
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.removing import delete_jobs_about
from instantreact.storage.tables import Clip, Event, Job

_PACE_CLIPS = 10


MP4 = "mov"
"""What the container of an MP4 file is called first."""


@dataclass(frozen=True)
class NewClip:
    """A video file that was just stored under `blob_key`, which belongs to this clip alone, and probed."""

    sha256: str
    filename: str
    size_bytes: int
    blob_key: str
    info: ClipInfo
    camera_id: str | None = None
    recorded_at: datetime | None = None
    notify: Notify = Notify.AUTO

    @property
    def identity(self) -> str:
        """What makes two uploads the same clip: bytes, camera and time recorded."""
        recorded = self.recorded_at.timestamp() if self.recorded_at else ""
        return f"{self.sha256}:{self.camera_id or ''}:{recorded}"


async def insert_or_find(session: AsyncSession, new: NewClip, *, now: datetime) -> tuple[Clip, bool]:
    """The clip of this identity, and whether it is new. When it is not, `new.blob_key` is the caller's to remove."""
    row = Clip(
        identity=new.identity,
        sha256=new.sha256,
        camera_id=new.camera_id,
        recorded_at=new.recorded_at,
        filename=new.filename,
        size_bytes=new.size_bytes,
        blob_key=new.blob_key,
        info=new.info,
        notify=new.notify,
        submitted_at=now,
    )
    is_new = await insert_unless_there(session, row)
    clip = (await session.scalars(select(Clip).where(Clip.identity == new.identity))).one()
    return clip, is_new


async def find_clip(session: AsyncSession, clip_id: str) -> Clip | None:
    """The clip as it is in the database now."""
    return await session.get(Clip, clip_id, populate_existing=True)


async def get_clip(session: AsyncSession, clip_id: str) -> Clip:
    """Raises NotFound."""
    clip = await find_clip(session, clip_id)
    if clip is None:
        raise NotFound("clip", clip_id)
    return clip


async def find_footage(session: AsyncSession, event: Event) -> tuple[str, str] | None:
    """The key and the container of what shows an event moving: its evidence, or the upload that it was seen in."""
    if event.evidence_key is not None:
        return event.evidence_key, MP4
    clip = await session.get(Clip, event.clip_id) if event.clip_id else None
    if clip is None or clip.blob_key is None:
        return None
    return clip.blob_key, clip.info.container.split(",")[0] if clip.info else ""


async def list_clips(
    session: AsyncSession,
    *,
    state: ClipState | None = None,
    camera_id: str | None = None,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
) -> list[Clip]:
    """Newest submission first."""
    statement = newest_first(select(Clip), Clip.submitted_at, Clip.id, after=after, limit=limit)
    if state is not None:
        statement = statement.where(Clip.state == state)
    if camera_id is not None:
        statement = statement.where(Clip.camera_id == camera_id)
    return list(await session.scalars(statement))


async def list_progress(session: AsyncSession, clip_ids: Collection[str]) -> dict[str, float]:
    """How much of each of these clips is analyzed, 0..1."""
    found = await session.execute(select(Clip.id, Clip.progress).where(Clip.id.in_(clip_ids)))
    return dict(iter(found))


async def measure_pace(session: AsyncSession) -> float | None:
    """Seconds that a second of footage took in the latest analyses; None when there was none."""
    latest = await list_clips(session, state=ClipState.ANALYZED, limit=_PACE_CLIPS)
    footage_s = sum(clip.info.duration_s for clip in latest if clip.info)
    took_s = sum(clip.timings_ms.get("total", 0.0) for clip in latest if clip.info) / 1000
    return took_s / footage_s if footage_s and took_s else None


async def mark_analyzing(session: AsyncSession, clip_id: str) -> None:
    """Analysis has begun, or begun again."""
    await _update(session, clip_id, state=ClipState.ANALYZING, error=None)


async def set_progress(session: AsyncSession, clip_id: str, progress: float) -> None:
    """How much of the clip is analyzed, 0..1."""
    await _update(session, clip_id, progress=progress)


async def mark_analyzed(
    session: AsyncSession,
    clip_id: str,
    *,
    timings_ms: dict[str, float],
    warning: str | None,
    now: datetime,
) -> None:
    """The whole clip is analyzed; `warning` says what of it could not be used."""
    await _update(
        session,
        clip_id,
        state=ClipState.ANALYZED,
        progress=1.0,
        timings_ms=timings_ms,
        warning=warning,
        error=None,
        analyzed_at=now,
    )


async def mark_heard(
    session: AsyncSession, clip_id: str, listening: Listening, *, timings_ms: dict[str, float]
) -> None:
    """The listening to the clip's sound has come so far; `timings_ms` of it join those of the analysis."""
    clip = await session.get(Clip, clip_id, populate_existing=True, with_for_update=True)
    if clip is None:
        raise NotFound("clip", clip_id)
    clip.listening = listening
    clip.timings_ms = {**clip.timings_ms, **{stage: ms for stage, ms in timings_ms.items() if stage != "total"}}
    await session.flush()


async def mark_failed(
    session: AsyncSession,
    clip_id: str,
    error: str,
    *,
    warning: str | None = None,
    listening: Listening = Listening.OFF,
) -> None:
    """Given up, for the reason `error`; `warning` says what is there all the same."""
    await _update(session, clip_id, state=ClipState.FAILED, error=error, warning=warning, listening=listening)


async def mark_stored(session: AsyncSession, clip_id: str) -> None:
    """Back to the start: a failed clip that is to be analyzed again."""
    fresh = {"progress": 0.0, "warning": None, "error": None, "listening": Listening.PENDING}
    await _update(session, clip_id, state=ClipState.STORED, **fresh)


async def mark_unheard(session: AsyncSession, clip_id: str) -> None:
    """Its sound is to be listened to, or once more."""
    await _update(session, clip_id, listening=Listening.PENDING)


async def replace_file(session: AsyncSession, clip_id: str, blob_key: str) -> None:
    """The same bytes lie under another key from now on; the one before is the caller's to remove."""
    await _update(session, clip_id, blob_key=blob_key)


async def delete_clip(session: AsyncSession, clip_id: str) -> list[str]:
    """Delete the clip with its events, alerts, deliveries and jobs; a job that runs finds its lease lost.

    Returns the keys of the blobs to remove once this is committed. Raises NotFound.
    """
    clip = await get_clip(session, clip_id)
    kept = select(Event.snapshot_key, Event.evidence_key).where(Event.clip_id == clip_id)
    blob_keys = [key for keys in ([clip.blob_key], *await session.execute(kept)) for key in keys if key]
    await delete_jobs_about(session, select(Event.id).where(Event.clip_id == clip_id))
    await session.execute(delete(Job).where(Job.subject == clip_id))
    await session.execute(delete(Clip).where(Clip.id == clip_id))
    return blob_keys


async def _update(session: AsyncSession, clip_id: str, **values: Any) -> None:
    statement = update(Clip).where(Clip.id == clip_id).values(**values).returning(Clip.id)
    if (await session.execute(statement)).first() is None:
        raise NotFound("clip", clip_id)
