"""Sound as bytes on the wire, and in two."""

import io
import wave

import numpy as np

from instantreact.domain.media import AudioTrack


def encode_wav(track: AudioTrack) -> bytes:
    """A RIFF WAVE file: linear, 16 bit, little-endian, mono."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(track.rate_hz)
        writer.writeframes(track.samples.astype("<i2").tobytes())
    return file.getvalue()


def decode_wav(data: bytes, *, start_s: float) -> AudioTrack:
    """What `encode_wav` made, as a track that begins at `start_s`."""
    with wave.open(io.BytesIO(data), "rb") as reader:
        samples = np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2").astype(np.int16)
        return AudioTrack(samples, start_s, reader.getframerate())


def halve(track: AudioTrack) -> tuple[AudioTrack, AudioTrack]:
    """The sound in two, cut in the quietest tenth of a second of its middle third. Needs half a second or more."""
    tenth = track.rate_hz // 10
    third = len(track.samples) // 3
    starts = range(third, max(third + 1, 2 * third - tenth), tenth)
    energy = [float(np.square(track.samples[at : at + tenth].astype(np.float64)).sum()) for at in starts]
    cut = starts[int(np.argmin(energy))] + tenth // 2
    return (
        AudioTrack(track.samples[:cut], track.start_s, track.rate_hz),
        AudioTrack(track.samples[cut:], track.start_s + cut / track.rate_hz, track.rate_hz),
    )
