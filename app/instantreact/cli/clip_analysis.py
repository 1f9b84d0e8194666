"""What `instantreact analyze` finds out about clips, and how it tells it."""

import asyncio
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import typer

from instantreact.cli.settings import listens
from instantreact.config import Settings
from instantreact.domain.media import ClipInfo
from instantreact.domain.observation import Observation, Presence
from instantreact.errors import MediaError, Misconfigured, TooLarge
from instantreact.inference.bundle import Bundle
from instantreact.inference.captioner import Captioner
from instantreact.inference.detector.deployed import DeployedDetector
from instantreact.inference.poses.deployed import DeployedPoses
from instantreact.media.nursery import DecodeNursery
from instantreact.media.sandbox import ClipDecoder
from instantreact.model_wiring import (
    decode_limits,
    make_captioner,
    make_detector,
    make_poses,
    make_recognition,
)
from instantreact.pipeline.describe import GLANCE_EVERY_S, describe_windows
from instantreact.pipeline.following import Following
from instantreact.pipeline.stopwatch import Stopwatch
from instantreact.progress import progress
from instantreact.threads import WorkerThreads

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


@dataclass(frozen=True)
class FailedClip:
    """A clip that could not be analyzed, and why."""

    path: Path
    reason: str


def analyze_clips(
    paths: Sequence[Path],
    settings: Settings,
    nursery: DecodeNursery | None,
    *,
    phrases: Sequence[str] = (),
    asks_who_lies: bool = False,
) -> Iterator[Analysis | FailedClip]:
    """Analyze clips in this process, one after the other, with models that are loaded once.

    The nursery ends with them. Raises CaptionerUnavailable, Misconfigured, and what a recogniser cannot do.
    """
    if asks_who_lies and make_poses(settings).is_off:
        raise Misconfigured("--lying looks at how people lie in the picture, and INSTANTREACT_POSES is off.")
    with (
        ClipDecoder(decode_limits(settings), keeps_nursery=nursery is not None, nursery=nursery) as decoder,
        _listening(settings, phrases) as hear,
    ):
        models = _load_models(settings, asks_who_lies=asks_who_lies)
        for path in paths:
            try:
                yield _analyze_clip(path, decoder, models, hear, show_progress=len(paths) == 1)
            except (MediaError, TooLarge) as error:
                yield FailedClip(path, str(error))
            except OSError as error:
                yield FailedClip(path, f"It cannot be read: {error.strerror or error}.")


@dataclass(frozen=True)
class _Models:
    captioner: Captioner
    detector: DeployedDetector | None
    poses: DeployedPoses | None
    asks_who_lies: bool


def _load_models(settings: Settings, *, asks_who_lies: bool) -> _Models:
    """Beside each other. Raises CaptionerUnavailable."""
    with ThreadPoolExecutor(2) as beside:
        detector = beside.submit(make_detector(settings).find)
        poses = beside.submit(make_poses(settings, opens_late=True).find)
        return _Models(make_captioner(settings).get(), detector.result(), poses.result(), asks_who_lies)


def _analyze_clip(path: Path, decoder: ClipDecoder, models: _Models, hear: "_Hear", *, show_progress: bool) -> Analysis:
    stopwatch = Stopwatch()
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with stopwatch.measure("probe"):
        info = decoder.probe(path)
    following = Following.begin(models.detector, models.poses, asks_more=lambda: models.asks_who_lies)
    glances = following.plan(GLANCE_EVERY_S) if following else None
    decoded = decoder.decode(path, models.captioner.bundle.sampling, glances)
    observations, warning = [], None
    is_hidden = not (show_progress and sys.stderr.isatty())
    with typer.progressbar(
        length=round(info.duration_s * 10), label="Analyzing", file=sys.stderr, hidden=is_hidden
    ) as bar:
        for seen in describe_windows(decoded, models.captioner, stopwatch, following=following):
            observations.append(seen.observation)
            warning = seen.warning or warning
            bar.update(round(seen.observation.window.end_s * 10) - bar.pos)
    with stopwatch.measure("speech"):
        heard = hear(decoder, path, observations)
    return Analysis(
        path=path,
        sha256=sha256,
        clip=info,
        bundle=models.captioner.bundle,
        observations=heard,
        warning=warning,
        timings_ms=stopwatch.timings_ms(),
    )


_Hear = Callable[[ClipDecoder, Path, Sequence[Observation]], tuple[Observation, ...]]
"""The observations of a clip with what was said in them; without transcripts where nobody listens."""


@contextmanager
def _listening(settings: Settings, phrases: Sequence[str]) -> Iterator[_Hear]:
    """One recogniser, on one event loop, for all clips; where nobody listens, none of what they need is imported."""
    if not listens(settings, phrases):
        yield lambda decoder, path, seen: tuple(seen)
        return
    from instantreact.speech.listen import listen
    from instantreact.speech.placing import place_transcripts

    threads = WorkerThreads(2)
    recognition = make_recognition(settings, threads=threads)

    async def hear(decoder: ClipDecoder, path: Path, seen: Sequence[Observation]) -> tuple[Observation, ...]:
        transcriber = await recognition.find(settings.speech, phrases)
        if transcriber is None:
            return tuple(seen)
        with closing(decoder.sound(path)) as chunks:
            heard = await listen(chunks, transcriber, threads)
        placed = place_transcripts([observation.window for observation in seen], heard)
        return tuple(replace(one, transcript=transcript) for one, transcript in zip(seen, placed, strict=True))

    with asyncio.Runner() as runner:
        try:
            yield lambda decoder, path, seen: runner.run(hear(decoder, path, seen))
        finally:
            runner.run(recognition.close())
            threads.close()


def tell_analyses(found: Iterable[Analysis | FailedClip], count: int, *, as_json: bool) -> int:
    """Print what was found as it comes, and how far it is where there are several; how many clips failed."""
    failed = 0
    with progress("Clips analyzed", count) if count > 1 else nullcontext(lambda name: None) as tell:
        for each in found:
            if isinstance(each, FailedClip):
                failed += 1
                typer.echo(f"instantreact: {f'{each.path}: ' if count > 1 else ''}{each.reason}", err=True)
            if as_json:
                typer.echo(json.dumps(describe_analysis(each)))
            elif isinstance(each, Analysis):
                typer.echo(format_analysis(each))
            tell(str(each.path))
    return failed


def describe_analysis(analysis: Analysis | FailedClip) -> dict[str, Any]:
    """The analysis as the JSON that the README promises."""
    if isinstance(analysis, FailedClip):
        return {"clip": {"path": str(analysis.path)}, "error": analysis.reason}
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
