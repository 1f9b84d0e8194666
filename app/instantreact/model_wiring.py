"""Builds what sees and hears from the settings, with no database and no HTTP: all that one clip needs."""

from pathlib import Path
from typing import TYPE_CHECKING

from instantreact.config import Settings
from instantreact.domain.camera import SpeechBudget, SpeechMode
from instantreact.errors import Misconfigured
from instantreact.inference.detector.deployed import DetectorLoader
from instantreact.inference.loader import CaptionerLoader
from instantreact.inference.poses.deployed import PosesLoader
from instantreact.media.limits import DecodeLimits
from instantreact.threads import WorkerThreads

if TYPE_CHECKING:  # who listens to nothing needs none of what they import
    from instantreact.pipeline.recognition import Recognition
    from instantreact.speech.whisper import WhisperTranscriber

_PACKAGE = Path(__file__).resolve().parent
_MODELS = next(
    (path for path in (_PACKAGE / "models",) if path.is_dir()),  # in a wheel
    _PACKAGE.parent.parent / "models",  # in a checkout
)
SHIPPED_BUNDLE = _MODELS / "captioner"
SHIPPED_DETECTOR = _MODELS / "detector"
SHIPPED_POSES = _MODELS / "poses"
"""Where the shipped bundles lie."""


def make_captioner(settings: Settings) -> CaptionerLoader:
    """The captioner, not loaded yet."""
    return CaptionerLoader(settings.captioner_bundle or SHIPPED_BUNDLE, threads=settings.inference_threads)


def make_detector(settings: Settings) -> DetectorLoader:
    """The detector, not loaded yet; one that finds nothing where there is to be none."""
    if settings.detector == "off":
        return DetectorLoader()
    return DetectorLoader(
        Path(settings.detector) if settings.detector else SHIPPED_DETECTOR,
        labels=settings.detector_labels,
        min_score=settings.detector_min_score,
        threads=settings.inference_threads,
    )


def make_poses(settings: Settings, *, opens_late: bool = False) -> PosesLoader:
    """The pose estimator, not loaded yet; one that sees nobody where there is to be none."""
    if settings.poses == "off":
        return PosesLoader()
    path = Path(settings.poses) if settings.poses else SHIPPED_POSES
    return PosesLoader(path, threads=settings.inference_threads, opens_late=opens_late)


def decode_limits(settings: Settings) -> DecodeLimits:
    """What one decoding child may use."""
    return DecodeLimits(
        max_pixels=settings.max_pixels,
        max_duration_s=settings.max_clip_s,
        cpu_s=max(1, round(settings.decode_timeout_s)),
        wall_s=settings.decode_timeout_s,
        memory_bytes=settings.decode_memory_mb << 20,
    )


def make_recognition(settings: Settings, *, threads: WorkerThreads) -> "Recognition":
    """Who listens. Raises Misconfigured where Wit.ai is asked for without a token."""
    from instantreact.pipeline.recognition import Recognition
    from instantreact.speech.wit import WitApp, WitTranscriber

    if settings.speech is SpeechMode.WIT and settings.wit_token is None:
        raise Misconfigured("INSTANTREACT_SPEECH is wit, which needs INSTANTREACT_WIT_TOKEN too.")
    remote = None
    if settings.wit_token is not None:
        token = settings.wit_token.get_secret_value()
        remote = WitTranscriber(WitApp(token, base_url=str(settings.wit_url), language=settings.speech_language))
    return Recognition(
        default=settings.speech,
        keep_transcripts=settings.keep_transcripts,
        threads=threads,
        remote=remote,
        whisper=_load_whisper(settings, threads),
        budget=SpeechBudget(settings.wit_utterances_per_day, settings.wit_seconds_per_day),
    )


def _load_whisper(settings: Settings, threads: WorkerThreads) -> "WhisperTranscriber | None":
    if settings.whisper_model is None:
        return None
    from instantreact.speech.whisper import WhisperTranscriber

    return WhisperTranscriber(settings.whisper_model, threads=threads, language=settings.speech_language)
