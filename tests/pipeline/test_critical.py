"""A delivery that waits, for whatever reason, never keeps a critical one waiting."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import pytest

from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.domain.alert import ChannelKind
from instantreact.domain.job import JobState
from instantreact.domain.media import Window
from instantreact.domain.rule import CaptionCondition, Severity
from instantreact.jobs import outbox
from instantreact.jobs.embedded import run_jobs
from instantreact.pipeline.handlers import DELIVERIES_AT_ONCE, job_kinds
from instantreact.pipeline.step_names import StepName
from instantreact.storage import recipients
from instantreact.storage.tables import Recipient
from instantreact_demo.graph import FakeGraph, Person, Received
from instantreact_demo.graph.faults import HANG, RATE_LIMITED, Fault
from tests.jobs.alone import alone
from tests.observations import make_observation
from tests.pipeline.conftest import House
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = [pytest.mark.parametrize("engine", ENGINES), pytest.mark.timeout(120)]

GUARD, MANY = "9001", 40
AT_ONCE_S = 5.0
"""Of a machine that has other things to do; what waits does so for 20 s and more."""


@asynccontextmanager
async def at_work(house: House, graph: FakeGraph) -> AsyncIterator[None]:
    """Jobs run, and messages go out at Messenger's own pace."""
    page = graph.page
    channel = MessengerChannel(
        MessengerAccount(page.page_id, page.access_token, page.app_secret, graph.url), clock=house.clock
    )
    services = replace(house.services, channels={ChannelKind.MESSENGER: channel})
    kinds = job_kinds(services, analyze_jobs=1)
    async with run_jobs(services.database, kinds, clock=house.clock, random=Random(1), neighbours=alone(), grace_s=0.0):
        yield
    await channel.close()


async def add_people(house: House, graph: FakeGraph, *psids: str) -> list[str]:
    """Their ids."""
    people = [Recipient(name=psid, channel=ChannelKind.MESSENGER, address=psid, created_at=NOW) for psid in psids]
    for person in people:
        graph.people[person.address] = Person()
        async with house.services.database.unit_of_work() as session:
            await recipients.insert_recipient(session, person)
    return [person.id for person in people]


async def see_many(house: House, caption: str, count: int) -> None:
    clip = await house.add_clip()
    for index in range(count):
        window = Window(index, 2.0 * index, 2.0 * index + 2.0)
        await house.see(clip, replace(make_observation(caption), window=window))


async def wait_until(condition: Callable[[], bool], *, what: str, for_s: float = 60.0) -> float:
    """How long it took, in seconds."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < for_s, f"waited for {what}"
        await asyncio.sleep(0.02)
    return time.monotonic() - began_s


def critical(graph: FakeGraph) -> list[Received]:
    return [each for each in graph.received if each.part == "text" and "Fire" in each.text]


async def assert_told_at_once(house: House, graph: FakeGraph) -> None:
    await see_many(house, "a fire in the yard", 1)
    took_s = await wait_until(lambda: bool(critical(graph)), what="the critical alert")
    print(f"told after {took_s:.2f} s")
    assert took_s < AT_ONCE_S


async def test_critical_alert_goes_out_at_once_when_every_place_hangs_and_others_wait_for_theirs(
    house: House, graph: FakeGraph
) -> None:
    everybody = await add_people(house, graph, *(str(7000 + number) for number in range(MANY)))
    (guard,) = await add_people(house, graph, GUARD)
    await house.add_rule(severity=Severity.WARNING, cooldown_s=0.0, recipient_ids=everybody)
    fire = CaptionCondition(("fire",))
    await house.add_rule(fire, name="Fire", severity=Severity.CRITICAL, recipient_ids=[guard])
    hanging = 0

    def weather(_part: str) -> Fault | None:
        nonlocal hanging
        hanging += 1
        return HANG if hanging <= DELIVERIES_AT_ONCE else None

    graph.weather = weather
    async with at_work(house, graph):
        await see_many(house, "two men in a fight", 1)
        await wait_until(lambda: hanging >= DELIVERIES_AT_ONCE, what="every place to be taken")
        await assert_told_at_once(house, graph)
        async with house.services.database.reading() as session:
            waiting = await outbox.list_jobs(session, state=JobState.DUE, limit=200)
    assert len([job for job in waiting if job.kind == StepName.DELIVER]) == MANY - DELIVERIES_AT_ONCE


async def test_critical_alert_goes_out_at_once_when_the_persons_bucket_is_full_of_what_waits(
    house: House, graph: FakeGraph
) -> None:
    (guard,) = await add_people(house, graph, GUARD)
    await house.add_rule(severity=Severity.WARNING, cooldown_s=0.0, recipient_ids=[guard])
    fire = CaptionCondition(("fire",))
    await house.add_rule(fire, name="Fire", severity=Severity.CRITICAL, recipient_ids=[guard])
    graph.script(RATE_LIMITED, RATE_LIMITED)  # two are held up by a Retry-After
    async with at_work(house, graph):
        await see_many(house, "two men in a fight", MANY)
        await wait_until(lambda: len(graph.received) >= 4, what="the bucket to be empty")
        await assert_told_at_once(house, graph)
        assert len([each for each in graph.received if "Fire" not in each.text]) < MANY
