"""Clips of this deployment's own storage, whether it runs or not."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.media import ClipState
from instantreact.labelling.remote import StoredFilter
from instantreact.labelling.sources import AnsweredAlert, FootageKind, FoundClip, judge_answers
from instantreact.pipeline.services import Services
from instantreact.storage.alerts import AlertFilter, list_alerts
from instantreact.storage.clips import find_footage, list_clips
from instantreact.storage.names import find_ids
from instantreact.storage.paging import PAGE_SIZE, Cursor
from instantreact.storage.tables import Alert, Camera, Clip, Event


class StoredClips:
    """What was found in the storage; `find_stored` looks."""

    def __init__(self, services: Services, found: Sequence[FoundClip]) -> None:
        self._services = services
        self._found = found

    def find(self) -> Sequence[FoundClip]:
        return self._found

    @contextmanager
    def fetch(self, found: FoundClip, folder: Path) -> Iterator[Path]:
        """Raises NotFound, FileMissing or FilesUnreachable."""
        with self._services.blobs.local_file(found.key) as path:
            yield path


async def find_stored(services: Services, wanted: StoredFilter) -> StoredClips:
    """Raises InvalidInput for a camera that there is not."""
    async with services.database.reading() as session:
        names = {row.id: row.name for row in await session.scalars(select(Camera))}
        ids = await find_ids(session, Camera, wanted.cameras) if wanted.cameras else [None]
        find = _find_alerts if wanted.kind is FootageKind.ALERTS else _find_uploads
        found = [each for camera_id in ids for each in await find(session, wanted, camera_id, names)]
    return StoredClips(services, found)


async def _find_alerts(
    session: AsyncSession, wanted: StoredFilter, camera_id: str | None, names: Mapping[str, str]
) -> list[FoundClip]:
    by_event: dict[str, tuple[Event, list[AnsweredAlert]]] = {}
    async for alert in _list_alerts(session, wanted, camera_id):
        if alert.event is not None and alert.rule_id is not None:
            evidence = getattr(alert.happening, "evidence", ())
            concepts = tuple(each.what for each in evidence if each.kind == "concept")
            answered = by_event.setdefault(alert.event.id, (alert.event, []))[1]
            answered.append(AnsweredAlert(alert.state, alert.answered_by, concepts))
    found = [await _describe(session, event, alerts, wanted, names) for event, alerts in by_event.values()]
    return [each for each in found if each is not None]


async def _list_alerts(session: AsyncSession, wanted: StoredFilter, camera_id: str | None) -> AsyncIterator[Alert]:
    chosen = AlertFilter(state=wanted.state, camera_id=camera_id, since=wanted.since, until=wanted.until)
    after: Cursor | None = None
    while page := await list_alerts(session, chosen, after=after):
        for alert in page:
            yield alert
        after = Cursor(page[-1].raised_at, page[-1].id) if len(page) == PAGE_SIZE else None
        if after is None:
            return


async def _describe(
    session: AsyncSession,
    event: Event,
    alerts: Sequence[AnsweredAlert],
    wanted: StoredFilter,
    names: Mapping[str, str],
) -> FoundClip | None:
    footage = await find_footage(session, event)
    if footage is None:
        return None
    label, why = judge_answers(alerts)
    camera_id = event.camera_id if event.camera_id in names else None
    scene = names[camera_id] if camera_id else wanted.scene
    return FoundClip(
        f"event:{event.id}", camera_id, scene,
        f"{scene or 'an unknown camera'}, alert of {event.occurred_at:%Y-%m-%dT%H:%M:%SZ}", footage[0], label, why,
        event.caption, _find_seconds(event),
    )  # fmt: skip


def _find_seconds(event: Event) -> tuple[float, float] | None:
    """Where an event is in what shows it; None where that was not written down."""
    if event.evidence_key is None:
        return event.start_s, event.end_s
    if event.evidence_since is None:
        return None
    start_s = (event.occurred_at - event.evidence_since) / timedelta(seconds=1)
    return start_s, start_s + event.end_s - event.start_s


async def _find_uploads(
    session: AsyncSession, wanted: StoredFilter, camera_id: str | None, names: Mapping[str, str]
) -> list[FoundClip]:
    rows: list[Clip] = []
    while page := await list_clips(
        session,
        state=ClipState.ANALYZED,
        camera_id=camera_id,
        after=Cursor(rows[-1].submitted_at, rows[-1].id) if rows else None,
    ):
        rows += page
    return [
        FoundClip(
            f"clip:{clip.id}", clip.camera_id, names.get(clip.camera_id or "") or wanted.scene,
            f"{names.get(clip.camera_id or '', 'an unknown camera')}, {clip.filename or clip.id}", clip.blob_key,
            pieces=wanted.pieces,
        )
        for clip in rows
        if clip.blob_key is not None and wanted.covers(clip.recorded_at or clip.submitted_at)
    ]  # fmt: skip
