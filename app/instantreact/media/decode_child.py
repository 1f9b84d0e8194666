"""The process that opens hostile files: forked from the nursery, or `python -m instantreact.media.decode_child`.

It serves one request, a line of JSON, and exits: none ever sees a second clip.
"""

import json
import os
import resource
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import cv2

from instantreact.domain.media import GlancePlan, SamplingPlan
from instantreact.errors import TooLarge, UnreadableMedia, UnsupportedMedia
from instantreact.media.audio import extract_audio
from instantreact.media.frames import decode_windows
from instantreact.media.limits import DecodeLimits
from instantreact.media.probe import probe_clip
from instantreact.media.rendition import make_rendition
from instantreact.media.wire import Field, raw_bytes, write_message

_MOST_WORDS = 1000
_PIECE_BYTES = 1 << 20
_EXPECTED = (UnreadableMedia, UnsupportedMedia, TooLarge)


def main() -> None:
    """Serve the request that arrives on standard input."""
    answers = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # for answers alone: whatever a library prints goes nowhere
    os.close(nowhere)
    _serve_request(0, answers)


def serve_and_leave(requests: int, answers: int) -> NoReturn:
    """As `main` in a forked process, which ends here, by these ends of its pipes."""
    try:
        _serve_request(requests, answers)
    except BaseException:  # nothing of the process it was forked from may go on in it
        os._exit(1)
    os._exit(0)


def _serve_request(requests: int, answers: int) -> None:
    """Serve the one request; leave quietly if the parent goes away first."""
    with os.fdopen(requests, "rb", closefd=False) as lines:
        line = lines.readline()
    if not line:
        return
    request = json.loads(line)
    threading.Thread(target=_leave_with_parent, args=(requests,), daemon=True).start()
    limits = DecodeLimits(**request["limits"])
    _confine(limits)
    with os.fdopen(answers, "wb") as pipe:
        _answer(pipe, request, limits)


def _leave_with_parent(requests: int) -> None:
    os.read(requests, 1)
    os.killpg(0, signal.SIGKILL)


def _confine(limits: DecodeLimits) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = round(used.ru_utime + used.ru_stime) + limits.cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        address_space = pages * resource.getpagesize() + limits.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    cv2.setNumThreads(1)


def _answer(answers: BinaryIO, request: dict[str, Any], limits: DecodeLimits) -> None:
    """Serve, and tell the parent how it ended."""
    try:
        _serve(answers, request, limits)
        write_message(answers, "end", {})
    except _EXPECTED as error:
        write_message(answers, type(error).__name__, {"message": str(error)})
    except MemoryError:
        write_message(
            answers, UnreadableMedia.__name__, {"message": "Decoding the clip takes more memory than allowed."}
        )
    except Exception as error:  # the last words of a process that nobody else hears
        message = f"Decoding the clip failed: {type(error).__name__}: {error}"
        write_message(answers, UnreadableMedia.__name__, {"message": message[:1000]})


def _serve(answers: BinaryIO, request: dict[str, Any], limits: DecodeLimits) -> None:
    path = Path(request["path"])
    match request["task"]:
        case "probe":
            clip = probe_clip(path, max_pixels=limits.max_pixels, max_duration_s=limits.max_duration_s)
            write_message(answers, "clip", asdict(clip))
        case "decode":
            plan, glances = request["plan"], request["glances"]
            sampling = SamplingPlan(**{**plan, "gaps_s": tuple(plan["gaps_s"])})
            _send_windows(answers, path, sampling, GlancePlan(**glances) if glances else None)
        case "sound":
            _send_sound(answers, path)
        case "render":
            _send_rendition(answers, path)


def _send_windows(answers: BinaryIO, path: Path, plan: SamplingPlan, glances: GlancePlan | None) -> None:
    for decoded in decode_windows(path, plan, glances):
        sample = decoded.sample
        fields: dict[str, Field] = {
            "start_s": sample.window.start_s,
            "end_s": sample.window.end_s,
            "samples": len(sample.images),
            "jpeg_bytes": len(decoded.snapshot_jpeg),
            "pictured_s": decoded.pictured_s,
            "is_last": decoded.is_last,
            "glances": len(decoded.glances),
            "warning": decoded.warning and decoded.warning[:_MOST_WORDS],
        }
        arrays = [raw_bytes(sample.images), raw_bytes(sample.earlier), raw_bytes(sample.times_s)]
        write_message(answers, "window", fields, *arrays, memoryview(decoded.snapshot_jpeg))
        for glance in decoded.glances:
            height, width = glance.image.shape[:2]
            size: dict[str, Field] = {"time_s": glance.time_s, "height": height, "width": width}
            write_message(answers, "glance", size, raw_bytes(glance.image))


def _send_sound(answers: BinaryIO, path: Path) -> None:
    for track in extract_audio(path):
        fields: dict[str, Field] = {"start_s": track.start_s, "samples": len(track.samples)}
        write_message(answers, "track", fields, raw_bytes(track.samples))


def _send_rendition(answers: BinaryIO, path: Path) -> None:
    def tell() -> None:
        write_message(answers, "piece", {"bytes": 0})

    whole = memoryview(make_rendition(path, tell=tell))
    for at in range(0, len(whole), _PIECE_BYTES):
        piece = whole[at : at + _PIECE_BYTES]
        write_message(answers, "piece", {"bytes": len(piece)}, piece)


if __name__ == "__main__":
    main()
