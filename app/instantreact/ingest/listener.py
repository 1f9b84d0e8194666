"""A camera's sound, off the path of its picture: a thread finds the utterances in it."""

import queue
import threading
from collections.abc import Callable, Iterator

from instantreact.domain.media import AudioTrack
from instantreact.logs import get_logger
from instantreact.speech.vad import cut_utterances

_MOST_CHUNKS = 1024  # about a minute of sound: a thread that is further behind does better to skip

log = get_logger(__name__)


class Listener:
    """Takes sound as it arrives; `on_utterance` is called in its thread with each utterance that ended."""

    def __init__(self, on_utterance: Callable[[AudioTrack], None]) -> None:
        self._on_utterance = on_utterance
        self._chunks: queue.Queue[AudioTrack | None] = queue.Queue(_MOST_CHUNKS)
        self._thread = threading.Thread(target=self._run, name="instantreact-listener", daemon=True)
        self._thread.start()

    def put(self, chunk: AudioTrack) -> None:
        """Take the next stretch of sound; dropped when far too many wait."""
        if self._chunks.qsize() < _MOST_CHUNKS - 1:
            self._chunks.put_nowait(chunk)

    def close(self) -> None:
        """The sound is over: finish with what is there."""
        self._chunks.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            for utterance in cut_utterances(self._wait_for_chunks()):
                self._on_utterance(utterance)
        except Exception:  # a camera that can no longer be listened to is still watched
            log.exception("ingest.listener_failed")
            for _ in self._wait_for_chunks():
                continue

    def _wait_for_chunks(self) -> Iterator[AudioTrack]:
        while (chunk := self._chunks.get()) is not None:
            yield chunk
