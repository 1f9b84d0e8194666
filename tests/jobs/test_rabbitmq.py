"""Relays and workers joined by a real RabbitMQ: it spreads the work, the database is the truth."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from uuid import uuid4

import aio_pika
import pytest
from sqlalchemy import func, select

from instantreact.clock import SystemClock
from instantreact.domain.job import JobState
from instantreact.errors import BrokerUnreachable, Misconfigured
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.jobs.handing import hand_out
from instantreact.jobs.rabbitmq import RabbitAddress, RabbitPublisher, check_rabbitmq
from instantreact.jobs.relay import Relay
from instantreact.jobs.room import count_room, offer_room
from instantreact.jobs.shared import run_relay, run_worker
from instantreact.jobs.worker import JobKind
from instantreact.logs import configure_logs
from instantreact.storage.database import Database
from instantreact.storage.tables import Job
from tests.jobs.alone import alone
from tests.jobs.child import ignore_burial
from tests.servers.rabbitmq import RabbitServer

CLOCK = SystemClock()
ON_POSTGRES = pytest.mark.parametrize("engine", ["postgresql"])


@pytest.fixture
def address(rabbitmq: RabbitServer) -> RabbitAddress:
    """With queues of this test's own."""
    return RabbitAddress(rabbitmq.url, uuid4().hex)


@asynccontextmanager
async def working(
    database: Database, address: RabbitAddress, run: Callable[[Claim], Awaitable[None]], *, limit: int = 2
) -> AsyncIterator[None]:
    kinds = {"look": JobKind(run, ignore_burial, limit=limit)}
    async with run_worker(database, address, kinds, clock=CLOCK, random=Random(1), neighbours=alone(), grace_s=0.0):
        yield


async def put(database: Database, *subjects: str) -> None:
    async with database.unit_of_work() as session:
        for subject in subjects:
            await outbox.put(session, "look", subject, now=CLOCK.now())


async def wait_for_no_jobs(database: Database) -> None:
    async with asyncio.timeout(60):
        while await count_jobs(database):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def count_jobs(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Job)) or 0


async def read_job(database: Database) -> Job:
    async with database.reading() as session:
        return (await session.scalars(select(Job))).one()


async def test_jobs_are_run_once_each_by_two_workers_that_never_have_more_than_their_room(
    database: Database, address: RabbitAddress
) -> None:
    ran: list[str] = []
    now: dict[str, int] = {"anna": 0, "ben": 0}
    most: dict[str, int] = {"anna": 0, "ben": 0}

    def worker(name: str) -> Callable[[Claim], Awaitable[None]]:
        async def run(claim: Claim) -> None:
            ran.append(claim.subject)
            now[name] += 1
            most[name] = max(most[name], now[name])
            await asyncio.sleep(0.05)
            now[name] -= 1

        return run

    await put(database, *map(str, range(20)))
    async with (
        run_relay(database, address, clock=CLOCK, neighbours=alone()),
        working(database, address, worker("anna")),
        working(database, address, worker("ben")),
    ):
        await wait_for_no_jobs(database)
    assert sorted(ran, key=int) == [str(number) for number in range(20)]
    assert all(1 <= number <= 3 for number in most.values())  # two, and one for a short job


@ON_POSTGRES
async def test_job_whose_message_was_purged_is_handed_out_again(database: Database, address: RabbitAddress) -> None:
    ran = asyncio.Event()

    async def run(claim: Claim) -> None:
        assert claim.attempt == 1
        ran.set()

    await put(database, "a")
    async with database.unit_of_work() as session:
        await offer_room(session, "a worker that takes nothing", {"look": 1}, now=CLOCK.now(), lease_s=2.0)
    publisher = RabbitPublisher(address)
    assert await Relay(database, publisher, clock=CLOCK, deadline_s=1.0).hand_out_due() == 1
    assert await purge(address) == 1
    await publisher.stop()
    async with working(database, address, run), run_relay(database, address, clock=CLOCK, neighbours=alone()):
        await asyncio.wait_for(ran.wait(), 30)
        await wait_for_no_jobs(database)


async def purge(address: RabbitAddress) -> int:
    """How many messages there were."""
    connection = await aio_pika.connect(address.url)
    queue = await (await connection.channel()).get_queue(f"instantreact.{address.service}.look")
    purged = await queue.purge()
    await connection.close()
    return purged.message_count or 0


@ON_POSTGRES
async def test_message_that_comes_twice_runs_its_job_once(database: Database, address: RabbitAddress) -> None:
    runs: list[str] = []
    gate = asyncio.Event()

    async def run(claim: Claim) -> None:
        runs.append(claim.subject)
        await gate.wait()

    await put(database, "a")
    publisher = RabbitPublisher(address)
    async with working(database, address, run):
        async with database.unit_of_work() as session:
            [handover] = await hand_out(session, {"look": 1}, now=CLOCK.now(), deadline_s=30.0)
        for _ in range(3):
            await publisher.send(handover)
        while not runs:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        gate.set()
        await wait_for_no_jobs(database)
    await publisher.stop()
    assert runs == ["a"]


@ON_POSTGRES
async def test_jobs_wait_while_rabbitmq_is_away_and_go_on_once_it_is_back(
    database: Database,
    address: RabbitAddress,
    rabbitmq: RabbitServer,
    capfd: pytest.CaptureFixture[str],
) -> None:
    configure_logs()
    ran: list[str] = []

    async def run(claim: Claim) -> None:
        ran.append(claim.subject)

    async with working(database, address, run), run_relay(database, address, clock=CLOCK, neighbours=alone()):
        await put(database, "before")
        await wait_for_no_jobs(database)
        rabbitmq.stop()
        await put(database, "meanwhile")
        await asyncio.sleep(3.0)
        assert (await read_job(database)).attempts == 0
        await asyncio.to_thread(rabbitmq.start)
        await wait_for_no_jobs(database)
    assert ran == ["before", "meanwhile"]
    lines = capfd.readouterr().err.splitlines()
    assert [line for line in lines if "SendTaskError" in line] == []
    assert len([line for line in lines if "[aio_pika" in line]) <= 1
    assert len([line for line in lines if "broker.back" in line]) == 1


@ON_POSTGRES
async def test_job_is_due_again_at_once_when_the_broker_does_not_take_it(database: Database) -> None:
    await put(database, "a")
    async with database.unit_of_work() as session:
        await offer_room(session, "anna", {"look": 1}, now=CLOCK.now(), lease_s=30.0)
    publisher = RabbitPublisher(RabbitAddress("amqp://guest:guest@127.0.0.1:1/", "nowhere"))
    with pytest.raises(BrokerUnreachable):
        await Relay(database, publisher, clock=CLOCK).hand_out_due()
    job = await read_job(database)
    assert (job.state, job.token, job.attempts) == (JobState.DUE, None, 0)


async def test_worker_that_stops_gives_back_what_it_runs_and_offers_no_room_any_more(
    database: Database, address: RabbitAddress
) -> None:
    started = asyncio.Event()

    async def run(claim: Claim) -> None:
        started.set()
        await asyncio.Event().wait()

    await put(database, "a")
    async with run_relay(database, address, clock=CLOCK, neighbours=alone()):
        async with working(database, address, run):
            await asyncio.wait_for(started.wait(), 30)
        job = await read_job(database)
        async with database.reading() as session:
            assert await count_room(session, now=CLOCK.now()) == {}
    assert (job.state, job.attempts, job.owner) == (JobState.DUE, 0, None)


@ON_POSTGRES
async def test_services_that_share_a_rabbitmq_take_none_of_each_others_jobs(
    database: Database, address: RabbitAddress, rabbitmq: RabbitServer
) -> None:
    ran: list[str] = []

    def worker(name: str) -> Callable[[Claim], Awaitable[None]]:
        async def run(claim: Claim) -> None:
            ran.append(name)

        return run

    await put(database, *map(str, range(6)))
    async with (
        working(database, RabbitAddress(rabbitmq.url, uuid4().hex), worker("another")),
        working(database, address, worker("own")),
        run_relay(database, address, clock=CLOCK, neighbours=alone()),
    ):
        await wait_for_no_jobs(database)
    assert ran == ["own"] * 6


async def test_check_tells_a_wrong_password_from_a_server_that_does_not_answer(rabbitmq: RabbitServer) -> None:
    await check_rabbitmq(rabbitmq.url)
    with pytest.raises(Misconfigured, match="INSTANTREACT_BROKER_URL") as refused:
        await check_rabbitmq(rabbitmq.url.replace("guest@", "wrong@"))
    assert "wrong" not in str(refused.value)
    with pytest.raises(Misconfigured, match="virtual host"):
        await check_rabbitmq(f"{rabbitmq.url}nosuch")
    with pytest.raises(BrokerUnreachable, match="INSTANTREACT_BROKER_URL"):
        await check_rabbitmq("amqp://guest:guest@127.0.0.1:1/")
