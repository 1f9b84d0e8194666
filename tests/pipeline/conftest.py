"""The pipeline on a real database, with a stand-in for Graph, a clock that tests move, and jobs that tests run."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.pacing import Pacer
from instantreact.domain.alert import ChannelKind
from instantreact.domain.happening import RuleMatched
from instantreact.domain.observation import Observation
from instantreact.domain.rule import CaptionCondition, Condition, Criteria, Evidence
from instantreact.jobs.claims import Handover
from instantreact.jobs.handing import hand_out
from instantreact.jobs.worker import Worker
from instantreact.media.limits import DecodeLimits
from instantreact.media.sandbox import ClipDecoder
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.observe import Origin, observe
from instantreact.pipeline.services import Services
from instantreact.rules.confirm import RecentLooks
from instantreact.storage import alerts, cameras, clips, recipients, rules
from instantreact.storage.alerts import AlertFilter
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.database import Database
from instantreact.storage.tables import Alert, Camera, Clip, Event, Recipient, Rule
from instantreact.threads import WorkerThreads
from instantreact_demo.graph import FakeGraph, Person
from tests.api.conftest import make_services
from tests.conftest import StoppedClock
from tests.observations import make_observation
from tests.storage.databases import database, empty_database, only_sqlite, postgres, url
from tests.storage.factories import NOW, make_new_clip

__all__ = ["database", "empty_database", "only_sqlite", "postgres", "url"]

PSID = "1001"
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


def path_of(services: Services, key: str) -> Path:
    """Where a file lies in the folder of these tests."""
    assert isinstance(services.blobs, LocalBlobs)
    return services.blobs.path(key)


@dataclass
class House:
    """Services whose clock and jobs are in the hands of a test."""

    services: Services
    clock: StoppedClock

    async def run_due(self) -> int:
        """Run the jobs that are due, and those that follow from them; how many that were."""
        kinds = job_kinds(self.services, analyze_jobs=1)
        worker = Worker(self.services.database, kinds, clock=self.clock, random=Random(1))
        limits = dict.fromkeys(kinds, 10)
        ran = 0
        while handovers := await self._hand_out(limits):
            for handover in handovers:
                await worker.run_job(handover)
            ran += len(handovers)
        return ran

    async def _hand_out(self, limits: dict[str, int]) -> list[Handover]:
        async with self.services.database.unit_of_work() as session:
            return await hand_out(session, limits, now=self.clock.now(), deadline_s=3600.0)

    async def add_recipient(self) -> Recipient:
        person = Recipient(name="Guard", channel=ChannelKind.MESSENGER, address=PSID, created_at=NOW)
        async with self.services.database.unit_of_work() as session:
            return await recipients.insert_recipient(session, person)

    async def add_rule(self, *conditions: Condition, cooldown_s: float = 60.0, **values: Any) -> Rule:
        criteria = Criteria(conditions or (CaptionCondition(("fight",)),))
        rule = Rule(**{"name": "A fight", "criteria": criteria, "cooldown_s": cooldown_s, "created_at": NOW, **values})
        async with self.services.database.unit_of_work() as session:
            return await rules.insert_rule(session, rule)

    async def add_camera(self, name: str = "Front door") -> Camera:
        settings = CameraSettings(name, "rtsp://192.0.2.1/")
        async with self.services.database.unit_of_work() as session:
            return await cameras.insert_camera(session, self.services.box, settings, now=NOW)

    async def add_clip(self, camera_id: str | None = None) -> Clip:
        new = replace(make_new_clip(), camera_id=camera_id)
        async with self.services.database.unit_of_work() as session:
            clip, _ = await clips.insert_or_find(session, new, now=self.clock.now())
        return clip

    async def see(
        self,
        clip: Clip,
        observation: Observation | None = None,
        *,
        notify: bool = True,
        recent: RecentLooks | None = None,
    ) -> Event:
        """Observe something in a window of the clip."""
        origin = Origin("Shop", clip.submitted_at, notify=notify, clip_id=clip.id, camera_id=clip.camera_id)
        seen = observation or make_observation()
        return (await observe(self.services, origin, seen, lambda: JPEG, recent=recent)).event

    async def alerts(self) -> list[Alert]:
        async with self.services.database.reading() as session:
            return await alerts.list_alerts(session, AlertFilter())

    async def the_evidence(self) -> tuple[Evidence, ...]:
        held = (await self.the_alert()).happening
        assert isinstance(held, RuleMatched)
        return held.evidence

    async def the_alert(self) -> Alert:
        (alert,) = [alert for alert in await self.alerts() if alert.system_key is None]
        return alert


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        graph.people[PSID] = Person()
        yield graph


@pytest.fixture(scope="session")
def decoder() -> Iterator[ClipDecoder]:
    """Without a nursery, which would be seen by every other test of this process."""
    with ClipDecoder(DecodeLimits(max_duration_s=60.0), keeps_nursery=False) as decoder:
        yield decoder


@pytest.fixture
async def house(database: Database, decoder: ClipDecoder, tmp_path: Path, graph: FakeGraph) -> AsyncIterator[House]:
    threads = WorkerThreads(4)
    clock = StoppedClock(NOW)
    page = graph.page
    account = MessengerAccount(page.page_id, page.access_token, page.app_secret, graph.url, reply_timeout_s=2.0)
    channel = MessengerChannel(account, clock=clock, pacer=Pacer(person_interval_s=0.0))
    services = make_services(database, decoder, tmp_path, threads)
    yield House(replace(services, clock=clock, channels={ChannelKind.MESSENGER: channel}), clock)
    await channel.close()
    threads.close()


HOUR_S = timedelta(hours=1).total_seconds()
