"""What browsers play of a file: the file itself, or one that is made of it once, beside it, when somebody asks.

Whatever dooms the file dooms its rendition (`storage/removing.doom_files`).
"""

import asyncio
from collections.abc import Generator
from contextlib import aclosing, closing

from instantreact.errors import NotFound, TooBusy
from instantreact.logs import get_logger
from instantreact.media.rendition import plays_in_browsers
from instantreact.pipeline.services import Services
from instantreact.storage.renditions import find_rendition, insert_rendition

WAIT_S = 20.0
"""Whoever asks waits so long; then it is made all the same, and there when they ask again."""

RETRY_S = 5.0
MOST_WAITING = 16

log = get_logger(__name__)


class Renditions:
    """Makes them one at a time, each for all who ask."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._one = asyncio.Semaphore(1)
        self._making: dict[str, asyncio.Task[str]] = {}

    async def find(self, key: str, *, wait_s: float = WAIT_S) -> str:
        """The key of what is played instead of the file `key`, which may be itself.

        Raises NotFound, UnreadableMedia, UnsupportedMedia, TooLarge, and TooBusy while it is being made.
        """
        async with self._services.database.reading() as session:
            known = await find_rendition(session, key)
        if known is not None:
            return known.blob_key or key
        if key not in self._making:
            if len(self._making) >= MOST_WAITING:
                raise TooBusy("Too many clips wait to be coded for browsers; try again later.", retry_after_s=RETRY_S)
            making = self._making[key] = asyncio.create_task(self._make(key))
            making.add_done_callback(lambda done: self._forget(key, done))
        try:
            async with asyncio.timeout(wait_s):
                return await asyncio.shield(self._making[key])
        except TimeoutError as error:
            raise TooBusy("The clip is being coded for browsers; ask again.", retry_after_s=RETRY_S) from error

    async def close(self) -> None:
        """Give up what is being made."""
        making = list(self._making.values())
        for each in making:
            each.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    def _forget(self, key: str, done: asyncio.Task[str]) -> None:
        self._making.pop(key, None)
        if not done.cancelled() and (error := done.exception()) is not None:
            log.info("rendition.failed", key=key, reason=str(error))

    async def _make(self, key: str) -> str:
        async with self._one:
            made: str | None = None
            async with aclosing(self._services.threads.iterate(self._look_or_make(key))) as steps:
                async for step in steps:
                    made = step
        services = self._services
        async with services.database.unit_of_work() as session:
            played = await insert_rendition(session, key, made, now=services.clock.now())
        if made is not None and played != made:  # somebody else was first, or the file is gone
            await services.threads.run(services.blobs.delete, made)
        if played is None:
            raise NotFound("file", key)
        return played

    def _look_or_make(self, key: str) -> Generator[str | None, None, None]:
        """Step by step; last comes the key of the new file, or nothing at all where the file itself is played."""
        services = self._services
        with services.blobs.local_file(key) as path:
            info = services.decoder.probe(path)
            if plays_in_browsers(info):
                return
            made = services.blobs.new_key(key.partition("/")[0], ".mp4")
            writing = services.blobs.writing(made, keep_reserve=True)
            with writing as file, closing(services.decoder.render(path)) as pieces:
                for piece in pieces:
                    file.write(piece)
                    yield None
        log.info("rendition.made", key=key, codec=info.video_codec, seconds=info.duration_s)
        yield made
