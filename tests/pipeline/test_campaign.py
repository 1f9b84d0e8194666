"""A campaign of faults at stated rates, the same each time: every part arrives, in order, and few arrive twice.

Waits are those of the product, on a clock that leaps from one due job to the next. Kills of real processes are in
tests/flows/test_kill.py.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import func, select

from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.pacing import Pacer
from instantreact.domain.alert import ChannelKind, DeliveryState, PartKind
from instantreact.domain.job import JobState
from instantreact.domain.media import Window
from instantreact.domain.rule import Severity
from instantreact.jobs.claims import release_owned
from instantreact.jobs.handing import hand_out
from instantreact.jobs.worker import Worker
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.incoming import accept_webhook
from instantreact.pipeline.sending import part_metadata
from instantreact.storage import recipients
from instantreact.storage.tables import Delivery, DeliveryPart, Job, Recipient
from instantreact_demo.graph import FakeGraph, Person, Received
from instantreact_demo.graph.events import encode_body
from instantreact_demo.graph.faults import HANG, OUTAGE, RATE_LIMITED, RESET_AFTER_ACCEPT, Fault, FaultKind
from instantreact_demo.graph.server import Moment
from tests.observations import make_observation
from tests.pipeline.conftest import House
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = [pytest.mark.parametrize("engine", ENGINES), pytest.mark.timeout(300)]

ALERTS = {"sqlite": 15, "postgresql": 3}
PEOPLE, KILLS, SEED = 20, 10, 20261127
MOST_TWICE = 6
"""Three hundred deliveries on one of them, of whose 600 parts one in a hundred may come twice."""
EXPIRED = Fault(FaultKind.ERROR, code=190, status=401, message="Error validating access token: Session has expired.")
RATES = (
    (0.05, RESET_AFTER_ACCEPT),
    (0.05, HANG),
    (0.05, replace(OUTAGE, status=503)),
    (0.05, OUTAGE),
    (0.05, RATE_LIMITED),
)


@dataclass
class Campaign:
    """Runs what is due, some jobs at once, and leaps to what is due next."""

    house: House
    graph: FakeGraph
    dice: random.Random
    accepted: list[Received] = field(default_factory=list)
    expires_at: float = 0.0
    interrupted: int = 0

    def weather(self, _part: str) -> Fault | None:
        """The token is expired for a minute; else each fault has its rate."""
        if 0.0 <= (self.house.clock.now() - NOW).total_seconds() - self.expires_at < 60.0:
            return EXPIRED
        chance = self.dice.random()
        for rate, fault in RATES:
            if chance < rate:
                return fault
            chance -= rate
        return None

    def note(self, moment: Moment, received: Received | None) -> None:
        """Every message that was accepted is echoed, whether its answer arrived or not."""
        if moment is Moment.AFTER_ANSWER and received is not None:
            self.accepted.append(received)

    async def run(self, *, kills: int) -> None:
        kinds = job_kinds(self.house.services, analyze_jobs=1)
        worker = Worker(
            self.house.services.database, kinds, clock=self.house.clock, random=random.Random(1), owner="anna"
        )
        kill_in = sorted(self.dice.sample(range(1, 30), kills))
        for turn in range(10_000):
            async with self.house.services.database.unit_of_work() as session:
                limits = dict.fromkeys(kinds, 64)
                due = await hand_out(session, limits, now=self.house.clock.now(), deadline_s=3600.0, owner="anna")
            if not due and not await self._leap():
                break
            tasks = [asyncio.create_task(worker.run_job(each)) for each in due]
            if tasks and kill_in and turn >= kill_in[0]:
                kill_in.pop(0)
                await asyncio.sleep(self.dice.uniform(0.0, 0.1))
                self.interrupted += sum(not task.done() for task in tasks)
                for task in tasks:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            async with self.house.services.database.unit_of_work() as session:
                await release_owned(session, "anna")
            await self._echo()

    async def _leap(self) -> bool:
        """To when the next job is due; False when there is none but those that look at channels for ever."""
        async with self.house.services.database.reading() as session:
            waiting = Job.state == JobState.DUE, Job.kind != "check_channel"
            if await session.scalar(select(func.count()).select_from(Job).where(*waiting)) == 0:
                return False
            run_at = await session.scalar(select(func.min(Job.run_at)).where(Job.state == JobState.DUE))
        assert run_at is not None
        self.house.clock.advance(max(0.001, (run_at - self.house.clock.now()).total_seconds()))
        return True

    async def _echo(self) -> None:
        accepted, self.accepted = self.accepted, []
        if accepted:
            echoes = [self.graph.events_about(each, "echo") for each in accepted]
            body = encode_body(self.graph.page.page_id, echoes, 1)
            await accept_webhook(self.house.services, ChannelKind.MESSENGER, body)


async def add_people(house: House, graph: FakeGraph) -> None:
    for number in range(PEOPLE):
        graph.people[f"70{number:02}"] = Person()
        person = Recipient(
            name=f"Person {number}", channel=ChannelKind.MESSENGER, address=f"70{number:02}", created_at=NOW
        )
        async with house.services.database.unit_of_work() as session:
            await recipients.insert_recipient(session, person)


def with_patience(house: House, graph: FakeGraph) -> House:
    """A channel that gives up on an answer soon, and sends as fast as it can."""
    account = MessengerAccount(
        graph.page.page_id, graph.page.access_token, graph.page.app_secret, graph.url, reply_timeout_s=0.3
    )
    channel = MessengerChannel(account, clock=house.clock, pacer=Pacer(page_per_s=1e6, person_interval_s=0.0))
    return House(replace(house.services, channels={ChannelKind.MESSENGER: channel}), house.clock)


async def test_campaign_of_faults_loses_no_part_and_sends_few_twice(
    house: House, graph: FakeGraph, engine: str
) -> None:
    alerts = ALERTS[engine]
    patient = with_patience(house, graph)
    campaign = Campaign(patient, graph, random.Random(SEED), expires_at=2.0)
    graph.weather, graph.hook = campaign.weather, campaign.note
    await add_people(patient, graph)
    await patient.add_rule(cooldown_s=0.0, severity=Severity.CRITICAL)
    clip = await patient.add_clip()
    for index in range(alerts):
        await patient.see(clip, replace(make_observation(), window=Window(index, 2.0 * index, 2.0 * index + 2.0)))

    await campaign.run(kills=KILLS)

    async with patient.services.database.reading() as session:
        states = Counter(await session.scalars(select(Delivery.state)))
        parts = list(await session.scalars(select(DeliveryPart)))
    assert states == {DeliveryState.SENT: alerts * PEOPLE}
    times = Counter(received.metadata for received in graph.received)
    assert len(times) == 2 * alerts * PEOPLE
    twice = sum(count - 1 for count in times.values())
    tries = sum(part.attempts for part in parts)
    print(f"{tries} tries for {len(parts)} parts, {campaign.interrupted} jobs cut off, {twice} parts sent twice")
    assert tries > 1.1 * len(parts)
    assert campaign.interrupted
    assert twice <= MOST_TWICE
    assert_order(graph.received, parts)
    await patient.services.channels[ChannelKind.MESSENGER].close()


def assert_order(received: list[Received], parts: list[DeliveryPart]) -> None:
    """Of every delivery the text came first."""
    first: dict[str, int] = {}
    for at, each in enumerate(received):
        first.setdefault(each.metadata or "", at)
    texts = {part.delivery_id: first[part_metadata(part.id)] for part in parts if part.kind is PartKind.TEXT}
    late = [part for part in parts if part.kind is PartKind.PICTURE]
    assert len(late) == len(texts)
    assert all(texts[part.delivery_id] < first[part_metadata(part.id)] for part in late)
