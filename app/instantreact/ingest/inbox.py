"""What a camera's watcher handed over and is not filed yet: windows one after another, words beside them."""

import asyncio

from instantreact.errors import Erased, NotFound, StorageFull
from instantreact.inference.captioner import Description
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.filing import Filing, WantClip
from instantreact.ingest.watched import HeardLive, SeenLive
from instantreact.ingest.windows import LiveWindow
from instantreact.ingest.words import describe_moment, find_alerted, keep_words, window_of
from instantreact.logs import bind_request_id, get_logger
from instantreact.pipeline.services import Services
from instantreact.storage.tables import new_id

_MOST_WAITING = 64

log = get_logger(__name__)


class Inbox:
    """One camera's. Lives in the event loop; nothing that cannot be filed ends it."""

    def __init__(self, services: Services, batcher: FeatureBatcher[Description], want_clip: WantClip) -> None:
        self._services = services
        self._batcher = batcher
        self._filing = Filing(services, want_clip)
        self._waiting: asyncio.Queue[SeenLive | None] = asyncio.Queue()
        self._words: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()
        self._seeing = asyncio.create_task(self._file_all())

    def put(self, handed: SeenLive | HeardLive) -> None:
        """File this when its turn comes; lost, and logged, when filing is far behind."""
        if self._waiting.qsize() + len(self._words) >= _MOST_WAITING:
            log.warning("ingest.lost", camera_id=handed.opened.camera.id, reason="filing is too slow")
        elif isinstance(handed, SeenLive):
            self._waiting.put_nowait(handed)
        else:
            task = asyncio.create_task(self._keep_words(handed))
            self._words.add(task)
            task.add_done_callback(self._words.discard)

    async def finish(self) -> None:
        """File what is there, keep what was said, and finish the clips that are being cut."""
        self._ending.set()
        self._waiting.put_nowait(None)
        await self._seeing
        await asyncio.gather(*self._words)
        await self._filing.finish()

    async def _file_all(self) -> None:
        while (seen := await self._waiting.get()) is not None:
            bind_request_id(new_id())  # nobody asked for it: it begins here
            try:
                await self._file(seen)
            except Erased:
                log.info("ingest.erased", camera_id=seen.opened.camera.id)
            except StorageFull as error:
                log.error("ingest.filing_failed", camera_id=seen.opened.camera.id, reason=str(error))
            except Exception:  # one window that cannot be filed must not end the camera's
                log.exception("ingest.filing_failed", camera_id=seen.opened.camera.id)

    async def _file(self, seen: SeenLive) -> None:
        if seen.undescribed is None:
            await self._filing.file(seen)
        else:
            await self._filing.file_still(seen, self._describe)

    async def _describe(self, moment: LiveWindow) -> Description:
        return await describe_moment(moment, self._batcher)

    async def _keep_words(self, heard: HeardLive) -> None:
        camera_id = heard.opened.camera.id
        bind_request_id(new_id())
        try:
            utterance_id = await keep_words(self._services, heard, self._batcher)
            event_id = await find_alerted(self._services, heard, utterance_id, until=self._ending)
            if event_id is not None:
                self._filing.ask_for_clip(event_id, heard.opened.connection, window_of(heard))
        except Erased:
            log.info("ingest.erased", camera_id=camera_id)
        except StorageFull as error:
            log.error("ingest.words_failed", camera_id=camera_id, reason=str(error))
        except NotFound:
            log.info("ingest.words_of_deleted_camera", camera_id=camera_id)
        except Exception:
            log.exception("ingest.words_failed", camera_id=camera_id)
