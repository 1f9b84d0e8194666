"""Whatever order puts, hand-overs, crashes and lapses come in: no job is lost, and none is held twice."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test
from sqlalchemy import delete, select

from instantreact.domain.job import JobState
from instantreact.errors import LeaseLost
from instantreact.jobs import claims, handing, outbox
from instantreact.jobs.claims import Claim, Handover
from instantreact.storage.database import Database
from instantreact.storage.tables import Job

LEASE_S = 30.0
OWNERS = st.sampled_from(["anna", "ben"])
SUBJECTS = st.sampled_from(["a", "b"])


@dataclass
class Held:
    """Who holds a subject's job as far as the model knows."""

    token: str
    until: datetime
    owner: str


class JobLife(RuleBasedStateMachine):
    """A model of puts and holders beside the real table."""

    messages = Bundle("messages")
    runs = Bundle("runs")

    database: Database
    runner: asyncio.Runner

    @initialize()
    def begin(self) -> None:
        self.runner.run(self._empty())  # a failed example may have left rows
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.puts = {"a": 0, "b": 0}
        self.answered = {"a": 0, "b": 0}
        self.held: dict[str, Held] = {}  # by job id
        self.seen_puts: dict[str, int] = {}  # by token: how many puts its run knows of

    def teardown(self) -> None:
        """Everything that was put is done in the end, and leaves an empty table to the next example."""
        for _ in range(4):
            self.now += timedelta(seconds=100)
            for message in self._hand_out(10):
                claim = self._take(message)
                assert claim is not None
                self._finish(claim)
        assert self._subjects() == set()
        assert self.answered == self.puts

    @rule(subject=SUBJECTS, delay_s=st.sampled_from([0.0, 20.0]))
    def put(self, subject: str, delay_s: float) -> None:
        self.now += timedelta(milliseconds=1)  # of two put at one time either is first: examples must come out the same

        async def work() -> None:
            async with self.database.unit_of_work() as session:
                run_at = self.now + timedelta(seconds=delay_s)
                await outbox.put(session, "look", subject, now=self.now, run_at=run_at, max_attempts=1000)

        self.runner.run(work())
        self.puts[subject] += 1

    @rule(target=messages, limit=st.integers(1, 3), owner=OWNERS)
    def hand_out(self, limit: int, owner: str) -> object:
        return multiple(*self._hand_out(limit, owner))

    @rule(target=runs, message=messages)
    def take(self, message: Handover) -> object:
        """Also a message that was delivered before, or that is long out of date; some are never delivered."""
        claim = self._take(message)
        return multiple() if claim is None else claim

    @rule(target=runs, subject=SUBJECTS, owner=OWNERS)
    def put_and_take(self, subject: str, owner: str) -> object:
        self.put(subject, 0.0)
        taken = [self._take(message) for message in self._hand_out(3, owner)]
        return multiple(*(claim for claim in taken if claim is not None))

    @rule(claim=runs)
    def finish(self, claim: Claim) -> None:
        self._finish(claim)

    @rule(claim=runs)
    def fail(self, claim: Claim) -> None:
        async def work() -> None:
            async with self.database.unit_of_work() as session:
                await claims.retry_later(session, claim, run_at=self.now + timedelta(seconds=5), error="not yet")

        self._settle(claim, work())

    @rule(claim=runs)
    def give_back(self, claim: Claim) -> None:
        async def work() -> None:
            async with self.database.unit_of_work() as session:
                await claims.release(session, claim)

        self._settle(claim, work())

    @rule(claim=runs)
    def renew(self, claim: Claim) -> None:
        async def work() -> set[str]:
            async with self.database.unit_of_work() as session:
                return await claims.renew(session, [claim.token], now=self.now, lease_s=LEASE_S)

        good = self.runner.run(work())
        held = self.held.get(claim.job_id)
        assert (claim.token in good) == (held is not None and held.token == claim.token)
        if held is not None and held.token == claim.token:
            held.until = self.now + timedelta(seconds=LEASE_S)

    @rule(seconds=st.sampled_from([1.0, 10.0, 31.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(owner=OWNERS)
    def die(self, owner: str) -> None:
        """What a dead process held is free; what its living neighbour holds is not touched."""

        async def work() -> int:
            async with self.database.unit_of_work() as session:
                return await claims.release_owned(session, owner)

        freed = self.runner.run(work())
        theirs = [job_id for job_id, held in self.held.items() if held.owner == owner]
        assert freed == len(theirs)
        for job_id in theirs:
            del self.held[job_id]

    def _hand_out(self, limit: int, owner: str = "anna") -> list[Handover]:
        async def work() -> list[Handover]:
            async with self.database.unit_of_work() as session:
                limits = {"look": limit}
                return await handing.hand_out(session, limits, now=self.now, deadline_s=LEASE_S, owner=owner)

        handovers = self.runner.run(work())
        for handover in handovers:
            before = self.held.get(handover.job_id)
            assert before is None or before.until <= self.now, "handed to a second worker while the first holds it"
            self.held[handover.job_id] = Held(handover.token, self.now + timedelta(seconds=LEASE_S), owner)
        for job_id in [job_id for job_id, held in self.held.items() if held.until <= self.now]:
            del self.held[job_id]
        return handovers

    def _take(self, message: Handover) -> Claim | None:
        held = self.held.get(message.job_id)

        async def work() -> Claim | None:
            async with self.database.unit_of_work() as session:
                owner = held.owner if held else "anna"
                return await claims.take(session, message, now=self.now, lease_s=LEASE_S, owner=owner)

        claim = self.runner.run(work())
        if claim is not None:
            assert held is not None
            assert held.token == message.token
            assert message.token not in self.seen_puts, "one hand-over was taken twice"
            held.until = self.now + timedelta(seconds=LEASE_S)
            self.seen_puts[message.token] = self.puts[claim.subject]
        return claim

    def _finish(self, claim: Claim) -> None:
        async def work() -> None:
            async with self.database.unit_of_work() as session:
                await claim.finish(session)

        if self._settle(claim, work()):
            self.answered[claim.subject] = self.seen_puts[claim.token]
            waiting = {subject for subject in self.puts if self.puts[subject] > self.answered[subject]}
            assert waiting <= self._subjects(), "a job was lost"

    def _settle(self, claim: Claim, work: object) -> bool:
        """True when the claim was still good, which must be what the model says."""
        try:
            self.runner.run(work)  # type: ignore[arg-type]
        except LeaseLost:
            good = False
        else:
            good = True
        held = self.held.get(claim.job_id)
        assert good == (held is not None and held.token == claim.token)
        if good:
            del self.held[claim.job_id]
        return good

    async def _empty(self) -> None:
        async with self.database.unit_of_work() as session:
            await session.execute(delete(Job))

    def _subjects(self) -> set[str]:
        async def work() -> set[str]:
            async with self.database.reading() as session:
                return set(await session.scalars(select(Job.subject)))

        return self.runner.run(work())


EXAMPLES = {"sqlite": 40, "postgresql": 12}


@pytest.fixture
def life_url(engine: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """One database for all examples; in memory where there is a folder for it: they commit a lot."""
    if engine != "sqlite":
        yield request.getfixturevalue("url")
        return
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    shutil.copyfile(request.getfixturevalue("empty_database"), folder / "jobs.db")
    yield f"sqlite+aiosqlite:///{folder / 'jobs.db'}"
    shutil.rmtree(folder)


@pytest.fixture
def life(life_url: str) -> Iterator[type[JobLife]]:
    with asyncio.Runner() as runner:
        database = Database(life_url)
        yield type("Life", (JobLife,), {"database": database, "runner": runner})
        runner.run(database.dispose())


def test_claims_lose_no_job_and_hold_none_twice_in_any_order_of_things(life: type[JobLife], engine: str) -> None:
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=EXAMPLES[engine],
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


async def test_hand_out_gives_each_job_to_one_of_two_relays_on_one_file(database: Database, url: str) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    other = Database(url)
    async with database.unit_of_work() as session:
        for number in range(100):
            await outbox.put(session, "look", str(number), now=now)

    async def grow(own: Database) -> list[str]:
        handed: list[str] = []
        for limit in range(5, 121, 5):
            async with own.unit_of_work() as session:
                handovers = await handing.hand_out(session, {"look": limit}, now=now, deadline_s=30)
            handed += [handover.job_id for handover in handovers]
        return handed

    first, second = await asyncio.gather(grow(database), grow(other))
    await other.dispose()
    assert len(first) + len(second) == 100
    assert len({*first, *second}) == 100


async def test_hand_out_leaves_the_rest_due_when_the_limit_is_reached(database: Database) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    async with database.unit_of_work() as session:
        for number in range(5):
            await outbox.put(session, "look", str(number), now=now + timedelta(seconds=number))
    later = now + timedelta(minutes=1)
    async with database.unit_of_work() as session:
        first = await handing.hand_out(session, {"look": 2}, now=later, deadline_s=30)
        none = await handing.hand_out(session, {"look": 2}, now=later, deadline_s=30)
        oldest = [(await outbox.get_job(session, handover.job_id)).subject for handover in first]
    assert sorted(oldest) == ["0", "1"]
    assert none == []


async def test_decline_frees_what_nobody_took_and_leaves_what_runs(database: Database) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    async with database.unit_of_work() as session:
        for subject in ("taken", "waiting"):
            await outbox.put(session, "look", subject, now=now)
        handovers = await handing.hand_out(session, {"look": 2}, now=now, deadline_s=30)
        taken = [await claims.take(session, handover, now=now, lease_s=30) for handover in handovers[:1]]
        for handover in handovers:
            await claims.decline(session, handover)
    (claim,) = taken
    assert claim is not None
    async with database.reading() as session:
        states = {job.id: (job.state, job.attempts) for job in await outbox.list_jobs(session)}
    assert states.pop(claim.job_id) == (JobState.RUNNING, 1)
    assert list(states.values()) == [(JobState.DUE, 0)]


async def test_confirm_raises_lease_lost_when_the_job_was_deleted(database: Database) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    async with database.unit_of_work() as session:
        await outbox.put(session, "look", "a", now=now)
        [handover] = await handing.hand_out(session, {"look": 1}, now=now, deadline_s=30)
        claim = await claims.take(session, handover, now=now, lease_s=30)
    assert claim is not None
    async with database.unit_of_work() as session:
        await claim.confirm(session)
        await session.execute(delete(Job).where(Job.subject == "a"))
        with pytest.raises(LeaseLost):
            await claim.confirm(session)
