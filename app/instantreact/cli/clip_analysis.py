"""One clip, one answer: what `instantreact analyze` finds out, and how it tells it."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import typer

from instantreact.config import Settings
from instantreact.domain.media import ClipInfo
from instantreact.domain.observation import Observation, Presence
from instantreact.inference.bundle import Bundle
from instantreact.media.sandbox import ClipDecoder
from instantreact.pipeline.analyze import GLANCE_EVERY_S
from instantreact.pipeline.describe import describe_windows
from instantreact.pipeline.following import Following
from instantreact.pipeline.stopwatch import Stopwatch
from instantreact.speech.listen import listen
from instantreact.speech.phrase_spotter import PhraseSpotter
from instantreact.speech.placing import place_transcripts
from instantreact.threads import WorkerThreads
from instantreact.wiring import decode_limits, make_captioner, make_detector, make_poses, make_recognition

STAGES = ("probe", "decode", "detect", "features", "caption", "speech", "total")


@dataclass(frozen=True)
class Analysis:
    """What `analyze` found out about one clip; `warning` says what of it could not be used."""

    path: Path
    sha256: str
    clip: ClipInfo
    bundle: Bundle
    observations: tuple[Observation, ...]
    warning: str | None
    timings_ms: Mapping[str, float]


def analyze_clip(
    path: Path, settings: Settings, *, phrases: Sequence[str] = (), show_progress: bool = False
) -> Analysis:
    """Analyze one clip in this process. Raises UnreadableMedia, UnsupportedMedia, TooLarge and CaptionerUnavailable."""
    captioner = make_captioner(settings).get()
    stopwatch = Stopwatch()
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with ClipDecoder(decode_limits(settings)) as decoder:
        with stopwatch.measure("probe"):
            info = decoder.probe(path)
        following = Following.begin(make_detector(settings).find(), make_poses(settings).find())
        glances = following.plan(GLANCE_EVERY_S) if following else None
        decoded = decoder.decode(path, captioner.bundle.sampling, glances)
        observations, warning = [], None
        with typer.progressbar(length=round(info.duration_s * 10), label="Analyzing", hidden=not show_progress) as bar:
            for seen in describe_windows(decoded, captioner, stopwatch, following=following):
                observations.append(seen.observation)
                warning = seen.warning or warning
                bar.update(round(seen.observation.window.end_s * 10) - bar.pos)
        with stopwatch.measure("speech"):
            heard = asyncio.run(_hear(decoder, path, observations, settings, phrases))
    return Analysis(
        path=path,
        sha256=sha256,
        clip=info,
        bundle=captioner.bundle,
        observations=heard,
        warning=warning,
        timings_ms=stopwatch.timings_ms(),
    )


async def _hear(
    decoder: ClipDecoder, path: Path, seen: Sequence[Observation], settings: Settings, phrases: Sequence[str]
) -> tuple[Observation, ...]:
    """The observations with what was said in them; without transcripts where nobody listens."""
    threads = WorkerThreads(2)
    recognition = make_recognition(settings, threads=threads)
    try:
        transcriber = await recognition.find(settings.speech, phrases)
        if transcriber is None or (isinstance(transcriber, PhraseSpotter) and not phrases):
            return tuple(seen)
        with closing(decoder.sound(path)) as chunks:
            heard = await listen(chunks, transcriber, threads)
        placed = place_transcripts([observation.window for observation in seen], heard)
        return tuple(replace(one, transcript=transcript) for one, transcript in zip(seen, placed, strict=True))
    finally:
        await recognition.close()
        threads.close()


def describe_analysis(analysis: Analysis) -> dict[str, Any]:
    """The analysis as the JSON that the README promises."""
    info = asdict(analysis.clip)
    clip_fields = ("duration_s", "width", "height", "fps", "has_audio")
    return {
        "clip": {
            "path": str(analysis.path),
            "sha256": analysis.sha256,
            **{name: info[name] for name in clip_fields},
        },
        "bundle": {"name": analysis.bundle.name, "version": analysis.bundle.version},
        "events": [_describe_observation(observation) for observation in analysis.observations],
        "warning": analysis.warning,
        "timings_ms": {stage: analysis.timings_ms.get(stage, 0.0) for stage in STAGES},
    }


def format_analysis(analysis: Analysis) -> str:
    """The analysis as lines for people."""
    info = analysis.clip
    sound = "with sound" if info.has_audio else "no sound"
    lines = [f"{analysis.path.name}: {info.duration_s:.1f} s, {info.width}x{info.height}, {info.fps:.0f} fps, {sound}"]
    for observation in analysis.observations:
        window, caption = observation.window, observation.caption
        concepts = ", ".join(f"{name} {score:.0%}" for name, score in observation.concepts.items())
        lines.append(
            f"{window.start_s:7.1f} - {window.end_s:.1f} s  {caption.text} ({caption.score:.0%})  [{concepts}]"
        )
        if observation.presence and observation.presence.things:
            lines.append(f"{'':18}{_count_things(observation.presence)}")
        if observation.transcript is not None:
            said = observation.transcript.text or observation.transcript.reason
            lines.append(f"{'':18}{observation.transcript.hearing}{f': {said}' if said else ''}")
    if analysis.warning:
        lines.append(f"Warning: {analysis.warning}")
    lines.append(f"{analysis.bundle.name} {analysis.bundle.version}, {analysis.timings_ms['total']:.0f} ms")
    return "\n".join(lines)


def _count_things(presence: Presence) -> str:
    """Such as `2 person, 1 car`: as many as there were in the window, one after the other too."""
    counted = Counter(thing.label for thing in presence.things)
    return ", ".join(f"{number} {label}" for label, number in counted.most_common())


def _describe_observation(observation: Observation) -> dict[str, Any]:
    found = asdict(observation)
    return {
        "start_s": observation.window.start_s,
        "end_s": observation.window.end_s,
        **{name: found[name] for name in ("caption", "hypotheses", "concepts", "detections", "presence", "transcript")},
    }
