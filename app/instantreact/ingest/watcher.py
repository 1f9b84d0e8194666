"""Watches one camera in a thread of its own: opens its stream, reads it, and after each failure tries again."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

from instantreact.domain.camera import CameraState, Outage
from instantreact.errors import MediaError, NotAllowed
from instantreact.ingest import state
from instantreact.ingest.connection import Connection, refuse_clip
from instantreact.ingest.looking import LookDemand
from instantreact.ingest.minutes import WatchedMinutes
from instantreact.ingest.state import Fact, Watch
from instantreact.ingest.watched import WatchedCamera, WatchTools
from instantreact.logs import get_logger
from instantreact.media.live_frame import LiveFrame
from instantreact.media.mask import FrameMask
from instantreact.media.open_stream import Opening, open_stream
from instantreact.media.push import PushSlot
from instantreact.media.segment import EvidenceClip
from instantreact.media.source import describe_source
from instantreact.storage.leases import WatchReport

log = get_logger(__name__)


class Watcher:
    """Starts at once. Its public methods may be called from any thread and return at once, but for `join`.

    may_watch  asked before anything that arrives is taken: whether the lease still holds
    outage     what went before and is not over
    pushed     where a `push:` camera's frames arrive
    """

    def __init__(
        self,
        camera: WatchedCamera,
        tools: WatchTools,
        *,
        may_watch: Callable[[], bool],
        outage: Outage | None = None,
        demand: LookDemand | None = None,
    ) -> None:
        self.camera = camera
        self.was_fenced = False
        """Whether the thread ended because the lease no longer held."""
        self.pushed = PushSlot(max_pixels=tools.limits.max_pixels)
        self.minutes = WatchedMinutes()
        self.demand = demand or LookDemand()
        """How often a detector is to look; may be set at any time."""
        self._tools = tools
        self._may_watch = may_watch
        self._lock = threading.Lock()
        self._watch: Watch = state.start(state.new_watch(tools.clock.now(), outage), tools.clock.now())
        self._stopped = threading.Event()
        self._slot = tools.batcher.open_slot()
        self._connection: Connection | None = None
        self._latest: LiveFrame | None = None
        self._last_frame_at: datetime | None = None
        self._pictures = 0
        self._counted = (time.monotonic(), 0)
        self._fps = 0.0
        self._thread = threading.Thread(target=self._run, name=f"instantreact-camera-{camera.id[:8]}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it does so within the read time-out."""
        self._stopped.set()

    def join(self) -> None:
        """Wait until the thread has ended; call `stop` first."""
        self._thread.join()
        self._tools.batcher.close_slot(self._slot)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives; a file that was played to its end is over."""
        return self._thread.is_alive()

    @property
    def latest(self) -> LiveFrame | None:
        """The newest picture, masked; None while the camera is not live."""
        return self._latest if self._watch.state is CameraState.LIVE else None

    def settle(self, now: datetime) -> Fact | None:
        """Something worth telling people about this camera's health, once. Call about once a second."""
        with self._lock:
            self._watch, fact = state.settle(self._watch, now, self._tools.patience)
            return fact

    def report(self) -> WatchReport:
        """How it goes; `fps` is the mean since the last call."""
        then_s, before = self._counted
        now_s, pictures = time.monotonic(), self._pictures
        if now_s - then_s >= 0.5:
            self._fps = (pictures - before) / (now_s - then_s)
            self._counted = (now_s, pictures)
        watch = self._watch
        numbers = {
            "fps": round(self._fps if watch.state is CameraState.LIVE else 0.0, 2),
            "pictures": pictures,
            "windows_analyzed": self._slot.analyzed,
            "windows_dropped": self._slot.dropped,
            "failures": watch.failures,
        }
        return WatchReport(watch.state, watch.since, self._last_frame_at, watch.reason, numbers, watch.outage)

    def want_clip(self, connection: str, start_s: float, end_s: float) -> Future[EvidenceClip]:
        """A clip of this stretch of the connection, once it has passed; StreamLost when the connection is over."""
        current = self._connection
        if current is None or current.id != connection:
            return refuse_clip("The stream that showed it is over.")
        return current.want_clip(start_s, end_s)

    def _run(self) -> None:
        while not self._stopped.is_set():
            reason = self._try()
            if reason is None:
                break
            with self._lock:
                self._watch = state.fail(self._watch, self._tools.clock.now(), reason, self._tools.patience)
                delay_s = state.retry_delay_s(self._watch, self._tools.patience, random.random())  # noqa: S311 jitter
            log.warning("camera.lost", camera_id=self.camera.id, reason=reason, retry_in_s=round(delay_s, 1))
            self._stopped.wait(delay_s)
        with self._lock:
            self._watch = state.stop(self._watch, self._tools.clock.now())

    def _try(self) -> str | None:
        """Open the stream and read it to its end; why it failed, None when it was stopped or is over."""
        try:
            self._read()
        except (MediaError, NotAllowed) as error:
            return str(error)
        except Exception:
            log.exception("camera.watcher_failed", camera_id=self.camera.id)
            return "An error in InstantReact; the log has its details."
        return None

    def _read(self) -> None:
        tools, camera = self._tools, self.camera
        opening = Opening(tools.policy, tools.limits, FrameMask(camera.masks), self._stopped)
        stream = open_stream(camera.source, opening, self.pushed)
        connection = Connection(camera, stream, tools, self._slot, self.minutes, lambda: self.demand)
        self._connection = connection
        log.info("camera.opened", camera_id=camera.id, source=describe_source(camera.source), connection=connection.id)
        try:
            connection.run(self._see, self._is_ours)
        finally:
            self._connection = self._latest = None
            stream.close()

    def _is_ours(self) -> bool:
        if self._may_watch():
            return True
        self.was_fenced = True
        self._stopped.set()
        return False

    def _see(self, frame: LiveFrame) -> None:
        self._latest = frame
        self._pictures += 1
        self._last_frame_at = self._tools.clock.now()
        if self._watch.state is not CameraState.LIVE:
            with self._lock:
                self._watch = state.see_picture(self._watch, self._last_frame_at)
            log.info("camera.live", camera_id=self.camera.id)
