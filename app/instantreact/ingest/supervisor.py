"""Which cameras this process watches: claims leases, keeps them, starts and stops watchers as cameras change.

A watcher sees only while its lease holds, by this process's own clock: one that was frozen for longer than the lease
stops by itself before it shows anything, because somebody else may be watching by then.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError

from instantreact.domain.camera import Outage, SpeechMode
from instantreact.domain.rule import Criteria
from instantreact.errors import Conflict, InvalidInput, Misconfigured, StorageBusy, StorageFull
from instantreact.ingest.inbox import Inbox
from instantreact.ingest.looking import LookDemand, find_demand
from instantreact.ingest.minutes import UnwrittenMinutes
from instantreact.ingest.outage import UntoldFacts
from instantreact.ingest.watched import HeardLive, SeenLive, WatchedCamera, WatchTools
from instantreact.ingest.watcher import Watcher
from instantreact.logs import get_logger
from instantreact.media.source import parse_source
from instantreact.pipeline.services import Services
from instantreact.storage.cameras import CAMERAS_CHANGED, get_camera, open_settings
from instantreact.storage.leases import (
    LeaseOwner,
    WatchReport,
    claim_lease,
    find_outage,
    list_unwatched_cameras,
    list_watchable,
    release_lease,
    renew_lease,
)
from instantreact.storage.rules import list_asked
from instantreact.storage.tables import Camera

log = get_logger(__name__)

_DEMAND_EVERY_S = 3.0
_DATABASE_FAILS = (SQLAlchemyError, OSError, StorageFull, StorageBusy)


@dataclass(eq=False)
class _Watching:
    """A camera whose lease is held.

    leased_until_s  until when the lease holds, on this process's monotonic clock
    is_wanted      whether the camera is to be watched at all; an outage of one that is not is nobody's concern
    ending         set while the watcher is being stopped; the lease is kept until it has
    """

    watcher: Watcher
    inbox: Inbox
    leased_until_s: list[float]
    is_wanted: bool = True
    ending: asyncio.Task[None] | None = None


class Supervisor:
    """Watches cameras until it is closed.

    make_tools   builds what watchers share, given where they hand over (called in their threads)
    max_cameras  how many cameras this process takes at most
    """

    def __init__(
        self,
        services: Services,
        owner: LeaseOwner,
        make_tools: Callable[[Callable[[SeenLive | HeardLive], None]], WatchTools],
        *,
        max_cameras: int,
    ) -> None:
        self._services = services
        self._lease_owner = owner
        self._max_cameras = max_cameras
        self._loop = asyncio.get_running_loop()
        self._tools = make_tools(self._take_from_thread)
        self._watching: dict[str, _Watching] = {}
        self._untold = UntoldFacts(services)
        self._unwritten = UnwrittenMinutes(services.database)
        self._changed = services.database.subscribe(CAMERAS_CHANGED)
        self._lock = asyncio.Lock()
        self._asked: list[tuple[Criteria, list[str] | None]] = []
        self._next_demand_s = 0.0

    async def run(self) -> None:
        """Watch until cancelled; then call `close`."""
        while True:
            try:
                await self.tick()
            except _DATABASE_FAILS as error:
                log.warning("ingest.database_failed", error=type(error).__name__)
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lease_owner.lease_s / 5):
                    await self._changed.wait()

    async def tick(self) -> None:
        """Renew, stop what is no longer ours, claim what nobody watches, tell who is lost. Called by `run`."""
        self._settle()
        await self._find_demands()
        async with self._lock:
            await self._keep()
            await self._claim()
        await self._unwritten.write_if_due()
        await self._untold.tell()

    async def close(self) -> None:
        """Stop every watcher, finish what was handed over, and give up every lease."""
        async with self._lock:
            for camera_id, watching in self._watching.items():
                self._begin_to_end(camera_id, watching)
            endings = [watching.ending for watching in self._watching.values() if watching.ending]
        await asyncio.gather(*endings, return_exceptions=True)
        await asyncio.to_thread(self._tools.batcher.close)
        await self._unwritten.write()
        try:
            await self._untold.tell()
        except _DATABASE_FAILS as error:
            log.warning("ingest.outages_untold", error=type(error).__name__)

    def find_watcher(self, camera_id: str) -> Watcher | None:
        """The camera's watcher, with its report, newest picture and slot for pushed frames; None when not ours."""
        watching = self._watching.get(camera_id)
        return watching.watcher if watching else None

    async def take_over(self, camera_id: str) -> Watcher:
        """Watch this camera here, whoever watched it before: frames are about to be pushed to this process.

        Raises NotFound, and Conflict when the camera is disabled.
        """
        async with self._lock:
            known = self.find_watcher(camera_id)
            if known is not None:
                return known
            async with self._services.database.unit_of_work() as session:
                row = await get_camera(session, camera_id)
                if not row.enabled:
                    raise Conflict("This camera is disabled.")
                now = self._services.clock.now()
                await claim_lease(session, camera_id, self._lease_owner, now=now, by_force=True)
                outage = await find_outage(session, camera_id)
            return self._start(self._read_camera(row), outage)

    async def _find_demands(self) -> None:
        """How often a detector is to look at each camera, as rules come and go."""
        if self._tools.detector() is None or time.monotonic() < self._next_demand_s:
            return
        self._next_demand_s = time.monotonic() + _DEMAND_EVERY_S
        async with self._services.database.reading() as session:
            self._asked = await list_asked(session)
        for camera_id, watching in self._watching.items():
            watching.watcher.demand = self._demand_of(camera_id)

    def _demand_of(self, camera_id: str) -> LookDemand:
        return find_demand(
            criteria for criteria, camera_ids in self._asked if camera_ids is None or camera_id in camera_ids
        )

    def _settle(self) -> None:
        """Note what is worth telling people of the cameras that are surely ours: others may see better than we do.

        And what is known of the last minutes of them all.
        """
        now, now_s = self._services.clock.now(), time.monotonic()
        for camera_id, watching in self._watching.items():
            watcher, is_ours = watching.watcher, now_s < watching.leased_until_s[0]
            fact = watcher.settle(now) if is_ours else None
            if fact is not None:
                self._untold.put(watcher.camera, fact)
            if is_ours and watcher.is_running:
                watcher.minutes.note_watched(now)
            else:
                watcher.minutes.note_unwatched()
            self._unwritten.put(camera_id, watcher.minutes.take())

    async def _keep(self) -> None:
        """Renew every lease; stop watching what is not ours any more, or not as it was."""
        if not self._watching:
            return
        began_s, now = time.monotonic(), self._services.clock.now()
        async with self._services.database.unit_of_work() as session:
            rows = {row.id: row for row in await list_watchable(session, list(self._watching))}
            renewed = {
                camera_id
                for camera_id, watching in self._watching.items()
                if await renew_lease(session, camera_id, self._lease_owner, self._report(watching), now=now)
            }
        for camera_id, watching in list(self._watching.items()):
            if camera_id in renewed:
                watching.leased_until_s[0] = began_s + self._lease_owner.lease_s
            watching.is_wanted = camera_id in rows
            if camera_id not in renewed or not self._is_as_before(rows.get(camera_id), watching.watcher):
                self._begin_to_end(camera_id, watching)

    def _report(self, watching: _Watching) -> WatchReport:
        """How it goes, its outage as people know it: if this process dies now, the next one tells what is untold."""
        report = watching.watcher.report()
        outage = self._untold.find_outage(watching.watcher.camera.id) or report.outage
        return replace(report, outage=outage if watching.is_wanted else None)

    def _is_as_before(self, row: Camera | None, watcher: Watcher) -> bool:
        if row is None or watcher.was_fenced:
            return False
        try:
            return self._read_camera(row) == watcher.camera
        except (InvalidInput, Misconfigured):
            return False

    async def _claim(self) -> None:
        room = self._max_cameras - len(self._watching)
        if room <= 0:
            return
        async with self._services.database.reading() as session:
            free = await list_unwatched_cameras(session, now=self._services.clock.now())
        # A renewal that waited for the database for longer than the lease leaves it run out, and the camera ours.
        for camera_id in [each for each in free if each not in self._watching][:room]:
            await self._claim_one(camera_id)

    async def _claim_one(self, camera_id: str) -> None:
        began_s, now = time.monotonic(), self._services.clock.now()
        async with self._services.database.unit_of_work() as session:
            rows = await list_watchable(session, [camera_id])
            if not rows or not await claim_lease(session, camera_id, self._lease_owner, now=now):
                return
            outage = await find_outage(session, camera_id)
        try:
            camera = self._read_camera(rows[0])
        except (InvalidInput, Misconfigured) as error:
            log.warning("camera.unreadable", camera_id=camera_id, reason=str(error))
            return
        self._start(camera, outage, began_s)

    def _start(self, camera: WatchedCamera, outage: Outage | None, began_s: float | None = None) -> Watcher:
        leased_until_s = [(time.monotonic() if began_s is None else began_s) + self._lease_owner.lease_s]
        watcher = Watcher(
            camera,
            self._tools,
            may_watch=lambda: time.monotonic() < leased_until_s[0],
            outage=outage,
            demand=self._demand_of(camera.id),
        )
        inbox = Inbox(self._services, self._tools.batcher, watcher.want_clip)
        self._watching[camera.id] = _Watching(watcher, inbox, leased_until_s)
        return watcher

    def _begin_to_end(self, camera_id: str, watching: _Watching) -> None:
        """Stop a watcher without waiting for it: the leases of the others must be renewed meanwhile."""
        watching.watcher.stop()
        if watching.ending is None:
            watching.ending = asyncio.create_task(self._end(camera_id, watching))

    async def _end(self, camera_id: str, watching: _Watching) -> None:
        """End the watcher first and give the lease up afterwards: two never watch the same camera."""
        await asyncio.to_thread(watching.watcher.join)
        self._unwritten.put(camera_id, watching.watcher.minutes.take())
        await asyncio.sleep(0)  # what the threads handed over last reaches the inbox before its end
        try:
            await watching.inbox.finish()
        except Exception:  # what cannot be filed must not keep the camera from being watched again
            log.exception("ingest.finish_failed", camera_id=camera_id)
        finally:
            del self._watching[camera_id]
        async with self._services.database.unit_of_work() as session:
            report = self._report(watching)
            await release_lease(session, camera_id, self._lease_owner, report, now=self._services.clock.now())
        self._changed.set()

    def _take_from_thread(self, handed: SeenLive | HeardLive) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody files any more
            self._loop.call_soon_threadsafe(self._put, handed)

    def _put(self, handed: SeenLive | HeardLive) -> None:
        watching = self._watching.get(handed.opened.camera.id)
        if watching is not None:
            watching.inbox.put(handed)

    def _read_camera(self, row: Camera) -> WatchedCamera:
        settings = open_settings(row, self._services.box)
        return WatchedCamera(
            id=row.id,
            name=settings.name,
            source=replace(parse_source(settings.source), login=settings.login),
            sensitivity=settings.sensitivity,
            zones=settings.zones,
            masks=settings.masks,
            hears=self._services.recognition.mode_of(settings.speech) is not SpeechMode.OFF,
        )
