"""How many 640x360 cameras at 15 frames a second this machine carries until windows are dropped.

    python -m benchmarks.cameras [--still N] [--busy N] [--seconds S] [--stride S] [--look SECONDS]

Without a number of cameras it tries more and more of each kind. Latencies run from a window's end to its description;
With `--look` the shipped detector looks so often while something moves, and every two seconds in stillness.
`benchmarks.alarms` measures on to the message. Cameras are RTSP streams from gst-rtsp-server on this machine, whose
own work is measured apart. The footage is real where there is any (`INSTANTREACT_DATA`), drawn where there is none.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
from tests.conftest import DATA_DIR
from tests.servers.rtsp import RtspServer

from instantreact.clock import SystemClock
from instantreact.inference.bundle import load_bundle
from instantreact.inference.captioner import Captioner
from instantreact.inference.detector.deployed import DetectorLoader
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.looking import STILL_S, LookDemand
from instantreact.ingest.state import Patience
from instantreact.ingest.watched import EvidenceLimits, HeardLive, SeenLive, WatchedCamera, WatchTools
from instantreact.ingest.watcher import Watcher
from instantreact.logs import configure_logs
from instantreact.media.reach import ReachPolicy
from instantreact.media.source import parse_source
from instantreact.media.stream import StreamLimits
from instantreact.model_wiring import SHIPPED_BUNDLE, SHIPPED_DETECTOR
from instantreact_demo.drawing import draw_clip

SIZE, FPS = "640:360", 15
WARM_UP_S = 6.0
DROPPED_SHARE = 0.02


@dataclass
class Load:
    """What one run measured. `cpu` in cores of this process, the model and everything else included."""

    still: int
    busy: int
    cpu: float = 0.0
    servers_cpu: float = 0.0
    analyzed: float = 0.0
    dropped: float = 0.0
    fps: float = 0.0
    latencies_s: list[float] = field(default_factory=list)

    @property
    def dropped_share(self) -> float:
        """Windows dropped, of those due."""
        return self.dropped / max(1.0, self.analyzed + self.dropped)


def code_footage(clips: Sequence[Path], target: Path, *, seconds: float) -> Path:
    """The clips in a row, again and again, as one H.264 file of the size and rate of a camera."""
    listing = target.with_suffix(".txt")
    listing.write_text("".join(f"file '{clip}'\n" for clip in clips))
    joined = target.with_suffix(".mkv")
    video = f"scale={SIZE},fps={FPS},setpts=N/({FPS}*TB)"
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-g", str(2 * FPS), "-bf", "0", "-an"]
    ffmpeg = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    subprocess.run(
        [*ffmpeg, "-f", "concat", "-safe", "0", "-i", str(listing), "-vf", video, *coding, str(joined)], check=True
    )
    looped = ["-stream_loop", "-1", "-i", str(joined), "-t", str(seconds), "-c", "copy", str(target)]
    subprocess.run([*ffmpeg, *looped], check=True)
    return target


def make_busy(folder: Path) -> Path:
    """Fights without a pause."""
    return code_footage(find_fights(folder, 20), folder / "busy.mp4", seconds=900)


def make_still(folder: Path) -> Path:
    """One real picture with the noise of a sensor."""
    picture = folder / "still.png"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(find_fights(folder, 1)[0]), "-frames:v", "1"]
    subprocess.run([*command, str(picture)], check=True)
    noisy = folder / "noisy.mp4"
    shown = ["-loop", "1", "-framerate", str(FPS), "-t", "20", "-i", str(picture)]
    noise = ["-vf", "noise=alls=6:allf=t,format=yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf", "28"]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *shown, *noise, str(noisy)], check=True)
    return code_footage([noisy], folder / "quiet.mp4", seconds=900)


def find_fights(folder: Path, count: int) -> list[Path]:
    """Clips of fights, or the drawn one where there is no footage."""
    clips = sorted((DATA_DIR / "cctv" / "clips").glob("fi*.mp4"))[:count]
    if not clips:
        drawn = folder / "drawn.mp4"
        draw_clip(drawn)
        return [drawn]
    return clips


@contextmanager
def watch(
    sources: Sequence[str], load: Load, *, threads: int, stride_s: float, look_s: float
) -> Iterator[list[Watcher]]:
    """Watch every source with the shipped captioner, and the shipped detector where `look_s` is not 0."""

    def note(handed: SeenLive | HeardLive) -> None:
        if isinstance(handed, SeenLive) and handed.undescribed is None:
            load.latencies_s.append(time.monotonic() - handed.due_s)

    captioner = Captioner(load_bundle(SHIPPED_BUNDLE), threads=threads)
    batcher = FeatureBatcher(captioner.encode_frames, captioner.describe)
    plan = replace(captioner.bundle.sampling, stride_s=stride_s)
    shared = (ReachPolicy(), StreamLimits(), Patience(), EvidenceLimits(), SystemClock())
    detector = DetectorLoader(SHIPPED_DETECTOR, threads=threads).get() if look_s else None
    demand = LookDemand(look_s, STILL_S) if look_s else None
    tools = WatchTools(plan, batcher, *shared, note, lambda: detector)
    cameras = [WatchedCamera(f"{index:032}", f"Camera {index}", parse_source(url)) for index, url in enumerate(sources)]
    watchers = [Watcher(camera, tools, may_watch=lambda: True, demand=demand) for camera in cameras]
    try:
        yield watchers
    finally:
        for watcher in watchers:
            watcher.stop()
        for watcher in watchers:
            watcher.join()
        batcher.close()


def measure(still: int, busy: int, footage: dict[str, Path], options: argparse.Namespace) -> Load:
    """Watch so many cameras for so long, after they have warmed up."""
    load, seconds = Load(still, busy), options.seconds
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(RtspServer(path)) for kind, path in footage.items()}
        sources = [servers["still"].url] * still + [servers["busy"].url] * busy
        watchers = stack.enter_context(
            watch(sources, load, threads=options.threads, stride_s=options.stride, look_s=options.look)
        )
        time.sleep(WARM_UP_S)
        this, others = psutil.Process(), psutil.Process().children()
        load.latencies_s.clear()
        before, cpu_s, others_s = _count(watchers), sum(this.cpu_times()[:2]), _cpu_s(others)
        time.sleep(seconds)
        load.cpu = (sum(this.cpu_times()[:2]) - cpu_s) / seconds
        load.servers_cpu = (_cpu_s(others) - others_s) / seconds
        analyzed, dropped, pictures = (after - b for after, b in zip(_count(watchers), before, strict=True))
        load.analyzed, load.dropped, load.fps = analyzed, dropped, pictures / seconds / max(1, len(watchers))
    return load


def _count(watchers: Sequence[Watcher]) -> tuple[float, float, float]:
    numbers = [watcher.report().numbers for watcher in watchers]
    names = ("windows_analyzed", "windows_dropped", "pictures")
    analyzed, dropped, pictures = (sum(each[name] for each in numbers) for name in names)
    return analyzed, dropped, pictures


def _cpu_s(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def tell(load: Load) -> None:
    """One line of the table."""
    late = sorted(load.latencies_s)
    p50, p95 = (statistics.quantiles(late, n=20)[index] for index in (9, 18)) if len(late) > 1 else (0.0, 0.0)
    cameras = max(1, load.still + load.busy)
    print(
        f"{load.still:5} {load.busy:5} {load.cpu:9.2f} {100 * load.cpu / cameras:11.1f} {load.servers_cpu:12.2f} "
        f"{load.fps:6.1f} {load.analyzed:9.0f} {load.dropped:8.0f} {p50:8.2f} {p95:8.2f}",
        flush=True,
    )


def carry(options: argparse.Namespace) -> None:
    """Print the table: the given mix, or more and more cameras until windows are dropped or pictures are missed."""
    with tempfile.TemporaryDirectory() as folder:
        footage = {"still": make_still(Path(folder)), "busy": make_busy(Path(folder))}
        threads = f"{options.threads} threads of the model"
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {threads}, looks every {options.look:g} s")
        print("still  busy cpu_cores cpu%_camera servers_cpu    fps  analyzed  dropped   p50_s    p95_s")
        if options.still or options.busy:
            tell(measure(options.still, options.busy, footage, options))
            return
        for still, busy in [(count, 0) for count in (1, 4, 8, 16, 24, 32)] + [(0, count) for count in (1, 2, 3, 4, 6)]:
            load = measure(still, busy, footage, options)
            tell(load)
            if busy and (load.dropped_share > DROPPED_SHARE or load.fps < 0.9 * FPS):
                break


def main(arguments: Sequence[str]) -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--still", type=int, default=0)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--stride", type=float, default=0.5, help="seconds between windows")
    parser.add_argument("--look", type=float, default=0.0, help="seconds between a detector's looks; 0: no detector")
    parser.add_argument("--threads", type=int, default=2, help="threads of the model")
    configure_logs(level="error")
    carry(parser.parse_args(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
