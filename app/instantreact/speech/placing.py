"""What was said, placed in windows: pure."""

from bisect import bisect_right
from collections.abc import Sequence
from math import inf

from instantreact.domain.media import Window
from instantreact.domain.observation import Hearing, Transcript, Word
from instantreact.speech.listen import HeardSound, HeardUtterance

CONTEXT_WORDS = 32
"""A phrase of up to this many words, and one more, is found where it ends, in however many windows it was said."""

Span = tuple[float, float]


def place_transcripts(windows: Sequence[Window], sound: HeardSound) -> tuple[Transcript, ...]:
    """One transcript for each of `windows`, which are in order, from what was heard in the whole of their footage.

    A word belongs to every window in which it ends; the words before it are the transcript's context, so that a
    phrase is found in the window in which it ends. What the recogniser understood belongs where its utterance ends.
    Windows that leave holes lose nothing: what was said in a hole belongs to the next window, what was said before
    the first or after the last to that one.
    """
    if not sound.has_track:
        return tuple(Transcript(Hearing.NO_TRACK, sound.engine) for _ in windows)
    words = sorted((word for heard in sound.utterances for word in heard.transcript.words), key=lambda w: w.end_s)
    ends_s = [word.end_s for word in words]
    transcripts: list[Transcript] = []
    for span in _reach(windows):
        first, last = (bisect_right(ends_s, time_s) for time_s in span)
        context = tuple(words[max(0, first - CONTEXT_WORDS) : first])
        transcripts.append(_place(span, tuple(words[first:last]), context, sound))
    return tuple(transcripts)


def _reach(windows: Sequence[Window]) -> list[Span]:
    """The stretch of footage that each window answers for: after its first number, up to its second."""
    last = len(windows) - 1
    return [
        (
            min(window.start_s, windows[at - 1].end_s) if at else -inf,
            window.end_s if at < last else inf,
        )
        for at, window in enumerate(windows)
    ]


def _place(span: Span, words: tuple[Word, ...], context: tuple[Word, ...], sound: HeardSound) -> Transcript:
    around = [heard for heard in sound.utterances if heard.start_s < span[1] and heard.end_s > span[0]]
    ending = [heard.transcript for heard in around if heard.end_s <= span[1]]
    reason = _what_is_missing(span, around, sound)
    hearing = _hearing(around, words, reason)
    return Transcript(
        hearing=hearing,
        engine=sound.engine,
        text=" ".join(word.text for word in words),
        language=next((heard.transcript.language for heard in around if heard.transcript.language), None),
        words=words,
        intents=tuple(meaning for transcript in ending for meaning in transcript.intents),
        entities=tuple(meaning for transcript in ending for meaning in transcript.entities),
        traits=tuple(meaning for transcript in ending for meaning in transcript.traits),
        truncated=hearing is Hearing.HEARD and reason is not None,
        reason=reason,
        context=context,
    )


def _what_is_missing(span: Span, around: Sequence[HeardUtterance], sound: HeardSound) -> str | None:
    """Why something said in the window may not be known; None when all of it is."""
    reasons = (heard.transcript.reason for heard in around if heard.transcript.reason)
    broken = sound.broken_at_s is not None and span[1] > sound.broken_at_s
    return next(reasons, sound.reason if broken else None)


def _hearing(around: Sequence[HeardUtterance], words: Sequence[Word], reason: str | None) -> Hearing:
    if words or any(heard.transcript.hearing is Hearing.HEARD for heard in around):
        return Hearing.HEARD
    return Hearing.SILENT if reason is None else Hearing.UNKNOWN
