"""The main job, live: a fight in front of an RTSP camera, the message at Graph, the evidence that shows it."""

import asyncio
import io
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import av
import pytest
from sqlalchemy import select

from instantreact.domain.alert import ChannelKind
from instantreact.domain.camera import CameraState
from instantreact.domain.rule import ConceptCondition, Criteria
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.supervisor import Supervisor
from instantreact.ingest.watched import EvidenceLimits, WatchTools
from instantreact.jobs.embedded import run_jobs
from instantreact.media.reach import ReachPolicy
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, recipients, rules
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.leases import LeaseOwner, find_lease
from instantreact.storage.tables import Event, Recipient, Rule
from instantreact.wiring import open_services
from instantreact_demo.graph import FakeGraph, Person
from tests.ingest.processes import make_settings, wait_for
from tests.ingest.watching import LIMITS, PATIENCE
from tests.jobs.alone import alone
from tests.servers.rtsp import RtspServer, repeat_clip

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PSID = "1001"
EVIDENCE = EvidenceLimits(before_s=1.0, after_s=1.0)


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[Supervisor]:
    """Jobs and cameras of a process, with the shipped captioner."""
    captioner = services.captioner.get()
    supervisor = Supervisor(
        services,
        LeaseOwner("anna", None, 5.0),
        lambda hand_over: WatchTools(
            captioner.bundle.sampling,
            FeatureBatcher(captioner.encode_frames, captioner.describe),
            ReachPolicy(),
            LIMITS,
            PATIENCE,
            EVIDENCE,
            services.clock,
            hand_over,
        ),
        max_cameras=4,
    )
    kinds = job_kinds(services, analyze_jobs=1)
    async with run_jobs(services.database, kinds, clock=services.clock, random=Random(1), neighbours=alone()):
        watching = asyncio.create_task(supervisor.run())
        try:
            yield supervisor
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            await supervisor.close()


async def set_up(services: Services, url: str) -> str:
    async with services.database.unit_of_work() as session:
        camera = await cameras.insert_camera(session, services.box, CameraSettings("Bar", url), now=NOW)
        fights = Criteria((ConceptCondition("fight", 0.5),))
        await rules.insert_rule(session, Rule(name="A fight", criteria=fights, cooldown_s=600, created_at=NOW))
        guard = Recipient(
            name="Guard",
            channel=ChannelKind.MESSENGER,
            address=PSID,
            created_at=NOW,
            window_open_until=services.clock.now().replace(year=2099),
        )
        await recipients.insert_recipient(session, guard)
        return camera.id


@pytest.mark.data
async def test_fight_before_a_camera_reaches_messenger_with_its_picture_and_leaves_evidence(
    state_dir: Path, data_dir: Path, tmp_path: Path
) -> None:
    footage = repeat_clip(data_dir / "cctv" / "clips" / "fi001.mp4", tmp_path, times=60)
    with FakeGraph() as graph, RtspServer(footage) as server:
        graph.people[PSID] = Person()
        settings = make_settings(
            state_dir,
            graph_url=graph.url,
            draw_boxes=False,
            messenger_page_id=graph.page.page_id,
            messenger_page_token=graph.page.access_token,
            messenger_app_secret=graph.page.app_secret,
            messenger_verify_token="verify",
        )
        async with open_services(settings) as services:
            camera_id = await set_up(services, server.url)

            async def find_events() -> list[Event]:
                async with services.database.reading() as session:
                    return list(await session.scalars(select(Event).order_by(Event.occurred_at)))

            async def is_live() -> bool:
                async with services.database.reading() as session:
                    lease = await find_lease(session, camera_id)
                return lease is not None and lease.state is CameraState.LIVE

            async def is_told() -> bool:
                return len(graph.received) >= 2

            async def has_evidence() -> bool:
                return any(event.evidence_key for event in await find_events())

            async with running(services):
                await wait_for(is_live, 20)
                await wait_for(is_told, 30)
                await wait_for(has_evidence, 20)
            event = next(event for event in await find_events() if event.evidence_key)
            assert event.window_index <= 2
            assert [part.part for part in graph.received[:2]] == ["text", "picture"]
            assert "Bar" in graph.received[0].text
            assert graph.received[1].picture == services.blobs.read(str(event.snapshot_key))
            evidence = services.blobs.read(str(event.evidence_key))
    with av.open(io.BytesIO(evidence), "r") as container:
        pictures = list(container.decode(video=0))
    length_s = float(pictures[-1].time or 0)
    window_s = event.observation.window.end_s - event.observation.window.start_s
    assert window_s <= length_s
    assert all(float(a.time or 0) <= float(b.time or 0) for a, b in itertools.pairwise(pictures))
