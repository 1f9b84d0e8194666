"""Silence is told: a sign of life goes out while alerts can, and stays away when they cannot."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from instantreact.domain.alert import ChannelKind
from instantreact.pipeline.heartbeat import queue_heartbeat
from instantreact.pipeline.services import Heartbeat
from instantreact.storage import channel_faults
from tests.pipeline.conftest import House
from tests.servers.hook_target import HookTarget
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture
def target() -> Iterator[HookTarget]:
    with HookTarget() as target:
        yield target


def beating(house: House, url: str) -> House:
    return House(replace(house.services, heartbeat=Heartbeat(url, 300.0)), house.clock)


async def test_sign_of_life_goes_out_every_so_often(house: House, target: HookTarget) -> None:
    house = beating(house, target.url)
    for _ in range(2):  # two processes start
        await queue_heartbeat(house.services)
    for seconds in (0.0, 299.0, 2.0, 300.0):
        house.clock.advance(seconds)
        await house.run_due()
    assert [body for body, _ in target.wait_for_calls(3)] == [b"InstantReact is alive.\n"] * 3


async def test_sign_stays_away_while_a_channel_is_broken(house: House, target: HookTarget) -> None:
    house = beating(house, target.url)
    async with house.services.database.unit_of_work() as session:
        await channel_faults.note_fault(session, ChannelKind.MESSENGER, "The token has expired.", now=NOW)
    await queue_heartbeat(house.services)
    await house.run_due()
    with pytest.raises(TimeoutError):
        target.wait_for_calls(1, timeout_s=0.1)
    async with house.services.database.unit_of_work() as session:
        await channel_faults.forget_fault(session, ChannelKind.MESSENGER)
    house.clock.advance(301.0)
    await house.run_due()
    target.wait_for_calls(1)


@pytest.mark.parametrize("where", ["http://127.0.0.1:1/gone", "http://[::1/"])
async def test_address_that_does_not_answer_stops_nothing(house: House, where: str) -> None:
    house = beating(house, where)
    await queue_heartbeat(house.services)
    await house.run_due()
    house.clock.advance(301.0)
    assert await house.run_due() == 1


async def test_nothing_is_queued_where_nobody_waits_for_it(house: House) -> None:
    await queue_heartbeat(house.services)
    assert await house.run_due() == 0
