"""Which recogniser listens to which camera, and for what."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.camera import SpeechMode
from instantreact.domain.rule import Criteria, SpeechCondition
from instantreact.errors import InvalidInput, SpeechRejected
from instantreact.jobs import outbox
from instantreact.pipeline.step_names import StepName
from instantreact.speech.phrase_spotter import PhraseSpotter
from instantreact.speech.spotter_process import SpotterProcess
from instantreact.speech.spotting import missing_words
from instantreact.speech.transcriber import Transcriber
from instantreact.threads import WorkerThreads

HEAR_ATTEMPTS = 100
"""Tries of a recogniser: with waits of a minute and more it may be down for hours."""


async def put_hear_job(session: AsyncSession, clip_id: str, *, now: datetime) -> None:
    """Queue the job that listens to a clip, in the caller's transaction."""
    await outbox.put(session, StepName.HEAR, clip_id, now=now, max_attempts=HEAR_ATTEMPTS)


class Recognition:
    """Hands out recognisers.

    default          what may be done with sound where a camera does not say
    keep_transcripts whether what was said is kept, or only the phrases that matched
    remote           Wit.ai, where it is configured
    whisper          recognition on this machine; without it the phrase spotter stands in
    """

    def __init__(
        self,
        *,
        default: SpeechMode,
        keep_transcripts: bool,
        threads: WorkerThreads,
        remote: Transcriber | None = None,
        whisper: Transcriber | None = None,
    ) -> None:
        self._default = default
        self.keep_transcripts = keep_transcripts
        self._threads = threads
        self._remote = remote
        self._whisper = whisper
        self._spotter_process = SpotterProcess()
        self._spotter: tuple[tuple[str, ...], PhraseSpotter] | None = None

    def mode_of(self, camera_mode: SpeechMode | None) -> SpeechMode:
        """What may be done with a camera's sound; None for an upload or a camera that does not say."""
        return self._default if camera_mode is None else camera_mode

    async def find(self, mode: SpeechMode, phrases: Sequence[str]) -> Transcriber | None:
        """The recogniser for `mode`; a spotter listens for `phrases`. None when nobody listens.

        Raises SpeechRejected where Wit.ai is asked for and not configured.
        """
        if mode is SpeechMode.OFF:
            return None
        if mode is SpeechMode.LOCAL:
            return self._whisper or await self._find_spotter(tuple(sorted(set(phrases))))
        if self._remote is None:
            raise SpeechRejected("Wit.ai is asked for, but INSTANTREACT_WIT_TOKEN is not set.")
        return self._remote

    async def refuse_unheard(self, criteria: Criteria) -> None:
        """Raises InvalidInput that names the words of its phrases that nobody here could hear.

        Only the phrase spotter is bound to a dictionary; it listens where sound stays on this machine.
        """
        if self._whisper is not None or self._default is not SpeechMode.LOCAL:
            return
        unknown = await self._threads.run(missing_words, spoken_phrases([criteria]))
        if unknown:
            raise InvalidInput(
                f"The local phrase spotter cannot spell {', '.join(unknown)}. Use other words, or set up Wit.ai or a "
                "Whisper model."
            )

    async def close(self) -> None:
        """Let go of every recogniser."""
        for transcriber in (self._remote, self._whisper):
            if transcriber is not None:
                await transcriber.close()
        await self._threads.run(self._spotter_process.close)

    async def _find_spotter(self, phrases: tuple[str, ...]) -> PhraseSpotter:
        if self._spotter is None or self._spotter[0] != phrases:
            make = partial(PhraseSpotter, phrases, threads=self._threads, process=self._spotter_process)
            self._spotter = (phrases, await self._threads.run(make))
        return self._spotter[1]


def spoken_phrases(wanted: Iterable[Criteria]) -> tuple[str, ...]:
    """The phrases that rules want to hear."""
    conditions = (condition for criteria in wanted for condition in criteria.conditions)
    return tuple(
        phrase for condition in conditions if isinstance(condition, SpeechCondition) for phrase in condition.phrases
    )
