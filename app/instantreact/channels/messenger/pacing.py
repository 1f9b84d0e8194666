"""How fast we may send: token buckets for the Page and for each person, and one message at a time to each."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext

URGENT_MORE = 4
"""So many urgent messages to a person may start beyond their burst."""


class _Lane:
    """The messages to one person, in order; their bucket is full again at `full_at_s`."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.patient = asyncio.Lock()
        self.waiting = 0
        self.full_at_s = 0.0


class Pacer:
    """Hands out turns to send within this process.

    Nobody gets a turn while another message to the same person is under way, so that retries cannot reorder. A person
    gets one every `person_interval_s`, with bursts of `person_burst`. Messages that may wait take two of a burst at
    most, so that the texts of several alerts at once need not wait for their pictures. All together start at most
    `page_per_s` a second, with bursts of as many.

    What is urgent waits for no other message that is under way or waits. It takes `URGENT_MORE` beyond a person's
    burst, and a quarter beyond the Page's; whoever is not urgent waits so much longer for it.
    """

    def __init__(
        self,
        *,
        page_per_s: float = 20.0,
        person_interval_s: float = 1.0,
        person_burst: int = 6,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._page_per_s = page_per_s
        self._person_interval_s = person_interval_s
        self._person_slack_s = (person_burst - 1) * person_interval_s
        self._now = now
        self._sleep = sleep
        self._tokens = page_per_s
        self._urgent_per_s = self._urgent_tokens = page_per_s / 4
        self._counted_at_s = now()
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def urgent_turn(self, person: str) -> AsyncIterator[None]:
        """Wait until an urgent message to `person` may start."""
        lane, now = self._lanes.setdefault(person, _Lane()), self._now()
        lane.waiting += 1
        try:
            start_s = lane.full_at_s - self._person_slack_s - URGENT_MORE * self._person_interval_s
            lane.full_at_s = max(lane.full_at_s, now) + self._person_interval_s  # its place is taken from now on
            await self._pause(max(start_s - now, self._take_urgent_token()))
            yield
        finally:
            lane.waiting -= 1
            self._forget_idle()

    @asynccontextmanager
    async def turn(self, person: str, *, may_wait: bool = False) -> AsyncIterator[None]:
        """Wait until a message to `person` may start, and keep others to that person out until the block ends."""
        lane = self._lanes.setdefault(person, _Lane())
        lane.waiting += 1
        try:
            async with lane.patient if may_wait else nullcontext():
                if may_wait:
                    await self._let_pass(lane)
                async with lane.lock:
                    while (wait_s := lane.full_at_s - self._person_slack_s - self._now()) > 0:
                        await self._sleep(wait_s)
                    await self._pause(self._take_token())
                    lane.full_at_s = max(lane.full_at_s, self._now()) + self._person_interval_s
                    yield
        finally:
            lane.waiting -= 1
            self._forget_idle()

    async def _let_pass(self, lane: _Lane) -> None:
        """Wait outside of the lane until all but one message of its bucket are there again."""
        while (wait_s := lane.full_at_s - self._person_interval_s - self._now()) > 0:
            await self._sleep(wait_s)

    def _take_token(self) -> float:
        # The bucket may go below zero: whoever takes it there waits out that debt, and so they leave in order.
        now = self._now()
        passed_s, self._counted_at_s = now - self._counted_at_s, now
        self._tokens = min(self._page_per_s, self._tokens + passed_s * self._page_per_s) - 1
        self._urgent_tokens = min(self._urgent_per_s, self._urgent_tokens + passed_s * self._urgent_per_s)
        return -self._tokens / self._page_per_s

    def _take_urgent_token(self) -> float:
        """From the Page's bucket, or from the urgent ones' own where that is sooner; the others pay it back."""
        wait_s = self._take_token()
        if wait_s <= 0:
            return wait_s
        self._urgent_tokens -= 1
        return min(wait_s, -self._urgent_tokens / self._urgent_per_s)

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)

    def _forget_idle(self) -> None:
        now = self._now()
        self._lanes = {p: lane for p, lane in self._lanes.items() if lane.waiting or lane.full_at_s > now}
