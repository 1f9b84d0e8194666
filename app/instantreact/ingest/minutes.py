"""What was watched, seen and moving, minute by minute: noted by watchers, written for all cameras together.

What is written is joined with what is there, so that the same may be written twice, by two processes as well.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from instantreact.domain.minutes import UNKNOWN, Minute, list_seconds
from instantreact.errors import StorageBusy, StorageFull
from instantreact.logs import get_logger
from instantreact.storage.database import Database
from instantreact.storage.minutes import WRITTEN_EVERY_S, CameraMinutes, add_minutes

MOST_UNWRITTEN = 20_000
"""Minutes that wait for a database that fails: those of 16 cameras and 20 hours. Beyond that the oldest are lost."""

_AT_ONCE = 2_000
_ONE_STRETCH = timedelta(seconds=30)
"""Moments further apart are not of one: the clock was set, or the process stood still."""

_DATABASE_FAILS = (SQLAlchemyError, OSError, StorageFull, StorageBusy)

log = get_logger(__name__)


class WatchedMinutes:
    """What one watcher noted since it was asked last.

    `note_seen` is the watcher's thread's, the rest the supervisor's; none of them waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[int, Minute] = {}
        self._watched_at: datetime | None = None

    def note_watched(self, now: datetime) -> None:
        """The camera is watched, and was since this was said last. Say so about once a second."""
        self._note(self._watched_at, now, lambda seconds: Minute(watched=seconds))
        self._watched_at = now

    def note_unwatched(self) -> None:
        """Whether the camera is watched by us is not sure: from `note_watched` until the next one is not counted."""
        self._watched_at = None

    def note_seen(self, before: datetime | None, now: datetime, share: float) -> None:
        """A picture was looked at, `share` of it moved (0..1); `before` is when its connection's last one was."""
        self._note(before, now, lambda seconds: Minute(watched=seconds, seen=seconds))
        if share > 0:
            permille = min(1000, math.ceil(share * 1000))
            self._note(None, now, lambda second: Minute(moving=second, motion_permille=permille))

    def take(self) -> Mapping[int, Minute]:
        """What was noted, by minute; from here on it is noted anew."""
        with self._lock:
            taken, self._noted = self._noted, {}
        return taken

    def _note(self, before: datetime | None, now: datetime, make: Callable[[int], Minute]) -> None:
        is_stretch = before is not None and timedelta(0) <= now - before <= _ONE_STRETCH
        first = before if before is not None and is_stretch else now
        with self._lock:
            for minute, seconds in list_seconds(first, now):
                self._noted[minute] = self._noted.get(minute, UNKNOWN) | make(seconds)


class UnwrittenMinutes:
    """What all watchers of a process noted and is not in the database yet: one that fails for a while loses none."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._minutes: CameraMinutes = {}
        self._due_s = time.monotonic() + WRITTEN_EVERY_S

    def put(self, camera_id: str, noted: Mapping[int, Minute]) -> None:
        """Write this when its time comes."""
        for minute, known in noted.items():
            key = camera_id, minute
            self._minutes[key] = self._minutes.get(key, UNKNOWN) | known
        excess = len(self._minutes) - MOST_UNWRITTEN
        if excess > 0:
            log.error("minutes.lost", minutes=excess, reason="the database has taken none for too long")
            for oldest in sorted(self._minutes, key=lambda each: each[1])[:excess]:
                del self._minutes[oldest]

    async def write_if_due(self) -> None:
        """`write`, once in a while."""
        if time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + WRITTEN_EVERY_S
            await self.write()

    async def write(self) -> None:
        """Join all with what is in the database. What it does not take is kept for the next time."""
        waiting = list(self._minutes.items())
        try:
            for at in range(0, len(waiting), _AT_ONCE):
                await self._write(dict(waiting[at : at + _AT_ONCE]))
        except _DATABASE_FAILS as error:
            log.warning("minutes.late", minutes=len(self._minutes), error=type(error).__name__)

    async def _write(self, minutes: CameraMinutes) -> None:
        async with self._database.unit_of_work() as session:
            await add_minutes(session, minutes)
        for key, written in minutes.items():
            if self._minutes.get(key) == written:  # otherwise more was noted meanwhile: all of it is written again
                del self._minutes[key]
