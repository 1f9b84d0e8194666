"""The relay hands due jobs to the broker, never more than the workers have room for."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping

from instantreact.clock import Clock
from instantreact.errors import StorageFull
from instantreact.jobs.broker import JobBroker
from instantreact.jobs.claims import hand_out, hasten
from instantreact.jobs.outbox import TOPIC
from instantreact.logs import get_logger
from instantreact.storage.database import Database

CLOCK_STEP_S = 5.0
"""A clock that goes back further than this between two looks was set, not corrected a little."""

LONGEST_PAUSE_S = 10.0
"""At least so often a database or broker that fails is tried."""

log = get_logger(__name__)


class Relay:
    """Looks for due jobs as soon as this process commits one, and every `poll_s` for those of others.

    `limits` are the jobs of each kind that may be in hand at once, all workers together.
    A message that no worker took within `deadline_s` counts as lost, and its job is due again.
    When the clock was set back, whatever waits is due at once: better a try too early than an alert an hour late.
    """

    def __init__(
        self,
        database: Database,
        broker: JobBroker,
        *,
        limits: Mapping[str, int],
        clock: Clock,
        deadline_s: float = 30.0,
        poll_s: float = 0.5,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._broker = broker
        self._limits = limits
        self._clock = clock
        self._deadline_s = deadline_s
        self._poll_s = poll_s
        self._wake = database.subscribe(TOPIC)
        self._monotonic = monotonic
        self._offset_s = self._measure_offset_s()

    async def hand_out_due(self) -> int:
        """Send what is due and finds room; returns how many jobs that were."""
        offset_s = self._measure_offset_s()
        async with self._database.unit_of_work() as session:
            if offset_s < self._offset_s - CLOCK_STEP_S:
                log.warning("relay.clock_set_back", seconds=round(self._offset_s - offset_s))
                await hasten(session, now=self._clock.now())
            handovers = await hand_out(session, self._limits, now=self._clock.now(), deadline_s=self._deadline_s)
        self._offset_s = offset_s
        for handover in handovers:
            await self._broker.send(handover)
        return len(handovers)

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
            # Not wait_for(): in Python 3.11 it swallows a cancellation that comes together with what it waits for.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._wake.wait()


def _log_failure(error: Exception) -> None:
    if isinstance(error, StorageFull):
        log.error("relay.failed", reason=str(error))
    else:
        log.error("relay.failed", exc_info=error)
