"""A worker takes the jobs handed to it, runs them, and records how each ended."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact import tracing
from instantreact.clock import Clock
from instantreact.errors import InstantReactError, LeaseLost, StorageBusy, StorageFull, Transient
from instantreact.jobs import claims
from instantreact.jobs.claims import Claim, Handover
from instantreact.jobs.retry import Backoff, delay_s
from instantreact.jobs.room import offer_room, withdraw_room
from instantreact.logs import bind_request_id, get_logger
from instantreact.storage.database import Database
from instantreact.storage.tables import new_id

ROOM_WAIT_S = 10.0
"""How long a job waits when the disk is full, before it is tried again."""

log = get_logger(__name__)

Handler = Callable[[Claim], Awaitable[None]]
BuriedHook = Callable[[AsyncSession, str, str], Awaitable[None]]


@dataclass(frozen=True)
class JobKind:
    """What to do with the jobs of a kind.

    run         does the work; commits what it did together with `claim.finish(session)`. It may run twice.
                Returning without having finished the claim also ends the job.
    on_buried   called with (session, subject, reason) in the transaction that buries a job
    limit       how many may be in hand at once
    backoff     the waits between tries
    """

    run: Handler
    on_buried: BuriedHook
    limit: int = 1
    backoff: Backoff = field(default_factory=Backoff)


class Worker:
    """Runs jobs on this event loop and keeps their leases alive meanwhile.

    `owner` is the name of its process. A shared worker lets every relay know how much room it has.
    """

    def __init__(
        self,
        database: Database,
        kinds: Mapping[str, JobKind],
        *,
        clock: Clock,
        random: Random,
        owner: str | None = None,
        is_shared: bool = False,
        lease_s: float = 30.0,
        heartbeat_s: float = 10.0,
    ) -> None:
        self._database = database
        self._kinds = kinds
        self._clock = clock
        self._random = random
        self._owner = owner
        self._is_shared = is_shared
        self._lease_s = lease_s
        self._heartbeat_s = heartbeat_s
        self._running: dict[str, asyncio.Task[None]] = {}
        self._lost: set[str] = set()
        self._stopping = False

    async def run_job(self, handover: Handover) -> None:
        """Take the job if the token is still good, and see it through. Raises nothing that a job raises.

        A message that comes again while its job runs here changes nothing.
        """
        if handover.token in self._running:
            return
        if self._stopping:
            await self._decline(handover)
            return
        task = asyncio.create_task(self._see_through(handover), name=f"job {handover.job_id}")
        self._running[handover.token] = task
        try:
            await asyncio.wait([task])
        finally:
            del self._running[handover.token]

    async def run_heartbeat(self) -> None:
        """Renew the leases of what runs until cancelled."""
        while True:
            await asyncio.sleep(self._heartbeat_s)
            try:
                await self.renew_leases()
            except (StorageFull, StorageBusy) as error:
                log.error("worker.heartbeat_failed", reason=str(error))
            except Exception:
                log.exception("worker.heartbeat_failed")

    async def renew_leases(self) -> None:
        """One beat. What is no longer ours at two beats in a row, because it was deleted for example, is interrupted.

        At one beat it may be a run that has just finished its claim and is putting its things away.
        """
        tokens = list(self._running)
        if not tokens and not self._is_shared:
            return
        async with self._database.unit_of_work() as session:
            if self._is_shared:
                await self._offer_room(session)
            good = await claims.renew(session, tokens, now=self._clock.now(), lease_s=self._lease_s)
        lost = self._running.keys() & set(tokens) - good
        for token in lost & self._lost:
            self._running[token].cancel()
        self._lost = lost

    async def stop(self, *, grace_s: float) -> None:
        """Take nothing more; give what still runs after `grace_s` back, to be run again by somebody else."""
        self._stopping = True
        await self._withdraw_room()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=grace_s)
        for task in self._running.values():
            task.cancel()
        if self._running:
            await asyncio.wait(self._running.values())

    async def _offer_room(self, session: AsyncSession) -> None:
        if self._owner is None or self._stopping:
            return
        room = {name: kind.limit for name, kind in self._kinds.items()}
        await offer_room(session, self._owner, room, now=self._clock.now(), lease_s=self._lease_s)

    async def _withdraw_room(self) -> None:
        if self._owner is None or not self._is_shared:
            return
        try:
            async with self._database.unit_of_work() as session:
                await withdraw_room(session, self._owner)
        except Transient as error:  # it runs out by itself
            log.warning("worker.room_kept", reason=str(error))

    async def _see_through(self, handover: Handover) -> None:
        try:
            claim = await self._take(handover)
            if claim is not None:
                bind_request_id(claim.request_id or new_id())  # of this task, and what it queues
                with tracing.span(f"job {claim.kind}", claim.traceparent, subject=claim.subject, attempt=claim.attempt):
                    await self._run(claim)
        except LeaseLost:
            log.info("job.lease_lost", job_id=handover.job_id)
        except asyncio.CancelledError:
            await self._release(handover)
        except StorageFull as error:
            log.error("job.unfinished", job_id=handover.job_id, reason=str(error))
        except Exception:
            log.exception("job.unfinished", job_id=handover.job_id)  # its lease passes, then it is due again

    async def _take(self, handover: Handover) -> Claim | None:
        taking = claims.TakeRequest(handover, self._clock.now(), self._lease_s, self._owner)
        return await self._database.write_together(claims.take_all, taking)

    async def _run(self, claim: Claim) -> None:
        if claim.attempt > claim.max_attempts:
            await self._bury(claim, f"None of {claim.max_attempts} tries came to an end: the worker died in the last.")
            return
        try:
            await self._kinds[claim.kind].run(claim)
        except LeaseLost:
            raise
        except StorageFull as error:  # sooner or later somebody makes room: no work is given up for it
            await self._defer(claim, str(error), error.retry_after_s or ROOM_WAIT_S, counts=False)
        except Transient as error:
            await self._retry(claim, str(error), retry_after_s=error.retry_after_s)
        except InstantReactError as error:
            await self._bury(claim, str(error))
        except Exception as error:
            log.exception("job.broke", kind=claim.kind, subject=claim.subject, attempt=claim.attempt)
            await self._retry(claim, f"{type(error).__name__}: {error}")
        else:
            await self._finish(claim)

    async def _finish(self, claim: Claim) -> None:
        with contextlib.suppress(LeaseLost):  # the usual case: the run has finished its claim itself
            await self._database.write_together(claims.finish_all, claim)

    async def _retry(self, claim: Claim, reason: str, *, retry_after_s: float | None = None) -> None:
        if claim.attempt >= claim.max_attempts:
            await self._bury(claim, reason)
            return
        backoff = self._kinds[claim.kind].backoff
        wait_s = delay_s(backoff, claim.attempt, random=self._random, retry_after_s=retry_after_s)
        await self._defer(claim, reason, wait_s)

    async def _defer(self, claim: Claim, reason: str, wait_s: float, *, counts: bool = True) -> None:
        async with self._database.unit_of_work() as session:
            run_at = self._clock.now() + timedelta(seconds=wait_s)
            await claims.retry_later(session, claim, run_at=run_at, error=reason, counts=counts)
        log.warning("job.deferred", kind=claim.kind, subject=claim.subject, wait_s=round(wait_s, 1), reason=reason)

    async def _bury(self, claim: Claim, reason: str) -> None:
        async with self._database.unit_of_work() as session:
            if not await claims.bury(session, claim, error=reason):
                return
            await self._kinds[claim.kind].on_buried(session, claim.subject, reason)
        log.error("job.buried", kind=claim.kind, subject=claim.subject, attempt=claim.attempt, reason=reason)

    async def _decline(self, handover: Handover) -> None:
        async with self._database.unit_of_work() as session:
            await claims.decline(session, handover)

    async def _release(self, handover: Handover) -> None:
        with contextlib.suppress(LeaseLost):
            async with self._database.unit_of_work() as session:
                await claims.release(session, handover)
        log.info("job.interrupted", job_id=handover.job_id)
