"""The relay hands due jobs to the broker, never more than the workers have room for."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from math import inf

from instantreact.clock import Clock
from instantreact.errors import InstantReactError
from instantreact.jobs.broker import JobBroker
from instantreact.jobs.claims import Handover, decline, hasten
from instantreact.jobs.handing import hand_out
from instantreact.jobs.inherit import free_dead
from instantreact.jobs.outbox import TOPIC
from instantreact.jobs.room import count_room
from instantreact.logs import get_logger
from instantreact.storage.database import Database
from instantreact.storage.neighbours import Neighbours

CLOCK_STEP_S = 5.0
"""A clock that goes back further than this between two looks was set, not corrected a little."""

BREATH_S = 0.02
"""Two looks lie so far apart: while hundreds of jobs end in a second, several places are filled by one."""

LONGEST_PAUSE_S = 10.0
"""At least so often a database or broker that fails is tried."""

log = get_logger(__name__)


class Relay:
    """Looks for due jobs as soon as this process commits one, and every `poll_s` for those of others.

    `limits` are the jobs of each kind that the worker of the process `owner` runs at once. Without them the jobs go to
    any worker that shares the broker, and what these offer together is the limit.
    A message that no worker took within `deadline_s` counts as lost, and its job is due again.
    What a neighbour that died had in hand is due at once.
    When the clock was set back, whatever waits is due at once: better a try too early than an alert an hour late.
    """

    def __init__(
        self,
        database: Database,
        broker: JobBroker,
        *,
        clock: Clock,
        limits: Mapping[str, int] | None = None,
        owner: str | None = None,
        neighbours: Neighbours | None = None,
        deadline_s: float = 30.0,
        poll_s: float = 0.5,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._broker = broker
        self._limits = limits
        self._owner = owner
        self._neighbours = neighbours
        self._clock = clock
        self._deadline_s = deadline_s
        self._poll_s = poll_s
        self._wake = database.subscribe(TOPIC)
        self._monotonic = monotonic
        self._look_at_neighbours_s = -inf
        self._offset_s = self._measure_offset_s()

    async def hand_out_due(self) -> int:
        """Send what is due and finds room; returns how many jobs that were."""
        if self._neighbours is not None and self._monotonic() >= self._look_at_neighbours_s:
            await free_dead(self._database, self._neighbours, clock=self._clock)
            self._look_at_neighbours_s = self._monotonic() + self._poll_s
        offset_s = self._measure_offset_s()
        async with self._database.unit_of_work() as session:
            if offset_s < self._offset_s - CLOCK_STEP_S:
                log.warning("relay.clock_set_back", seconds=round(self._offset_s - offset_s))
                await hasten(session, now=self._clock.now())
            now = self._clock.now()
            limits = await count_room(session, now=now) if self._limits is None else self._limits
            handovers = await hand_out(session, limits, now=now, deadline_s=self._deadline_s, owner=self._owner)
        self._offset_s = offset_s
        await self._send(handovers)
        return len(handovers)

    async def _send(self, handovers: Sequence[Handover]) -> None:
        """What the broker does not take is due again at once, instead of at its deadline."""
        for number, handover in enumerate(handovers):
            try:
                await self._broker.send(handover)
            except Exception:
                await self._give_back(handovers[number:])
                raise

    async def _give_back(self, handovers: Sequence[Handover]) -> None:
        async with self._database.unit_of_work() as session:
            for handover in handovers:
                await decline(session, handover)  # a worker may have it after all

    def _measure_offset_s(self) -> float:
        """How far the clock is from one that nobody sets."""
        return self._clock.now().timestamp() - self._monotonic()

    async def run(self) -> None:
        """Hand out until cancelled. A database or broker that fails is tried again, less and less often: due jobs
        stay due.
        """
        pause_s = self._poll_s
        while True:
            self._wake.clear()
            try:
                await self.hand_out_due()
                pause_s = self._poll_s
            except Exception as error:
                _log_failure(error)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            await asyncio.sleep(BREATH_S)
            # Not wait_for(): in Python 3.11 it swallows a cancellation that comes together with what it waits for.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._wake.wait()


def _log_failure(error: Exception) -> None:
    if isinstance(error, InstantReactError):
        log.error("relay.failed", reason=str(error))
    else:
        log.error("relay.failed", exc_info=error)
