"""Erases spans of cameras, and people: in small transactions, so that nobody waits, each of which may be the last.

It stands on what the purge stands on: a row lets go of its file together with a note that the file is doomed. Whoever
takes an erasure up again looks for what is left of it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.erasure import ErasureKind, ErasureStage, Person, Span
from instantreact.errors import FilesUnreachable
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.purge import delete_doomed
from instantreact.pipeline.scrub import clean_file, merge_words
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import erasing_spans, erasures, scrubbing
from instantreact.storage.erasing_people import PERSON_STEPS, TakeRows
from instantreact.storage.erasing_spans import SPAN_STEPS, Taken, TakeSpan
from instantreact.storage.removing import doom_files, forget_gone_news
from instantreact.storage.spans import list_clips_in
from instantreact.storage.tables import Erasure

LATE_S = 15.0
"""So long a process may take to write down what somebody did."""

LOG_S = 5.0
"""How soon SQLite's log is looked at again where somebody read."""

LEFT_ELSEWHERE = (
    "What was sent stays in people's chats.",
    "Backups that were made before hold all of it: delete them, or erase again once one is restored.",
    "What processes have logged, snapshots of disks and the archives of a database server are not reached.",
)
"""Where an erasure ends."""

_ROWS = 50  # of one transaction
_REST_S = 0.01
_TRIES = 1000

log = get_logger(__name__)

Take = Callable[[AsyncSession], Awaitable[Taken]]


async def queue_erasure(session: AsyncSession, erasure: Erasure) -> Erasure:
    """Have it seen through from the end of this transaction on, whatever happens to this process."""
    await _put(session, erasure)
    log.info("erasure.begun", erasure_id=erasure.id, kind=erasure.kind)
    return erasure


async def erase(services: Services, claim: Claim) -> None:
    """Go on with the erasure `claim.subject` until it is over, or until something has to be waited for."""
    wait_s = await Eraser(services, claim).go_on(claim.subject)
    async with services.database.unit_of_work() as session:
        if wait_s is not None:
            again_at = services.clock.now() + timedelta(seconds=wait_s)
            await outbox.put(
                session, StepName.ERASE, claim.subject, now=services.clock.now(), run_at=again_at, max_attempts=_TRIES
            )
        await claim.finish(session)


@dataclass(frozen=True)
class Eraser:
    """Sees erasures through: as a job, which holds a `claim`, or as a command, which needs none. Both may at once."""

    services: Services
    claim: Claim | None = None

    async def go_on(self, erasure_id: str) -> float | None:
        """Seconds after which to come again; None when nothing is left to do.

        Raises NotFound, and StorageFull and StorageBusy where it has to be tried again.
        """
        wait_s = None
        while wait_s is None:
            async with self.services.database.reading() as session:
                erasure = await erasures.get_erasure(session, erasure_id)
            if erasure.stage is ErasureStage.DONE:
                return None
            wait_s = await self._run_stage(erasure)
        return wait_s

    async def _run_stage(self, erasure: Erasure) -> float | None:
        match erasure.stage:
            case ErasureStage.ROWS:
                await self._take_rows(erasure)
                is_span = erasure.kind is ErasureKind.SPAN
                await self._enter(erasure, ErasureStage.WORDS if is_span else ErasureStage.LATE)
            case ErasureStage.LATE:
                wait_s = self._find_wait_s(erasure)
                if wait_s > 0:
                    return wait_s
                await self._take_rows(erasure)
                await self._enter(erasure, ErasureStage.FILE)
            case ErasureStage.WORDS:
                await merge_words(self.services)
                await self._enter(erasure, ErasureStage.FILE)
            case ErasureStage.FILE:
                remains = await clean_file(self.services)
                await self._enter(erasure, ErasureStage.LOG, remains=remains)
            case _:
                await delete_doomed(self.services)
                database = self.services.database
                if database.is_sqlite and not await scrubbing.empty_log(database):
                    return LOG_S
                await self._enter(erasure, ErasureStage.DONE)
        return None

    async def _take_rows(self, erasure: Erasure) -> None:
        if erasure.camera_id is not None and erasure.since is not None and erasure.until is not None:
            await self._take_span(erasure, Span(erasure.camera_id, erasure.since, erasure.until))
        elif erasure.person is not None and erasure.pseudonym is not None:
            await self._take_person(erasure, erasure.person, erasure.pseudonym)
        await self._forget_news(erasure)

    async def _take_person(self, erasure: Erasure, person: Person, pseudonym: str) -> None:
        for find, take in PERSON_STEPS:
            async with self.services.database.reading() as session:
                ids = await find(session, person, pseudonym)
            for at in range(0, len(ids), _ROWS):
                await self._take(erasure, _of_person(take, ids[at : at + _ROWS], pseudonym))

    async def _take_span(self, erasure: Erasure, span: Span) -> None:
        async with self.services.database.reading() as session:
            clip_ids = await list_clips_in(session, span)
        for clip_id in clip_ids:
            await self._exhaust(erasure, _unfinished(clip_id))
        for step in SPAN_STEPS:
            await self._exhaust(erasure, _of_span(step, span))
        for clip_id in clip_ids:
            await self._take_clip(erasure, span, clip_id)

    async def _take_clip(self, erasure: Erasure, span: Span, clip_id: str) -> None:
        """What is left of an upload of which the file and some events are in the span."""
        after: int | None = -1

        async def take_words(session: AsyncSession) -> Taken:
            nonlocal after
            assert after is not None  # noqa: S101 the loop ends then
            taken, after = await erasing_spans.take_words(session, span, clip_id, after=after, limit=_ROWS)
            return taken

        while after is not None:
            await self._take(erasure, take_words)
        await self._take(erasure, lambda session: erasing_spans.take_clip(session, clip_id))

    async def _forget_news(self, erasure: Erasure) -> None:
        after: int | None = 0
        while after is not None:
            async with self.services.database.unit_of_work() as session:
                await self._lock(session, erasure)
                after = await forget_gone_news(session, after=after)
            await asyncio.sleep(_REST_S)

    async def _exhaust(self, erasure: Erasure, take: Take) -> None:
        while await self._take(erasure, take):
            continue

    async def _take(self, erasure: Erasure, take: Take) -> int:
        """One small transaction, and the files that it lets go of; how many rows it was about."""
        began_s = time.monotonic()
        async with self.services.database.unit_of_work() as session:
            locked = await self._lock(session, erasure)
            taken = await take(session)
            await doom_files(session, taken.keys)
            await erasures.add_counts(session, locked, taken.counts)
        if taken.rows:
            log.info("erasure.took", erasure_id=erasure.id, rows=taken.rows, files=len(taken.keys))
        if taken.keys:
            await self._delete_files()
        await asyncio.sleep(max(_REST_S, time.monotonic() - began_s))  # half of the time is others'
        return taken.rows

    async def _delete_files(self) -> None:
        try:
            await delete_doomed(self.services)
        except FilesUnreachable as error:  # the rows go meanwhile, and the erasure does not end before the files
            log.warning("erasure.files_left", reason=str(error))

    async def _enter(self, erasure: Erasure, stage: ErasureStage, *, remains: str | None = None) -> None:
        """Unless somebody else is further."""
        now = self.services.clock.now()
        async with self.services.database.unit_of_work() as session:
            locked = await self._lock(session, erasure)
            if locked.stage is not erasure.stage:
                return
            erasures.enter_stage(locked, stage, late_at=now + timedelta(seconds=LATE_S), remains=remains)
            if stage is ErasureStage.DONE:
                locked.finished_at = now
                log.info("erasure.finished", erasure_id=erasure.id, kind=erasure.kind)

    async def _lock(self, session: AsyncSession, erasure: Erasure) -> Erasure:
        if self.claim is not None:
            await self.claim.confirm(session)
        return await erasures.lock_erasure(session, erasure.id)

    def _find_wait_s(self, erasure: Erasure) -> float:
        late_at = erasure.looks_again_at
        return (late_at - self.services.clock.now()).total_seconds() if late_at else 0.0


def _of_person(take: TakeRows, ids: Sequence[str], pseudonym: str) -> Take:
    return lambda session: take(session, ids, pseudonym)


def _of_span(step: TakeSpan, span: Span) -> Take:
    return lambda session: step(session, span, _ROWS)


def _unfinished(clip_id: str) -> Take:
    return lambda session: erasing_spans.take_unfinished_clip(session, clip_id, _ROWS)


async def _put(session: AsyncSession, erasure: Erasure) -> None:
    await outbox.put(session, StepName.ERASE, erasure.id, now=erasure.requested_at, max_attempts=_TRIES)
