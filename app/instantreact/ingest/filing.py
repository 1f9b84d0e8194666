"""Files what watchers see, through the same door as clips: events that grow, alerts, and evidence after them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

from instantreact.domain.media import Window
from instantreact.errors import MediaError, StorageFull
from instantreact.ingest.collapse import Growing, continues, find_sense
from instantreact.ingest.watched import Opened, SeenLive
from instantreact.logs import get_logger
from instantreact.media.segment import EvidenceClip
from instantreact.pipeline.observe import Origin, observe
from instantreact.pipeline.services import Services
from instantreact.storage import evidence

WantClip = Callable[[str, float, float], "Future[EvidenceClip]"]
"""`Watcher.want_clip`: connection, start and end in seconds on the stream's clock."""

log = get_logger(__name__)


def _origin_of(opened: Opened) -> Origin:
    return Origin(
        place=opened.camera.name,
        started_at=opened.started_at,
        notify=True,
        camera_id=opened.camera.id,
        connection=opened.connection,
    )


class Filing:
    """Files the windows of one camera, in the order they come."""

    def __init__(self, services: Services, want_clip: WantClip) -> None:
        self._services = services
        self._want_clip = want_clip
        self._growing: Growing | None = None
        self._cutting: set[asyncio.Task[None]] = set()

    async def file(self, seen: SeenLive) -> None:
        """File a window: as a new event, or as more of the last one. An alerted event gets its clip afterwards."""
        connection, window = seen.opened.connection, seen.observation.window
        growing = self._growing

        def find_growing(rule_ids: frozenset[str]) -> str | None:
            if growing is None:
                return None
            sense = find_sense(seen.observation, rule_ids)
            return growing.event_id if continues(growing, connection, seen.observation, sense) else None

        observed = await observe(
            self._services, _origin_of(seen.opened), seen.observation, seen.picture.jpeg, find_growing=find_growing
        )
        if growing is not None and growing.event_id == observed.event.id:
            self._growing = replace(growing, end_s=window.end_s)
        else:
            sense = find_sense(seen.observation, observed.rule_ids)
            self._growing = Growing(observed.event.id, connection, sense, window.start_s, window.end_s)
        if observed.alerts:
            self.ask_for_clip(observed.event.id, connection, window)

    def ask_for_clip(self, event_id: str, connection: str, window: Window) -> None:
        """Keep a clip of this stretch of the connection with the event; returns before it is cut."""
        answer = self._want_clip(connection, window.start_s, window.end_s)
        task = asyncio.create_task(self._attach_clip(event_id, answer))
        self._cutting.add(task)
        task.add_done_callback(self._cutting.discard)

    async def finish(self) -> None:
        """Wait for the clips that are being cut; the camera is no longer watched."""
        await asyncio.gather(*self._cutting)

    async def _attach_clip(self, event_id: str, answer: "Future[EvidenceClip]") -> None:
        try:
            clip = await asyncio.wrap_future(answer)
        except MediaError as error:
            log.warning("evidence.missing", event_id=event_id, reason=str(error))
            return
        try:
            await self._keep_clip(event_id, clip)
        except StorageFull as error:
            log.error("evidence.failed", event_id=event_id, reason=str(error))
        except Exception:  # what fails here must not end the watching
            log.exception("evidence.failed", event_id=event_id)

    async def _keep_clip(self, event_id: str, clip: EvidenceClip) -> None:
        services = self._services
        key = services.blobs.new_key("evidence", ".mp4")
        await services.threads.run(services.blobs.put, key, clip.mp4, keep_reserve=True)
        async with services.database.unit_of_work() as session:
            is_kept = await evidence.attach_clip(session, event_id, key)
        if not is_kept:
            await services.threads.run(services.blobs.delete, key)
        took_s = round(clip.end_s - clip.start_s, 1)
        log.info("evidence.kept", event_id=event_id, seconds=took_s, coded_anew=clip.coded_anew)
