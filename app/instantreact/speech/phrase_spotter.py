"""A stand-in recogniser that needs no account and no download: it listens for given phrases, and hears nothing else."""

from collections.abc import Iterable

from instantreact.domain.media import AudioTrack
from instantreact.domain.mention import tokenize
from instantreact.domain.observation import Hearing, Transcript, Word
from instantreact.speech.spotter_process import SpotterProcess
from instantreact.speech.spotting import Spotted, missing_words
from instantreact.speech.transcriber import spread_words
from instantreact.threads import WorkerThreads

LANGUAGE = "en"


class PhraseSpotter:
    """Listens for `phrases`; those that its dictionary cannot spell are left out, and `check` names them."""

    engine = "phrase_spotter"
    longest_s = 18.0

    def __init__(
        self, phrases: Iterable[str], *, threads: WorkerThreads, process: SpotterProcess | None = None
    ) -> None:
        """`process` may be shared, and is its owner's to close; without one it makes its own."""
        wanted = [phrase for phrase in dict.fromkeys(" ".join(tokenize(phrase)) for phrase in phrases) if phrase]
        self._missing = missing_words(wanted)
        self._phrases = [phrase for phrase in wanted if not set(phrase.split()) & set(self._missing)]
        self._threads = threads
        self._owns_process = process is None
        self._process = process or SpotterProcess()

    async def transcribe(self, utterance: AudioTrack) -> Transcript:
        """`spot`, in the thread pool."""
        return await self._threads.run(self.spot, utterance)

    def spot(self, utterance: AudioTrack) -> Transcript:
        """The phrases that were said, in order of time, with nothing in between.

        It is heard also when no phrase was found: somebody spoke, and what else was said is not known.
        Raises SpeechUnavailable and SpeechTimeout.
        """
        found = self._process.spot(self._phrases, utterance.samples) if self._phrases else []
        words = tuple(word for spotted in found for word in _spread(spotted, utterance))
        return Transcript(Hearing.HEARD, self.engine, " ".join(word.text for word in words), LANGUAGE, words)

    async def check(self) -> str:
        """How many phrases it listens for, and which words it cannot spell."""
        cannot = f" Not in its dictionary: {', '.join(self._missing)}." if self._missing else ""
        return f"The phrase spotter listens for {len(self._phrases)} phrases.{cannot}"

    async def close(self) -> None:
        """End its process, if it is its own."""
        if self._owns_process:
            await self._threads.run(self._process.close)


def _spread(spotted: Spotted, utterance: AudioTrack) -> tuple[Word, ...]:
    """The words of a phrase on the footage's clock, inside the utterance."""
    end_s = utterance.start_s + utterance.duration_s
    said_at_s = min(max(utterance.start_s + spotted.start_s, utterance.start_s), end_s)
    until_s = min(max(utterance.start_s + spotted.end_s, said_at_s), end_s)
    return spread_words(spotted.phrase, said_at_s, until_s - said_at_s)
