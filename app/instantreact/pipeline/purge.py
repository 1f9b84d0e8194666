"""Removes what was kept for long enough, what there is no room for, and files that no row knows.

A row lets go of its file in one transaction with a note that the file is doomed; then the file is deleted, and then the
note. Whatever dies in between, no row is left without its file, and no file for good.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.retention import FOLDERS, ROOM_MAKERS, KeptKind
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import retention
from instantreact.storage.bindings import MARKER
from instantreact.storage.blobs import FolderUsage, LocalBlobs
from instantreact.storage.removing import doom_files, forget_doomed, list_doomed, list_referenced

SETTLED = timedelta(hours=1)
"""A younger file may belong to an upload or event that is about to be committed."""

TURN_S = 2.0
"""So long one run of the job takes away; then others have their turn."""

PAUSE_S = 0.5
EVERY_S = 600.0
SUBJECT = "all"

_BATCH = 500
_ROWS = 50  # of one transaction
_REST_S = 0.01
_TRIES = 1000  # a purge that nobody takes up again would let the disk run full

log = get_logger(__name__)


async def queue_purge(services: Services) -> None:
    """Look at once what has been kept for long enough, as at the start of a process, and from then on."""
    async with services.database.unit_of_work() as session:
        await _put(session, now=services.clock.now())


async def purge(services: Services, claim: Claim) -> None:
    """Take away for a while what is too old or too much, and come again: soon where more is left."""
    ends_s = time.monotonic() + TURN_S
    await delete_doomed(services)
    has_more = await _purge_old(services, claim, ends_s)
    usage = await services.threads.run(services.blobs.measure_folders)
    has_more = await _make_room(services, claim, usage, ends_s) or has_more
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        for folder, kind in FOLDERS.items():
            found = usage.get(folder, FolderUsage())
            await retention.note_kept(session, kind, now=now, files=found.files, size_bytes=found.size_bytes)
        await _put(session, now=now, after_s=PAUSE_S if has_more else EVERY_S)
        await claim.finish(session)


async def delete_doomed(services: Services) -> int:
    """Delete the files that nothing refers to any more, a few at a time; how many bytes that were."""
    total_bytes = 0
    while True:
        async with services.database.reading() as session:
            doomed = await list_doomed(session, limit=_BATCH)
        if not doomed:
            return total_bytes
        sizes = {file.key: await services.threads.run(_delete, services, file.key) for file in doomed}
        total_bytes += sum(sizes.values())
        async with services.database.unit_of_work() as session:
            for kind in {file.kind for file in doomed if file.kind}:
                keys = [file.key for file in doomed if file.kind is kind]
                freed = sum(sizes[key] for key in keys)
                now = services.clock.now()
                await retention.count_purged(session, kind, now=now, files=len(keys), size_bytes=freed)
            await forget_doomed(session, list(sizes))


async def purge_orphans(services: Services) -> int:
    """Delete files older than an hour that nothing refers to: what a crash left between writing a file and its row;
    how many files that were. For the start of a process.
    """
    before = services.clock.now() - SETTLED
    found = await services.threads.run(lambda: list(services.blobs.list_older(before.timestamp())))
    keys = [key for key in found if key != MARKER]
    deleted = 0
    for at in range(0, len(keys), _BATCH):
        batch = keys[at : at + _BATCH]
        async with services.database.reading() as session:
            known = await list_referenced(session, batch)
        for key in set(batch) - known:
            await services.threads.run(services.blobs.delete, key)
            deleted += 1
    if deleted:
        log.info("blobs.purged", files=deleted)
    return deleted


async def discard_unless_filed(services: Services, blob_key: str) -> None:
    """Delete a file whose row could not be committed, it seems: the error may have come after the commit."""
    async with services.database.reading() as session:
        if await list_referenced(session, [blob_key]):
            return
    await services.threads.run(services.blobs.delete, blob_key)


async def _put(session: AsyncSession, *, now: datetime, after_s: float = 0.0) -> None:
    run_at = now + timedelta(seconds=after_s)
    await outbox.put(session, StepName.PURGE, SUBJECT, now=now, run_at=run_at, max_attempts=_TRIES)


async def _purge_old(services: Services, claim: Claim, ends_s: float) -> bool:
    """Whether more is left to take away."""
    policy, has_more = services.retention, False
    for kind in retention.TAKERS:
        before = policy.cutoff(kind, services.clock.now())
        while before is not None and (rows := await _take(services, claim, kind, before)):
            if kind is KeptKind.UTTERANCES:
                log.warning("utterances.given_up", utterances=rows)
            if time.monotonic() > ends_s:
                has_more = True
                break
    return has_more


async def _make_room(services: Services, claim: Claim, usage: Mapping[str, FolderUsage], ends_s: float) -> bool:
    """Take away the oldest pictures and clips, until enough room is there or nothing is left that may go."""
    excess = await _measure_excess(services, sum(each.size_bytes for each in usage.values()))
    for kind in ROOM_MAKERS:
        while excess > 0:
            if time.monotonic() > ends_s:
                return True
            async with services.database.unit_of_work() as session:
                keys = await _take_in(services, session, claim, kind, services.clock.now())
            if keys is None:
                break
            excess -= await delete_doomed(services)
    if excess > 0:
        log.error("purge.no_room", excess_bytes=excess, reason="The rest is pinned or too young: make room.")
    return False


async def _measure_excess(services: Services, kept_bytes: int) -> int:
    policy, blobs = services.retention, services.blobs
    above = kept_bytes - policy.max_bytes if policy.max_bytes is not None else 0
    if isinstance(blobs, LocalBlobs):
        free_bytes, _ = await services.threads.run(blobs.measure_disk)
        above = max(above, policy.free_bytes - free_bytes)
    return above


async def _take(services: Services, claim: Claim, kind: KeptKind, before: datetime) -> int:
    """One small transaction, and the files that it lets go of; how many rows it was about."""
    async with services.database.unit_of_work() as session:
        rows = await _take_in(services, session, claim, kind, before)
    await delete_doomed(services)
    await asyncio.sleep(_REST_S)
    return rows or 0


async def _take_in(
    services: Services, session: AsyncSession, claim: Claim, kind: KeptKind, before: datetime
) -> int | None:
    await claim.confirm(session)
    removed = await retention.TAKERS[kind](session, before, _ROWS)
    if not removed.rows:
        return None
    await doom_files(session, removed.keys, kind)
    await retention.count_purged(session, kind, now=services.clock.now(), rows=removed.rows)
    log.info("purge.took", kind=kind, rows=removed.rows, files=len(removed.keys))
    return removed.rows


def _delete(services: Services, key: str) -> int:
    size_bytes = services.blobs.size_bytes(key)
    services.blobs.delete(key)
    return size_bytes
