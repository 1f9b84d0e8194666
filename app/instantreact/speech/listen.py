"""A clip's sound to what was said in it: voice activity, then one recogniser, utterance by utterance."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Hearing, Transcript
from instantreact.errors import MediaError, SpeechError, Transient
from instantreact.speech.transcriber import Transcriber
from instantreact.speech.utterances import CutLimits
from instantreact.speech.vad import cut_utterances
from instantreact.threads import WorkerThreads

UTTERANCES_AHEAD = 2
"""Utterances that may be at the recogniser at once; memory holds no more of a long clip's sound."""


@dataclass(frozen=True)
class HeardUtterance:
    """What became of one utterance; `ask_again_after_s` is None when asking again would change nothing."""

    start_s: float
    end_s: float
    transcript: Transcript
    ask_again_after_s: float | None = None

    @property
    def start_ms(self) -> int:
        """Tells it from the others of its sound."""
        return round(1000 * self.start_s)


@dataclass(frozen=True)
class HeardSound:
    """What became of a clip's sound.

    has_track    whether there was any sound
    broken_at_s  where its track could not be read any further, `reason` says why; None when it was read to its end
    """

    engine: str
    has_track: bool
    utterances: tuple[HeardUtterance, ...] = ()
    broken_at_s: float | None = None
    reason: str | None = None

    @property
    def ask_again_after_s(self) -> float | None:
        """When it is worth listening again, because a recogniser failed for now; None when everything is answered."""
        waits = [heard.ask_again_after_s for heard in self.utterances if heard.ask_again_after_s is not None]
        return max(waits, default=None)


OnAnswer = Callable[[HeardUtterance], Awaitable[None]]


async def listen(
    chunks: Iterable[AudioTrack],
    transcriber: Transcriber,
    threads: WorkerThreads,
    *,
    limits: CutLimits | None = None,
    known: Mapping[int, HeardUtterance] = MappingProxyType({}),
    on_answer: OnAnswer | None = None,
) -> HeardSound:
    """Everything that was said in the sound `chunks`, which come in order; no chunk at all means no track.

    A recogniser that fails makes an utterance unknown, with the reason, and nothing is raised; so does a track that
    breaks off. Decoding and voice activity run in `threads`. Utterances in `known`, by their `start_ms`, are not asked
    about again; `on_answer` is called with each that is answered now.
    """
    sound = _Sound(chunks)
    cut = replace(limits or CutLimits(), longest_s=transcriber.longest_s)
    utterances = cut_utterances(sound, cut)
    slots = asyncio.Semaphore(UTTERANCES_AHEAD)
    answers: list[asyncio.Task[HeardUtterance]] = []
    reason: str | None = None
    try:
        while True:
            await slots.acquire()
            try:
                utterance = await threads.finish(threads.start(next, utterances, None))
            except MediaError as error:
                utterance, reason = None, str(error)
            if utterance is None:
                break
            already = known.get(round(1000 * utterance.start_s))
            hearing = _recall(already, slots) if already else _hear(utterance, transcriber, slots, on_answer)
            answers.append(asyncio.create_task(hearing))
        heard = tuple([await answer for answer in answers])
    finally:
        for answer in answers:
            answer.cancel()
    broken_at_s = sound.end_s if reason else None
    return HeardSound(transcriber.engine, sound.begun or reason is not None, heard, broken_at_s, reason)


async def _recall(answer: HeardUtterance, slots: asyncio.Semaphore) -> HeardUtterance:
    slots.release()
    return answer


async def _hear(
    utterance: AudioTrack, transcriber: Transcriber, slots: asyncio.Semaphore, on_answer: OnAnswer | None
) -> HeardUtterance:
    try:
        heard = await _ask(utterance, transcriber)
        if on_answer and heard.ask_again_after_s is None:
            await on_answer(heard)
        return heard
    finally:
        slots.release()


async def _ask(utterance: AudioTrack, transcriber: Transcriber) -> HeardUtterance:
    start_s, end_s = utterance.start_s, utterance.start_s + utterance.duration_s
    try:
        return HeardUtterance(start_s, end_s, await transcriber.transcribe(utterance))
    except SpeechError as error:
        unknown = Transcript(Hearing.UNKNOWN, transcriber.engine, reason=str(error))
        wait_s = (error.retry_after_s or 0.0) if isinstance(error, Transient) else None
        return HeardUtterance(start_s, end_s, unknown, wait_s)


class _Sound:
    """The chunks as they come, and how far they reached."""

    def __init__(self, chunks: Iterable[AudioTrack]) -> None:
        self._chunks = chunks
        self.begun = False
        self.end_s = 0.0

    def __iter__(self) -> Iterator[AudioTrack]:
        for chunk in self._chunks:
            self.begun = True
            self.end_s = chunk.start_s + chunk.duration_s
            yield chunk
