import asyncio
import heapq
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.messenger.pacing import Pacer


class SimulatedTime:
    """Time that jumps to the next sleeper's end as soon as everybody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        ends: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now_s + seconds, next(self._numbers), ends))
        await ends

    async def run(self, *tasks: "asyncio.Task[None]") -> None:
        while not all(task.done() for task in tasks):
            for _ in range(20):
                await asyncio.sleep(0)
            if self._sleepers:
                self.now_s, _, ends = heapq.heappop(self._sleepers)
                if not ends.cancelled():
                    ends.set_result(None)
        for task in tasks:
            task.result()


async def send_all(
    people: list[str], *, takes_s: float, page_per_s: float = 20.0, person_burst: int = 6
) -> list[tuple[str, int, float, float]]:
    """Send to each of `people`, all at once: person, number, start and end of each send."""
    time, sends = SimulatedTime(), list[tuple[str, int, float, float]]()
    pacer = Pacer(page_per_s=page_per_s, person_burst=person_burst, now=time.now, sleep=time.sleep)

    async def send(person: str, number: int) -> None:
        async with pacer.turn(person):
            start_s = time.now()
            await time.sleep(takes_s)
            sends.append((person, number, start_s, time.now()))

    await time.run(*(asyncio.create_task(send(person, number)) for number, person in enumerate(people)))
    return sorted(sends, key=lambda sent: sent[2])


@given(
    people=st.lists(st.sampled_from("abc"), min_size=1, max_size=12),
    takes_s=st.sampled_from([0.01, 0.4, 3.0]),
    page_per_s=st.sampled_from([1.0, 2.0, 20.0]),
    burst=st.sampled_from([1, 2, 4]),
)
def test_pacer_keeps_every_limit_and_the_order_for_any_load(
    people: list[str], takes_s: float, page_per_s: float, burst: int
) -> None:
    sends = asyncio.run(send_all(people, takes_s=takes_s, page_per_s=page_per_s, person_burst=burst))
    assert len(sends) == len(people)
    for person in set(people):
        mine = [sent for sent in sends if sent[0] == person]
        assert [number for _, number, _, _ in mine] == sorted(number for _, number, _, _ in mine)
        assert all(later[2] >= earlier[3] for earlier, later in itertools.pairwise(mine))
        assert_within_bucket([start_s for _, _, start_s, _ in mine], per_s=1.0, burst=burst)
    assert_within_bucket([start_s for _, _, start_s, _ in sends], per_s=page_per_s, burst=page_per_s)


def assert_within_bucket(starts_s: list[float], *, per_s: float, burst: float) -> None:
    """Between any two starts lie no more than a full bucket and what flowed into it meanwhile."""
    for index, start_s in enumerate(starts_s):
        for count, earlier_s in enumerate(reversed(starts_s[:index]), start=2):
            assert count <= burst + per_s * (start_s - earlier_s) + 1e-6


async def test_pacer_lets_a_burst_through_at_once_when_the_bucket_is_full() -> None:
    sends = await send_all([str(number) for number in range(25)], takes_s=0.0001, page_per_s=20.0)
    at_once = [start_s for _, _, start_s, _ in sends if start_s == 0.0]
    assert len(at_once) == 20
    assert sends[-1][2] == pytest.approx(0.25, abs=0.01)


async def test_pacer_spaces_messages_to_a_person_when_their_bucket_is_empty() -> None:
    time = SimulatedTime()
    pacer = Pacer(now=time.now, sleep=time.sleep, person_burst=2)
    starts_s: list[float] = []

    async def send(count: int) -> None:
        for _ in range(count):
            async with pacer.turn("a"):
                starts_s.append(time.now())

    await time.run(asyncio.create_task(send(4)))
    time.now_s = 10.0
    await time.run(asyncio.create_task(send(3)))
    assert starts_s == [0.0, 0.0, 1.0, 2.0, 10.0, 10.0, 11.0]


async def test_pacer_lets_what_is_urgent_pass_what_may_wait() -> None:
    time = SimulatedTime()
    pacer = Pacer(now=time.now, sleep=time.sleep)
    starts: list[tuple[str, float]] = []

    async def tell(alert: int) -> None:
        await time.sleep(alert * 0.01)
        for part in ("text", "picture"):
            async with pacer.turn("guard", may_wait=part == "picture"):
                starts.append((f"{part} {alert}", round(time.now(), 2)))

    await time.run(*(asyncio.create_task(tell(alert)) for alert in range(4)))
    assert starts[:2] == [("text 0", 0.0), ("picture 0", 0.0)]
    assert starts[2:5] == [("text 1", 0.01), ("text 2", 0.02), ("text 3", 0.03)]
    assert starts[5:] == [("picture 1", 4.0), ("picture 2", 5.0), ("picture 3", 6.0)]


async def test_pacer_forgets_people_when_their_turn_is_long_past() -> None:
    time = SimulatedTime()
    pacer = Pacer(now=time.now, sleep=time.sleep)
    for number in range(50):
        time.now_s += 2.0
        async with pacer.turn(str(number)):
            pass
    assert list(pacer._lanes) == ["49"]  # nothing but its memory shows that it forgets


async def test_pacer_lets_others_pass_when_one_person_waits() -> None:
    sends = await send_all(["slow", "slow", "other"], takes_s=5.0)
    assert [(person, start_s) for person, _, start_s, _ in sends] == [("slow", 0.0), ("other", 0.0), ("slow", 5.0)]


async def test_pacer_hands_the_turn_on_when_a_send_fails_or_is_cancelled() -> None:
    pacer = Pacer(person_interval_s=0)
    with pytest.raises(ValueError, match="refused"):
        async with pacer.turn("a"):
            raise ValueError("refused")
    async with pacer.turn("a"):
        waiting = asyncio.create_task(pacer.turn("a").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(5), pacer.turn("a"):
        pass


async def test_pacer_lets_urgent_messages_wait_for_nobody_else() -> None:
    time = SimulatedTime()
    pacer = Pacer(now=time.now, sleep=time.sleep)
    starts: list[tuple[str, float]] = []

    async def send(name: str, *, person: str = "guard", is_urgent: bool = False) -> None:
        async with pacer.urgent_turn(person) if is_urgent else pacer.turn(person):
            starts.append((name, round(time.now(), 2)))
            await time.sleep(0.0 if is_urgent else 20.0)  # the others hang

    async def send_urgent() -> None:
        await time.sleep(0.5)
        await asyncio.gather(*(send(f"urgent {number}", is_urgent=True) for number in range(3)))

    ordinary = [send(f"{number}") for number in range(9)] + [send("x", person=f"{number}") for number in range(60)]
    await time.run(*(asyncio.create_task(each) for each in (*ordinary, send_urgent())))
    assert [at for name, at in starts if name.startswith("urgent")] == [0.5, 0.5, 0.5]


async def test_pacer_makes_the_others_pay_for_what_was_urgent_and_bounds_that_too() -> None:
    time = SimulatedTime()
    pacer = Pacer(now=time.now, sleep=time.sleep, person_burst=2)
    starts: dict[str, list[float]] = {"urgent": [], "ordinary": []}

    async def send(name: str) -> None:
        async with pacer.urgent_turn("guard") if name == "urgent" else pacer.turn("guard"):
            starts[name].append(round(time.now(), 2))

    await time.run(*(asyncio.create_task(send("urgent")) for _ in range(8)), asyncio.create_task(send("ordinary")))
    assert starts == {"urgent": [0.0] * 6 + [1.0, 2.0], "ordinary": [7.0]}
