"""How late a message is: from the act before a camera, and from the end of the window that shows it, to Graph.

    python -m benchmarks.alarms [--cameras N] [--seconds S] [--stride S]

Each camera shows eight still seconds and then a fight of four, again and again; every fight raises an alert.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select
from tests.jobs.alone import alone
from tests.servers.rtsp import RtspServer

from benchmarks.cameras import FPS, SIZE, find_fights
from instantreact.config import Settings
from instantreact.domain.alert import ChannelKind
from instantreact.domain.camera import SpeechMode
from instantreact.domain.rule import ConceptCondition, Criteria
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.state import Patience
from instantreact.ingest.supervisor import Supervisor
from instantreact.ingest.watched import EvidenceLimits, WatchTools
from instantreact.jobs.embedded import run_jobs
from instantreact.logs import configure_logs
from instantreact.media.reach import ReachPolicy
from instantreact.media.stream import StreamLimits
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, recipients, rules
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.leases import LeaseOwner
from instantreact.storage.migrate import upgrade
from instantreact.storage.tables import Alert, Delivery, DeliveryPart, Event, Recipient, Rule
from instantreact.wiring import open_services
from instantreact_demo.graph import FakeGraph, Person

STILL_S, FIGHT_S = 8.0, 4.0
PSID = "1001"


@dataclass(frozen=True)
class Lateness:
    """Seconds from the act, and from the end of the window that was told of it, to the message."""

    from_act_s: float
    from_window_s: float


def make_footage(folder: Path) -> Path:
    """Fights with stillness before each, 640x360 at 15 frames a second."""
    parts = []
    for index, clip in enumerate(find_fights(folder, 6)):
        part = folder / f"part{index}.mkv"
        still = f"tpad=start_duration={STILL_S}:start_mode=clone,trim=duration={STILL_S + FIGHT_S}"
        coding = ["-c:v", "libx264", "-preset", "veryfast", "-g", str(2 * FPS), "-bf", "0", "-an"]
        source = ["-stream_loop", "3", "-i", str(clip)]
        ffmpeg = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
        subprocess.run(
            [*ffmpeg, *source, "-vf", f"scale={SIZE},fps={FPS},{still},setpts=N/({FPS}*TB)", *coding, str(part)],
            check=True,
        )
        parts.append(part)
    listing = folder / "parts.txt"
    listing.write_text("".join(f"file '{part}'\n" for part in parts * 20))
    target = folder / "fights.mp4"
    joined = ["-f", "concat", "-safe", "0", "-i", str(listing), "-c", "copy", str(target)]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *joined], check=True)
    return target


@asynccontextmanager
async def watching(services: Services, stride_s: float) -> AsyncIterator[None]:
    """Jobs and cameras, as `serve` runs them."""
    captioner = services.captioner.get()
    supervisor = Supervisor(
        services,
        LeaseOwner("benchmark", None, 15.0),
        lambda hand_over: WatchTools(
            replace(captioner.bundle.sampling, stride_s=stride_s),
            FeatureBatcher(captioner.encode_frames, captioner.describe),
            ReachPolicy(),
            StreamLimits(),
            Patience(),
            EvidenceLimits(),
            services.clock,
            hand_over,
        ),
        max_cameras=64,
    )
    kinds = job_kinds(services, analyze_jobs=1)
    async with run_jobs(services.database, kinds, clock=services.clock, random=Random(1), neighbours=alone()):
        running = asyncio.create_task(supervisor.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait([running])
            await supervisor.close()


async def set_up(services: Services, urls: Sequence[str]) -> None:
    """Cameras, a rule without a cooldown, and somebody to tell."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        for index, url in enumerate(urls):
            await cameras.insert_camera(session, services.box, CameraSettings(f"Camera {index}", url), now=now)
        fights = Criteria((ConceptCondition("fight", 0.5),))
        await rules.insert_rule(session, Rule(name="Fight", criteria=fights, cooldown_s=0.0, created_at=now))
        guard = Recipient(name="Guard", channel=ChannelKind.MESSENGER, address=PSID, created_at=now)
        guard.window_open_until = now + timedelta(days=1)
        await recipients.insert_recipient(session, guard)


async def read_lateness(services: Services, graph: FakeGraph) -> list[Lateness]:
    """How late each text was that Graph received."""
    received = {part.mid: datetime.fromtimestamp(part.at_ms / 1000, UTC) for part in graph.received}
    statement = (
        select(DeliveryPart.message_id, Event)
        .join(Delivery, Delivery.id == DeliveryPart.delivery_id)
        .join(Alert, Alert.id == Delivery.alert_id)
        .join(Event, Event.id == Alert.event_id)
        .where(DeliveryPart.kind == "text", DeliveryPart.message_id.in_(list(received)))
    )
    async with services.database.reading() as session:
        rows = list(await session.execute(statement))
    told = []
    for message_id, event in rows:
        window = event.observation.window
        started_at = event.occurred_at - timedelta(seconds=window.start_s)
        period_s = STILL_S + FIGHT_S
        act_s = int((window.end_s - STILL_S) / period_s) * period_s + STILL_S
        at = received[message_id or ""]
        told.append(
            Lateness(
                (at - started_at).total_seconds() - act_s,
                (at - started_at).total_seconds() - window.end_s,
            )
        )
    return told


async def measure(options: argparse.Namespace, folder: Path) -> list[Lateness]:
    """Run the service with cameras for so long."""
    footage = make_footage(folder)
    with FakeGraph() as graph, RtspServer(footage) as server:
        graph.people[PSID] = Person()
        settings = Settings(
            _env_file=None,
            state_dir=folder / "state",
            speech=SpeechMode.OFF,
            graph_url=graph.url,
            messenger_page_id=graph.page.page_id,
            messenger_page_token=graph.page.access_token,
            messenger_app_secret=graph.page.app_secret,
            messenger_verify_token="verify",
        )
        settings.state_dir.mkdir()
        await upgrade(settings.resolved_database_url)
        async with open_services(settings) as services:
            await set_up(services, [server.url] * options.cameras)
            async with watching(services, options.stride):
                await asyncio.sleep(options.seconds)
            return await read_lateness(services, graph)


def main(arguments: Sequence[str]) -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--stride", type=float, default=0.5, help="seconds between windows")
    options = parser.parse_args(arguments)
    configure_logs(level="error")
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(measure(options, Path(folder)))
    expected = options.cameras * options.seconds / (STILL_S + FIGHT_S)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}: {len(told)} alerts of about {expected:.0f} fights")
    for name, values in (
        ("act to message", [each.from_act_s for each in told]),
        ("window's end to message", [each.from_window_s for each in told]),
    ):
        quantiles = statistics.quantiles(values, n=20, method="inclusive")
        print(f"{name}: p50 {quantiles[9]:.2f} s, p95 {quantiles[18]:.2f} s, worst {max(values):.2f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
