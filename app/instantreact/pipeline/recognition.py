"""Which recogniser listens to which camera, and for what."""

from collections.abc import Iterable, Sequence, Set
from functools import partial

from instantreact.domain.camera import SpeechBudget, SpeechMode
from instantreact.domain.rule import Criteria, MeaningCondition, SpeechCondition
from instantreact.errors import InvalidInput, SpeechRejected
from instantreact.speech.phrase_spotter import PhraseSpotter
from instantreact.speech.spotter_process import SpotterProcess
from instantreact.speech.spotting import missing_words
from instantreact.speech.transcriber import Transcriber
from instantreact.speech.wit import WitTranscriber
from instantreact.threads import WorkerThreads

HEAR_ATTEMPTS = 100
"""Tries of a recogniser: with waits of a minute and more it may be down for hours."""
_NO_LIMIT = SpeechBudget()
_SET_UP_WIT = "Set INSTANTREACT_WIT_TOKEN to the server access token of your Wit.ai app."


class Recognition:
    """Hands out recognisers.

    default          what may be done with sound where a camera does not say
    keep_transcripts whether what was said is kept, or only the phrases that matched
    remote           Wit.ai, where it is configured
    whisper          recognition on this machine; without it the phrase spotter stands in
    budget           how much of a camera's sound Wit.ai may be asked about; what is beyond is recognised here
    """

    def __init__(
        self,
        *,
        default: SpeechMode,
        keep_transcripts: bool,
        threads: WorkerThreads,
        remote: WitTranscriber | None = None,
        whisper: Transcriber | None = None,
        budget: SpeechBudget = _NO_LIMIT,
    ) -> None:
        self._default = default
        self.keep_transcripts = keep_transcripts
        self.budget = budget
        self._threads = threads
        self._remote = remote
        self._whisper = whisper
        self._spotter_process = SpotterProcess()
        self._spotter: tuple[tuple[str, ...], PhraseSpotter] | None = None

    @property
    def fault(self) -> str | None:
        """Why nothing is recognised by Wit.ai for now; None while it answers, or where nobody asks it."""
        return self._remote.fault if self._remote is not None else None

    def mode_of(self, camera_mode: SpeechMode | None) -> SpeechMode:
        """What may be done with a camera's sound; None for an upload or a camera that does not say."""
        return self._default if camera_mode is None else camera_mode

    def listens(self, mode: SpeechMode, phrases: Sequence[str]) -> bool:
        """Whether anybody listens in this mode, and for anything: a spotter without `phrases` hears nothing."""
        if mode is SpeechMode.LOCAL:
            return self._whisper is not None or bool(phrases)
        return mode is not SpeechMode.OFF

    async def find(self, mode: SpeechMode, phrases: Sequence[str]) -> Transcriber | None:
        """The recogniser for `mode`; a spotter listens for `phrases`. None when nobody listens, or for nothing.

        Raises SpeechRejected where Wit.ai is asked for and not configured.
        """
        if not self.listens(mode, phrases):
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

    def refuse_mode(self, mode: SpeechMode | None) -> None:
        """Raises InvalidInput for Wit.ai where it is not configured: such a camera would be heard by nobody."""
        if mode is SpeechMode.WIT and self._remote is None:
            raise InvalidInput(f"speech=wit needs Wit.ai. {_SET_UP_WIT}")

    def refuse_unlistened(self, criteria: Criteria, camera_modes: Iterable[SpeechMode | None]) -> None:
        """Raises InvalidInput for a condition on what is said or meant where, by the modes of the cameras that the
        rule watches (None for uploads, and for cameras that do not say), nobody listens for it.
        """
        modes: Set[SpeechMode] = {self.mode_of(mode) for mode in camera_modes}
        asked = {type(condition) for condition in criteria.conditions}
        if MeaningCondition in asked and self._remote is None:
            raise InvalidInput(f"A meaning condition needs Wit.ai, which alone understands meanings. {_SET_UP_WIT}")
        if MeaningCondition in asked and SpeechMode.WIT not in modes:
            raise InvalidInput(
                "A meaning condition needs Wit.ai, but it listens to nothing that this rule watches: set speech=wit "
                "at a camera, or INSTANTREACT_SPEECH=wit."
            )
        if SpeechCondition in asked and modes == {SpeechMode.OFF}:
            raise InvalidInput(
                "A speech condition never holds here: nobody listens to what this rule watches. Set speech at a "
                "camera, or INSTANTREACT_SPEECH, to local or wit."
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
