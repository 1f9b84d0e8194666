"""One watched camera against a real RTSP server: what it hands over, and how it lives through faults."""

import io
import threading
import time
from datetime import timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from instantreact.clock import SystemClock
from instantreact.domain.camera import CameraState, Mask, Point, Zone
from instantreact.errors import StreamLost
from instantreact.ingest.state import BackAfter, LostFor
from instantreact.ingest.watched import HeardLive, SeenLive
from instantreact.ingest.watcher import Watcher
from tests.ingest.cheap_model import PLAN
from tests.ingest.speaking import add_speech
from tests.ingest.watching import (
    PATIENCE,
    Handed,
    make_camera,
    shared_tools,
    wait_for_state,
    wait_until,
    watching,
    watching_at,
)
from tests.media.live_footage import CLOCKS_APART, HEIGHT, WIDTH, draw_box, part_clocks, write_clip
from tests.servers.dropping import DroppingPort
from tests.servers.mjpeg import MjpegServer
from tests.servers.rtsp import OddPort, RtspServer, repeat_clip, say_garbage, say_nothing
from tests.servers.snapshots import SnapshotServer

EVERYWHERE = (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1))
LEFT = (Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1))


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    return repeat_clip(write_clip(folder / "box.mp4"), folder, times=60)


@pytest.fixture(scope="module")
def still_footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("still")
    return repeat_clip(write_clip(folder / "room.mp4", moving=False), folder, times=60)


def test_watcher_hands_over_what_moves_as_windows_with_a_picture(footage: Path) -> None:
    handed = Handed()
    camera_zone = Zone("all", EVERYWHERE)
    with RtspServer(footage) as server, watching_at(server.url, handed, zones=(camera_zone,)) as watcher:
        wait_until(lambda: len(handed.seen) >= 3)
        assert watcher.report().state is CameraState.LIVE
        wait_until(lambda: watcher.report().numbers["fps"] > 5)
        assert watcher.latest is not None
        assert watcher.latest.bgr().shape == (HEIGHT, WIDTH, 3)
    first = handed.seen[0]
    assert first.observation.concepts["fight"] > 0
    assert first.observation.zones == {"all": 1.0}
    indexes = [seen.observation.window.index for seen in handed.seen]
    assert indexes == sorted(set(indexes))
    shown = cv2.imdecode(np.frombuffer(first.picture.jpeg(), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (HEIGHT, WIDTH, 3)
    assert watcher.report().numbers["windows_analyzed"] >= 3


def test_watcher_dates_nothing_later_than_it_was_handed_over(footage: Path) -> None:
    lateness_s: list[float] = []

    class Timed(Handed):
        def take(self, handed: SeenLive | HeardLive) -> None:
            super().take(handed)
            if isinstance(handed, SeenLive):
                last_sample_s = handed.observation.window.end_s - 1 / PLAN.rate_hz
                ended_at = handed.opened.started_at + timedelta(seconds=last_sample_s)
                lateness_s.append((SystemClock().now() - ended_at).total_seconds())

    # While a stream is being opened its first pictures wait, and then come all at once.
    with RtspServer(footage) as server, watching_at(server.url, Timed()):
        wait_until(lambda: len(lateness_s) >= 3)
    assert all(-0.1 < late_s < 2.0 for late_s in lateness_s[1:]), lateness_s


def test_watcher_hands_over_nothing_of_a_still_scene(still_footage: Path) -> None:
    handed = Handed()
    with RtspServer(still_footage) as server, watching_at(server.url, handed) as watcher:
        wait_until(lambda: watcher.report().numbers["pictures"] >= 45)
        assert watcher.report().numbers["windows_analyzed"] == 0
    assert handed.seen == []


def test_watcher_hands_over_nothing_that_moves_under_a_mask_only(footage: Path) -> None:
    handed = Handed()
    with RtspServer(footage) as server, watching_at(server.url, handed, masks=(Mask(EVERYWHERE),)) as watcher:
        wait_until(lambda: watcher.report().numbers["pictures"] >= 45)
        assert watcher.latest is not None
        assert watcher.latest.bgr().max() == 0
    assert handed.seen == []


def test_watcher_cuts_evidence_that_shows_the_moment(footage: Path) -> None:
    handed = Handed()
    with RtspServer(footage) as server, watching_at(server.url, handed) as watcher:
        wait_until(lambda: len(handed.seen) >= 2)
        window = handed.seen[1].observation.window
        clip = watcher.want_clip(handed.seen[1].opened.connection, window.start_s, window.end_s).result(10)
        with pytest.raises(StreamLost):
            watcher.want_clip("another", 0, 1).result(1)
    assert clip.coded_anew is None
    assert clip.start_s <= window.start_s
    assert clip.end_s >= window.end_s
    with av.open(io.BytesIO(clip.mp4), "r") as container:
        pictures = list(container.decode(video=0))
    assert pictures[0].key_frame
    assert len(pictures) >= 25
    first, last = (pictures[index].to_ndarray(format="gray").astype(np.int16) for index in (0, -1))
    assert np.abs(first - last).mean() > 2


def test_watcher_cuts_evidence_with_its_seconds_and_its_sound_though_the_sound_has_another_clock(
    tmp_path: Path,
) -> None:
    drawn = write_clip(tmp_path / "box.mp4", seconds=4, sound=True)
    apart = part_clocks(drawn, tmp_path / "apart.mkv", CLOCKS_APART["ahead"])
    handed = Handed()
    with watching_at(f"file:{apart}", handed, folder=tmp_path, hears=True) as watcher:
        wait_until(lambda: len(handed.seen) >= 3)
        window = handed.seen[2].observation.window
        answer = watcher.want_clip(handed.seen[2].opened.connection, window.start_s, window.end_s)
        clip = answer.result(10)
    assert clip.start_s <= window.start_s - 0.4
    assert clip.end_s >= window.end_s + 0.4
    with av.open(io.BytesIO(clip.mp4), "r") as container:
        sound_s = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert sound_s >= 0.8 * (clip.end_s - clip.start_s)


def test_watcher_gives_what_it_has_of_a_clip_when_the_camera_dies(footage: Path) -> None:
    handed = Handed()
    with RtspServer(footage) as server, watching_at(server.url, handed) as watcher:
        wait_until(lambda: len(handed.seen) >= 1)
        window = handed.seen[0].observation.window
        answer = watcher.want_clip(handed.seen[0].opened.connection, window.start_s, window.end_s + 60)
        server.kill()
        assert answer.result(10).end_s >= window.end_s - 0.3
        wait_for_state(watcher, CameraState.LOST)


def test_watcher_recovers_from_each_fault_by_itself(footage: Path) -> None:
    with RtspServer(footage) as server, watching_at(server.url, Handed()) as watcher:
        wait_for_state(watcher, CameraState.LIVE)
        server.kill()
        wait_for_state(watcher, CameraState.LOST)
        for odd in (say_nothing, say_garbage):
            with OddPort(odd, server.port):
                said = "did not answer" if odd is say_nothing else "RTSP"
                wait_until(lambda words=said: words in (watcher.report().error or ""))  # type: ignore[misc]
        server.start()
        wait_for_state(watcher, CameraState.LIVE)
        assert watcher.report().error is None
        server.freeze()
        wait_for_state(watcher, CameraState.LOST)
        server.thaw()
        wait_for_state(watcher, CameraState.LIVE)


def test_watcher_opens_a_camera_again_at_once_that_hangs_up_now_and_then(footage: Path) -> None:
    with (
        RtspServer(footage) as server,
        DroppingPort(server.port, every_s=0.7) as port,
        watching_at(f"rtsp://127.0.0.1:{port.port}/stream1", Handed()) as watcher,
    ):
        wait_until(lambda: port.opened >= 3)
        before = watcher.report().numbers["pictures"]
        wait_until(lambda: watcher.report().numbers["pictures"] > before)
        assert watcher.report().numbers["failures"] == 0


def test_watcher_does_not_open_a_camera_in_a_tight_loop_that_gives_one_picture_and_hangs_up() -> None:
    with MjpegServer(most_pictures=1) as server, watching_at(server.url, Handed()) as watcher:
        wait_until(lambda: watcher.report().numbers["pictures"] >= 5)
        began_s, before = time.monotonic(), server.opened
        wait_until(lambda: server.opened >= before + 5)
        assert time.monotonic() - began_s >= 5 * 0.9 * PATIENCE.spacing_s
        assert watcher.report().numbers["failures"] == 0


def test_watcher_tells_once_that_a_camera_is_lost_and_back(footage: Path) -> None:
    facts: list[object] = []
    with RtspServer(footage) as server, watching_at(server.url, Handed()) as watcher:

        def settle() -> int:
            fact = watcher.settle(SystemClock().now())
            if fact:
                facts.append(fact)
            return len(facts)

        wait_for_state(watcher, CameraState.LIVE)
        server.kill()
        wait_until(lambda: settle() == 1)
        server.start()
        wait_until(lambda: settle() == 2)
    lost, back = facts
    assert isinstance(lost, LostFor)
    assert isinstance(back, BackAfter)
    assert back.since == lost.since
    assert back.gap_s > 0.5


def test_watcher_stops_when_its_lease_no_longer_holds(footage: Path) -> None:
    holds = threading.Event()
    holds.set()
    with RtspServer(footage) as server, shared_tools(Handed()) as tools:
        watcher = Watcher(make_camera(server.url), tools, may_watch=holds.is_set)
        wait_for_state(watcher, CameraState.LIVE)
        holds.clear()
        wait_until(lambda: not watcher.is_running)
        watcher.join()
    assert watcher.report().state is CameraState.STOPPED


def test_watcher_shows_nothing_of_what_arrives_after_its_lease() -> None:
    """A process that was frozen: the first picture after it thaws is dated now, when somebody else is watching."""
    handed, holds = Handed(), threading.Event()
    holds.set()
    with shared_tools(handed) as tools:
        watcher = Watcher(make_camera("push:"), tools, may_watch=holds.is_set)
        for index in range(30):
            watcher.pushed.put(cv2.imencode(".jpg", draw_box(10 + index * 4)[..., ::-1])[1].tobytes())
            threading.Event().wait(1 / 25)
        wait_until(lambda: len(handed.seen) >= 1)
        holds.clear()
        ended_at = SystemClock().now()
        threading.Event().wait(0.3)  # less than a pushed camera may be silent, and more than a window's step
        watcher.pushed.put(cv2.imencode(".jpg", draw_box(200)[..., ::-1])[1].tobytes())
        wait_until(lambda: not watcher.is_running)
        watcher.join()
    assert watcher.was_fenced
    # A window ends with the grid's step that its last picture lies in.
    latest = max(seen.opened.started_at + timedelta(seconds=seen.observation.window.end_s) for seen in handed.seen)
    assert latest <= ended_at + timedelta(seconds=1 / PLAN.rate_hz)


def test_watcher_ends_with_its_file(tmp_path: Path) -> None:
    handed = Handed()
    clip = write_clip(tmp_path / "box.mp4", seconds=2)
    with shared_tools(handed, folder=tmp_path) as tools, watching(tools, make_camera(f"file:{clip}")) as watcher:
        wait_until(lambda: not watcher.is_running)
        wait_until(lambda: len(handed.seen) >= 2)
    assert watcher.report().state is CameraState.STOPPED
    assert handed.seen[-1].observation.window.end_s == pytest.approx(2.0, abs=0.3)


def test_watcher_takes_pushed_frames() -> None:
    handed = Handed()
    with shared_tools(handed) as tools, watching(tools, make_camera("push:")) as watcher:
        for index in range(60):
            watcher.pushed.put(cv2.imencode(".jpg", draw_box(10 + index * 4)[..., ::-1])[1].tobytes())
            threading.Event().wait(1 / 25)
        assert watcher.report().state is CameraState.LIVE
        wait_until(lambda: len(handed.seen) >= 1)
        wait_for_state(watcher, CameraState.LOST)


def test_watcher_watches_a_camera_that_has_snapshots_alone_and_keeps_its_evidence() -> None:
    handed = Handed()
    with SnapshotServer() as server, watching_at(server.url, handed) as watcher:
        wait_until(lambda: len(handed.seen) >= 2)
        window = handed.seen[1].observation.window
        answer = watcher.want_clip(handed.seen[1].opened.connection, window.start_s, window.end_s)
        server.faults.extend(["busy", "cut"])
        clip = answer.result(10)
        assert watcher.report().state is CameraState.LIVE
        server.faults.extend(["busy"] * 100)
        wait_for_state(watcher, CameraState.LOST)
        assert "503" in (watcher.report().error or "")
    with av.open(io.BytesIO(clip.mp4), "r") as container:
        assert len(list(container.decode(video=0))) >= 5


@pytest.mark.data
def test_watcher_hands_over_what_is_said_though_nothing_moves(data_dir: Path, tmp_path: Path) -> None:
    handed = Handed()
    silent = write_clip(tmp_path / "room.mp4", moving=False, seconds=5)
    spoken = tmp_path / "spoken.mp4"
    speech = min((data_dir / "speech").glob("*.wav"))
    add_speech(silent, speech, spoken)
    with watching_at(f"file:{spoken}", handed, folder=tmp_path, hears=True) as watcher:
        wait_until(lambda: not watcher.is_running, 20)
    assert handed.seen == []
    assert handed.heard
    heard = handed.heard[0]
    assert heard.utterance.duration_s > 0.3
    assert heard.moment.window.end_s >= heard.utterance.start_s
    assert heard.moment.samples
