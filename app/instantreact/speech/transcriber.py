"""What every recogniser of speech promises."""

from typing import Protocol

from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Transcript, Word


class Transcriber(Protocol):
    """Turns one utterance into words; `WitTranscriber`, `PhraseSpotter` and `WhisperTranscriber` are the real ones."""

    @property
    def engine(self) -> str:
        """The name that its transcripts carry."""
        ...

    @property
    def longest_s(self) -> float:
        """The longest utterance it wants to be given, in seconds."""
        ...

    async def transcribe(self, utterance: AudioTrack) -> Transcript:
        """What was said in `utterance`, with times on the footage's clock.

        `hearing` is heard or silent, never unknown: what could not be heard is raised.
        Raises SpeechTimeout or SpeechUnavailable when it is worth trying again, SpeechRejected when it is not.
        """
        ...

    async def check(self) -> str:
        """Prove that it can work, without any sound: a sentence for `doctor`.

        Raises as `transcribe` does, and Misconfigured.
        """
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...


def spread_words(text: str, start_s: float, duration_s: float) -> tuple[Word, ...]:
    """The words of `text` laid out over a stretch of time, each as long as its letters' share: an estimate."""
    texts = text.split()
    letters = sum(map(len, texts))
    words: list[Word] = []
    said = 0
    for word in texts:
        begin_s = start_s + duration_s * said / letters
        said += len(word)
        words.append(Word(word, begin_s, start_s + duration_s * said / letters))
    return tuple(words)
