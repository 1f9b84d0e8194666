"""What Wit.ai asks of the sound in a request: its content type, and one channel."""

import io
import wave
from dataclasses import dataclass

_LINEAR = ("signed-integer", "unsigned-integer", "floating-point")
ENCODINGS = frozenset({*_LINEAR, "mu-law", "a-law", "ima-adpcm", "ms-adpcm", "gsm-full-rate"})
COMPRESSED = frozenset({"audio/mpeg3", "audio/ogg"})


class WitError(Exception):
    """An answer of the shape {"error", "code"}."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status

    def body(self) -> dict[str, str]:
        """As JSON."""
        return {"error": self.message, "code": self.code}


@dataclass(frozen=True)
class Sound:
    """The linear sound in a request; compressed sound counts as no samples."""

    samples: bytes
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Seconds of 16-bit mono sound."""
        return len(self.samples) / 2 / self.rate_hz


def read_sound(content_type: str, body: bytes) -> Sound:
    """The sound in a request's body, or the error that Wit.ai answers."""
    kind, _, rest = content_type.partition(";")
    if not kind:
        raise WitError("content-type", "Content-Type is missing")
    if kind not in {"audio/wav", "audio/raw", "audio/ulaw", *COMPRESSED}:
        raise WitError("unsupported-content-type", f"{kind} is not supported")
    if not body:
        raise WitError("no-body", "the body is empty")
    if kind == "audio/wav":
        return _read_wav(body)
    if kind == "audio/raw":
        return _read_raw(rest, body)
    return Sound(b"", 8_000)


def _read_wav(body: bytes) -> Sound:
    try:
        with wave.open(io.BytesIO(body)) as file:
            channels, width, rate_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            samples = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise WitError("bad-request", "not a RIFF WAVE file") from error
    if channels != 1 or width != 2:
        raise WitError("bad-request", "the sound must be mono, 16 bit")
    return Sound(samples, rate_hz)


def _read_raw(parameters: str, body: bytes) -> Sound:
    given = dict(part.strip().split("=", 1) for part in parameters.split(";") if "=" in part)
    if set(given) != {"encoding", "bits", "rate", "endian"}:
        raise WitError("content-type", "audio/raw needs encoding, bits, rate and endian")
    if given["encoding"] not in ENCODINGS or given["bits"] not in {"8", "16", "32"}:
        raise WitError("content-type", "unknown encoding or bits")
    if given["endian"] not in {"big", "little"}:
        raise WitError("content-type", "unknown endian")
    rate = given["rate"]
    digits = rate.removesuffix("k")
    if not digits.isdecimal():
        raise WitError("content-type", "unknown rate")
    return Sound(body, int(digits) * (1000 if rate.endswith("k") else 1))
