"""Fifty faults in a row: the camera comes back each time, and nothing is left behind."""

import gc
import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from instantreact.domain.camera import CameraState
from instantreact.ingest.watcher import Watcher
from tests.ingest.watching import Handed, make_camera, shared_tools, wait_for_state, watching
from tests.media.live_footage import write_clip
from tests.servers.rtsp import OddPort, RtspServer, repeat_clip, say_garbage, say_nothing

FAULTS = 50
SEED = 20261122


def be_killed(server: RtspServer, watcher: Watcher) -> None:
    server.kill()
    wait_for_state(watcher, CameraState.LOST)
    server.start()


def freeze(server: RtspServer, watcher: Watcher) -> None:
    server.freeze()
    wait_for_state(watcher, CameraState.LOST)
    server.thaw()


def hiccup(server: RtspServer, watcher: Watcher) -> None:
    server.freeze()
    time.sleep(0.2)
    server.thaw()


def be_restarted(server: RtspServer, watcher: Watcher) -> None:
    server.kill()
    server.start()


def be_silent(server: RtspServer, watcher: Watcher) -> None:
    server.kill()
    with OddPort(say_nothing, server.port):
        wait_for_state(watcher, CameraState.LOST)
    server.start()


def be_garbage(server: RtspServer, watcher: Watcher) -> None:
    server.kill()
    with OddPort(say_garbage, server.port):
        wait_for_state(watcher, CameraState.LOST)
    server.start()


KINDS: list[Callable[[RtspServer, Watcher], None]] = [
    be_killed, freeze, hiccup, be_restarted, be_silent, be_garbage,
]  # fmt: skip


def count_pictures(watcher: Watcher) -> float:
    return watcher.report().numbers["pictures"]


def wait_for_pictures(watcher: Watcher, count: int) -> None:
    """The camera is live again, which is more than a state: new pictures come."""
    wait_for_state(watcher, CameraState.LIVE)
    before, deadline_s = count_pictures(watcher), time.monotonic() + 10
    while count_pictures(watcher) < before + count:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_watcher_leaves_nothing_behind_after_fifty_faults(tmp_path: Path) -> None:
    chosen = random.Random(SEED)
    footage = repeat_clip(write_clip(tmp_path / "box.mp4", sound=True), tmp_path, times=60, sound=True)
    this, sizes = psutil.Process(), []
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer(footage))
        tools = stack.enter_context(shared_tools(Handed(forgets=True)))
        watcher = stack.enter_context(watching(tools, make_camera(server.url, hears=True)))
        wait_for_pictures(watcher, 3)
        threads, files = threading.active_count(), this.num_fds()
        for _ in range(FAULTS):
            chosen.choice(KINDS)(server, watcher)
            wait_for_pictures(watcher, 2)
            sizes.append(this.memory_info().rss)
        gc.collect()
        assert threading.active_count() <= threads  # one of an earlier test may have ended meanwhile
        assert this.num_fds() <= files + 1
    early, late = max(sizes[8:16]), sizes[-1]
    assert late < early + 20_000_000
