"""What SQLite keeps of deleted rows goes as well; where that would keep others waiting, when its operator says so."""

import asyncio

from instantreact.errors import StorageFull
from instantreact.pipeline.services import Services
from instantreact.storage import erasures, scrubbing

LARGE = (
    "SQLite's file is too large to be written anew while others wait: copies of erased rows may stand in unused parts "
    "of it, until `instantreact erase scrub` is run."
)
NO_ROOM = (
    "There was no room to write SQLite's file anew: copies of erased rows may stand in unused parts of it, until "
    "`instantreact erase scrub` is run."
)
_REST_S = 0.01
_READERS_S = 1.0


async def merge_words(services: Services) -> None:
    """Take the words of deleted events out of the search index: all that are there now, some at a time."""
    if not services.database.is_sqlite:
        return
    is_first, has_more = True, True
    while has_more:
        async with services.database.unit_of_work() as session:
            has_more = await scrubbing.merge_words(session, is_first=is_first)
        is_first = False
        await asyncio.sleep(_REST_S)


async def clean_file(services: Services) -> str | None:
    """Write SQLite's file anew if that takes a moment only. What is left otherwise, and how it goes, in words."""
    database = services.database
    if not database.is_sqlite:
        return None
    if not await scrubbing.is_small(database):
        return LARGE
    try:
        await scrubbing.write_anew(database)
    except StorageFull:
        return NO_ROOM
    return None


async def scrub(services: Services) -> None:
    """Write SQLite's file anew, however large it is, while others wait to write: nothing of what is erased is left.

    Raises StorageFull where there is no room for a copy, and StorageBusy where others do not let go of it.
    """
    if not services.database.is_sqlite:
        return
    await merge_words(services)
    await scrubbing.write_anew(services.database)
    async with services.database.unit_of_work() as session:
        await erasures.forget_remains(session)
    is_empty = await scrubbing.empty_log(services.database)
    while not is_empty:
        await asyncio.sleep(_READERS_S)
        is_empty = await scrubbing.empty_log(services.database)
