"""An optional recogniser for those who may not send sound away: faster-whisper on a model folder of their own.

The folder must be on this disk: a model's name is refused, and nothing is ever downloaded. Extra `whisper`.
"""

import importlib
import threading
from pathlib import Path
from typing import Any

import numpy as np

from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Hearing, Transcript, Word
from instantreact.errors import Misconfigured
from instantreact.speech.transcriber import spread_words
from instantreact.threads import WorkerThreads

_FULL_SCALE = 32_768.0


class WhisperTranscriber:
    """Transcribes on this machine; one utterance at a time."""

    engine = "whisper"
    longest_s = 28.0  # Whisper looks at thirty seconds at once

    def __init__(self, folder: Path, *, threads: WorkerThreads, language: str | None = None) -> None:
        """Load the model. `language` None: Whisper finds out for itself, utterance by utterance.

        Raises Misconfigured when the package is not installed or the folder holds no model that it can load.
        """
        self._folder = folder
        self._threads = threads
        self._language = language
        self._model = _load_model(folder)
        self._one_at_a_time = threading.Lock()

    async def transcribe(self, utterance: AudioTrack) -> Transcript:
        """`recognise`, in the thread pool."""
        return await self._threads.run(self.recognise, utterance)

    def recognise(self, utterance: AudioTrack) -> Transcript:
        """What was said, with word times on the footage's clock."""
        with self._one_at_a_time:
            segments, found = self._model.transcribe(
                utterance.samples.astype(np.float32) / _FULL_SCALE,
                language=self._language,
                word_timestamps=True,
                condition_on_previous_text=False,  # an utterance is not a continuation of the last clip's
            )
            segments = list(segments)  # recognition happens here
        words = tuple(word for segment in segments for word in _words(segment, utterance.start_s))
        text = " ".join(segment.text.strip() for segment in segments).strip()
        return Transcript(Hearing.HEARD if text else Hearing.SILENT, self.engine, text, found.language, words)

    async def check(self) -> str:
        """Say which folder the model came from."""
        return f"The Whisper model in {self._folder} is loaded."

    async def close(self) -> None:
        """It holds nothing but memory."""


def _load_model(folder: Path) -> Any:  # faster-whisper is optional and brings no types
    if not (folder / "model.bin").is_file():
        raise Misconfigured(f"{folder} is no folder with a faster-whisper model (model.bin).")
    try:
        package = importlib.import_module("faster_whisper")
    except ImportError as error:
        raise Misconfigured(
            "A Whisper model needs the extra `whisper`, pip install 'instantreact[whisper]'."
        ) from error
    try:
        return package.WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
    except (RuntimeError, ValueError, OSError) as error:
        raise Misconfigured(f"The Whisper model in {folder} cannot be loaded: {error}") from error


def _words(segment: Any, origin_s: float) -> tuple[Word, ...]:
    if not segment.words:
        return spread_words(segment.text, origin_s + segment.start, segment.end - segment.start)
    return tuple(
        Word(word.word.strip(), origin_s + word.start, origin_s + word.end, word.probability) for word in segment.words
    )
