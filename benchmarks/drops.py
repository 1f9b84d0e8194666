"""How long nothing is seen of a camera whose connections end every so many seconds, however well they go.

    python -m benchmarks.drops [--every S] [--away S] [--seconds S]

The camera is gst-rtsp-server behind a port that cuts each connection after `--every` seconds and refuses the next ones
for `--away` seconds. Real time; it costs next to no processor.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.ingest.cheap_model import PLAN, describe, encode
from tests.media.live_footage import write_clip
from tests.servers.dropping import DroppingPort
from tests.servers.rtsp import RtspServer, repeat_clip

from instantreact.clock import SystemClock
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.state import Patience
from instantreact.ingest.watched import EvidenceLimits, WatchedCamera, WatchTools
from instantreact.ingest.watcher import Watcher
from instantreact.logs import configure_logs
from instantreact.media.reach import ReachPolicy
from instantreact.media.source import parse_source
from instantreact.media.stream import StreamLimits

UNNOTICED_S = 0.3
"""A pause between two pictures that is no gap: the camera sends 15 a second."""


def watch(port: int, seconds: float) -> list[float]:
    """The gaps between pictures, in seconds, from the first picture on."""
    batcher = FeatureBatcher(encode, describe)
    shared = (ReachPolicy(), StreamLimits(), Patience(), EvidenceLimits(), SystemClock())
    tools = WatchTools(PLAN, batcher, *shared, lambda _: None)
    camera = WatchedCamera("0" * 32, "Door", parse_source(f"rtsp://127.0.0.1:{port}/stream1"))
    watcher = Watcher(camera, tools, may_watch=lambda: True)
    while not watcher.report().numbers["pictures"]:
        time.sleep(0.01)
    began_s = seen_s = time.monotonic()
    gaps_s, count = [], 0.0
    while (now_s := time.monotonic()) < began_s + seconds:
        pictures = watcher.report().numbers["pictures"]
        if pictures > count:
            if now_s - seen_s > UNNOTICED_S:
                gaps_s.append(now_s - seen_s)
            count, seen_s = pictures, now_s
        time.sleep(0.01)
    if now_s - seen_s > UNNOTICED_S:
        gaps_s.append(now_s - seen_s)
    watcher.stop()
    watcher.join()
    batcher.close()
    return gaps_s


def main(arguments: Sequence[str]) -> None:
    """Read the command line and print the gaps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=float, default=50.0, help="seconds that a connection lives")
    parser.add_argument("--away", type=float, default=0.0, help="seconds that the camera then refuses others")
    parser.add_argument("--seconds", type=float, default=600.0)
    options = parser.parse_args(arguments)
    configure_logs(level="error")
    with tempfile.TemporaryDirectory() as folder:
        footage = repeat_clip(write_clip(Path(folder) / "box.mp4"), Path(folder), times=300)
        with RtspServer(footage) as server, DroppingPort(server.port, options.every, options.away) as port:
            gaps_s = watch(port.port, options.seconds)
    print(f"blind for {sum(gaps_s):.1f} of {options.seconds:g} s, {port.opened} connections; gaps in s:")
    print(" ".join(f"{gap_s:.1f}" for gap_s in gaps_s))


if __name__ == "__main__":
    main(sys.argv[1:])
