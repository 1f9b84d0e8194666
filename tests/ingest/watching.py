"""A watcher with everything it needs, and what it handed over, waited for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from instantreact.clock import SystemClock
from instantreact.domain.camera import CameraState
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.state import Patience
from instantreact.ingest.watched import EvidenceLimits, HeardLive, SeenLive, WatchedCamera, WatchTools
from instantreact.ingest.watcher import Watcher
from instantreact.media.reach import ReachPolicy
from instantreact.media.source import parse_source
from instantreact.media.stream import StreamLimits
from tests.ingest.cheap_model import PLAN, describe, encode

LIMITS = StreamLimits(
    open_timeout_s=1.0,
    read_timeout_s=0.4,
    stall_timeout_s=0.8,
    max_lag_s=0.5,
    lag_patience_s=2.0,
    snapshot_every_s=0.1,
)
PATIENCE = Patience(first_retry_s=0.05, last_retry_s=0.2, spacing_s=0.2, alert_after_s=0.5, settle_s=0.2)
EVIDENCE = EvidenceLimits(before_s=0.5, after_s=0.5, kept_s=10.0)


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Return once `condition` holds; fail when it does not in time."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.01)


@dataclass
class Handed:
    """What watchers handed over; kept unless `forgets`, since every window holds a picture."""

    forgets: bool = False
    seen: list[SeenLive] = field(default_factory=list)
    heard: list[HeardLive] = field(default_factory=list)

    def take(self, handed: SeenLive | HeardLive) -> None:
        if self.forgets:
            return
        if isinstance(handed, SeenLive):
            self.seen.append(handed)
        else:
            self.heard.append(handed)


@contextmanager
def shared_tools(handed: Handed, *, folder: Path | None = None) -> Iterator[WatchTools]:
    batcher = FeatureBatcher(encode, describe)
    policy = ReachPolicy(file_folders=(folder,) if folder else ())
    yield WatchTools(PLAN, batcher, policy, LIMITS, PATIENCE, EVIDENCE, SystemClock(), handed.take)
    batcher.close()


@contextmanager
def watching(tools: WatchTools, camera: WatchedCamera) -> Iterator[Watcher]:
    watcher = Watcher(camera, tools, may_watch=lambda: True)
    try:
        yield watcher
    finally:
        watcher.stop()
        watcher.join()


@contextmanager
def watching_at(source: str, handed: Handed, *, folder: Path | None = None, **values: object) -> Iterator[Watcher]:
    """A watcher of a camera at `source`, with tools of its own."""
    with shared_tools(handed, folder=folder) as tools, watching(tools, make_camera(source, **values)) as watcher:
        yield watcher


def make_camera(source: str, **values: object) -> WatchedCamera:
    return WatchedCamera("c" * 32, "Door", parse_source(source), **values)  # type: ignore[arg-type]


def wait_for_state(watcher: Watcher, state: CameraState, timeout_s: float = 10.0) -> None:
    wait_until(lambda: watcher.report().state is state, timeout_s)
