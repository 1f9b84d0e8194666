"""Sound for tests: tones that any recogniser may be sent, and speech that espeak-ng makes."""

import subprocess

import av
import numpy as np

from instantreact.domain.media import AudioTrack

RATE_HZ = 16_000


def make_tone(duration_s: float, *, start_s: float = 0.0) -> AudioTrack:
    """A 440 Hz tone, no speech in it."""
    times = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return AudioTrack((8_000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16), start_s)


def make_silence(duration_s: float, *, start_s: float = 0.0) -> AudioTrack:
    """Digital silence."""
    return AudioTrack(np.zeros(round(duration_s * RATE_HZ), dtype=np.int16), start_s)


def say(text: str, *, voice: str = "en-us+f5", words_per_minute: int = 150) -> AudioTrack:
    """What espeak-ng says, at 16 kHz, from second 0."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdout", text]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    header = 44  # espeak-ng streams: the lengths in its header are placeholders
    samples = np.frombuffer(spoken[header:], dtype="<i2")
    rate_hz = int.from_bytes(spoken[24:28], "little")
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="s16", layout="mono")
    frame.rate = rate_hz
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    parts = [part.to_ndarray()[0] for source in (frame, None) for part in resampler.resample(source)]
    return AudioTrack(np.concatenate(parts), 0.0)


def join(*tracks: AudioTrack) -> AudioTrack:
    """One after the other, from second 0."""
    return AudioTrack(np.concatenate([track.samples for track in tracks]), 0.0)


def chunk(track: AudioTrack, chunk_s: float) -> list[AudioTrack]:
    """The same sound in chunks, as media extracts it."""
    size = round(chunk_s * RATE_HZ)
    return [
        AudioTrack(track.samples[at : at + size], track.start_s + at / RATE_HZ)
        for at in range(0, len(track.samples), size)
    ]
