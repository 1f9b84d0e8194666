"""Cuts a stream of short frames, each with its probability of speech, into utterances. No model, no I/O."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import AudioTrack

Samples = NDArray[np.int16]

FRAME_SAMPLES = 512
"""How much sound the voice model judges at once: 32 ms at 16 kHz."""
RATE_HZ = 16_000
FRAME_S = FRAME_SAMPLES / RATE_HZ


@dataclass(frozen=True)
class CutLimits:
    """Where utterances begin and end, in seconds.

    starts_at, stays_at  the probabilities of speech that open an utterance and keep it open
    pause_s              this much without speech ends an utterance
    padding_s            kept before and after the speech, where the sound has it
    shortest_s           shorter sound, possible only at its very beginning or end, is filled up with zeros
    longest_s            longer speech is cut where it is least voiced, in the second half of what has been gathered
    """

    starts_at: float = 0.5
    stays_at: float = 0.35
    pause_s: float = 0.5
    padding_s: float = 0.2
    shortest_s: float = 0.5
    longest_s: float = 18.0


@dataclass(frozen=True, eq=False)
class Frame:
    """32 ms of sound, fewer at the end of a track, and the probability, 0..1, that somebody speaks in it."""

    samples: Samples
    start_s: float
    voiced: float


class UtteranceCutter:
    """Fed with frames in order, it gives back utterances; it holds no more than `longest_s` of sound."""

    def __init__(self, limits: CutLimits) -> None:
        self._limits = limits
        self._padding = round(limits.padding_s / FRAME_S)
        self._pause = round(limits.pause_s / FRAME_S)
        self._longest = int(limits.longest_s / FRAME_S)
        self._shortest = round(limits.shortest_s / FRAME_S)
        self._before: deque[Frame] = deque(maxlen=self._padding)
        self._frames: list[Frame] = []
        self._quiet = 0

    def add(self, frame: Frame) -> Iterator[AudioTrack]:
        """Take the next frame; yields the utterance that ends with it, if one does."""
        if not self._frames:
            if frame.voiced < self._limits.starts_at:
                self._before.append(frame)
                return
            self._frames = [*self._before, frame]
            self._before.clear()
            self._quiet = 0
            return
        self._frames.append(frame)
        self._quiet = 0 if frame.voiced >= self._limits.stays_at else self._quiet + 1
        if self._quiet >= self._pause:
            yield from self.finish()
        elif len(self._frames) >= self._longest:
            yield self._cut_least_voiced()

    def finish(self) -> Iterator[AudioTrack]:
        """End the utterance that is open, if one is: the sound ends here, or breaks off."""
        if not self._frames:
            return
        end = len(self._frames) - max(0, self._quiet - self._padding)
        spoken, rest = self._frames[:end], self._frames[end:]
        self._frames = []
        self._before = deque(rest, maxlen=self._padding)
        yield self._utterance(spoken)

    def forget(self) -> None:
        """Drop the sound kept for padding: what comes next does not follow on it."""
        self._before.clear()

    def _cut_least_voiced(self) -> AudioTrack:
        """Cut in the second half, and so that both parts are long enough to be heard."""
        first, last = len(self._frames) // 2, len(self._frames) - self._shortest
        smooth = _smoothed([frame.voiced for frame in self._frames])
        at = min(range(first, last), key=lambda i: (smooth[i], -i))
        spoken, self._frames = self._frames[:at], self._frames[at:]
        self._quiet = min(self._quiet, len(self._frames))
        return self._utterance(spoken)

    def _utterance(self, frames: Sequence[Frame]) -> AudioTrack:
        samples = np.concatenate([frame.samples for frame in frames])
        missing = round(self._limits.shortest_s * RATE_HZ) - len(samples)
        if missing > 0:
            samples = np.concatenate([samples, np.zeros(missing, dtype=np.int16)])
        return AudioTrack(samples, frames[0].start_s, RATE_HZ)


def _smoothed(voiced: Sequence[float]) -> list[float]:
    """The mean over five frames, 160 ms, around each: one quiet frame inside a word is no pause."""
    around = (voiced[max(0, i - 2) : i + 3] for i in range(len(voiced)))
    return [sum(window) / len(window) for window in around]
