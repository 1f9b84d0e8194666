"""Removes files that no row knows: what a crash or an error left behind between writing a file and its row."""

from datetime import timedelta

from instantreact.logs import get_logger
from instantreact.pipeline.services import Services
from instantreact.storage.bindings import MARKER
from instantreact.storage.references import list_referenced
from instantreact.storage.utterances import delete_utterances_before

SETTLED = timedelta(hours=1)
"""A younger file may belong to an upload or event that is about to be committed."""

RECOGNISABLE = timedelta(days=7)
"""What was said is kept so long for a recogniser, or for somebody who runs its buried job again."""

_BATCH = 500

log = get_logger(__name__)


async def purge_orphans(services: Services) -> int:
    """Delete files older than an hour that nothing refers to, and utterances that nobody recognised for a week; how
    many files that were. For the start of a process.
    """
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        if given_up := await delete_utterances_before(session, now - RECOGNISABLE):
            log.warning("utterances.given_up", utterances=given_up)
    before = now - SETTLED
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
