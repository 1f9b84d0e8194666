"""Uploaded clips are decoded in child processes with limits: a hostile clip can crash or hang nothing but its child.

The children run as the same user, so this holds bugs in decoders at bay, not an intruder who has taken one over; what
they answer is checked as it is read. Memory does not grow: a child waits until the window before was taken.
"""

import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from instantreact.domain.media import AudioTrack, ClipInfo, FrameSample, Glance, GlancePlan, SamplingPlan, Window
from instantreact.errors import TooLarge, UnreadableMedia
from instantreact.logs import get_logger
from instantreact.media.child_process import ChildProcess, StartedProcess
from instantreact.media.decode_process import DecodeProcess
from instantreact.media.decoded import DecodedWindow
from instantreact.media.limits import DecodeLimits
from instantreact.media.nursery import DecodeNursery, can_fork
from instantreact.media.wire import Header, raw_bytes

log = get_logger(__name__)

_MAX_JPEG_BYTES = 8_000_000
_MAX_TRACK_SAMPLES = 16_000 * 60
_MAX_SIDE = 65_535
_MOST_GLANCES_A_SAMPLE = 2
"""The last window of a stretch may be stretched itself."""


class ClipDecoder:
    """Probes and decodes clips, each in a child of its own; may be used from several threads.

    Where clips come often a nursery is kept, whose children are there at once: starting one anew takes longer than
    decoding a short clip. After a crash the next clip's child comes from another nursery: whoever tries to find the way
    in a child's memory finds none that is laid out like the one before.

    Every method raises UnreadableMedia, UnsupportedMedia or TooLarge; a child that crashes, hangs or exceeds `limits`
    makes its clip unreadable, and the message says what happened.
    """

    def __init__(
        self, limits: DecodeLimits, *, keeps_nursery: bool = True, nursery: DecodeNursery | None = None
    ) -> None:
        """`nursery` is one that was started before; it belongs to the decoder from here on."""
        self._limits = limits
        self._keeps_nursery = keeps_nursery and can_fork()
        self._lock = threading.Lock()
        self._nursery = nursery or DecodeNursery() if self._keeps_nursery else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the nursery, and what children of it are left."""
        with self._lock:
            self._keeps_nursery = False
            nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.close()

    def probe(self, path: Path) -> ClipInfo:
        """What the clip is, found in its content; see `probe_clip`."""
        with self._child({"task": "probe", "path": str(path.absolute())}) as child:
            header = child.receive("clip")
            if header is None:
                raise UnreadableMedia("The decoder said nothing about the clip.")
            return _read_clip(header)

    def decode(
        self, path: Path, plan: SamplingPlan, glances: GlancePlan | None = None
    ) -> Generator[DecodedWindow, None, None]:
        """The clip's windows; see `decode_windows`. Closing the iterator early kills the child at once."""
        looks = asdict(glances) if glances else None
        request = {"task": "decode", "path": str(path.absolute()), "plan": asdict(plan), "glances": looks}
        footage_s, end_s = 0.0, 0.0
        with self._child(request) as child:
            for index in count():
                header = child.receive("window")
                if header is None:
                    return
                decoded = _read_window(child, header, index, plan, glances)
                window = decoded.sample.window
                # However short, a window costs a caption, and each shows a sample that no other does.
                footage_s = max(footage_s + window.end_s - max(window.start_s, end_s), index / plan.rate_hz)
                end_s = window.end_s
                self._check_length(footage_s)
                yield decoded

    def sound(self, path: Path) -> Generator[AudioTrack, None, None]:
        """The clip's sound, ten seconds at a time; see `extract_audio`. Closing the iterator early kills the child."""
        heard_s = 0.0
        with self._child({"task": "sound", "path": str(path.absolute())}) as child:
            while (header := child.receive("track")) is not None:
                self._check_length(heard_s)
                samples = np.empty(header.count("samples", least=1, most=_MAX_TRACK_SAMPLES), dtype="<i2")
                child.read_into(raw_bytes(samples))
                track = AudioTrack(samples=samples, start_s=header.number("start_s"))
                heard_s += track.duration_s
                yield track

    def _check_length(self, seconds: float) -> None:
        """What comes is counted here, whatever the child says of it, so that no answer goes on for ever."""
        if seconds > self._limits.max_duration_s:
            raise TooLarge(f"The clip is longer than {self._limits.max_duration_s:g} s.")

    @contextmanager
    def _child(self, request: Mapping[str, object]) -> Iterator[DecodeProcess]:
        nursery = self._nursery
        child = DecodeProcess(self._find_child(nursery))
        try:
            child.ask(request, self._limits)
            yield child
        finally:
            if child.end():
                self._replace(nursery)

    def _find_child(self, nursery: DecodeNursery | None) -> ChildProcess:
        if nursery is not None:
            try:
                return nursery.fork()
            except OSError as error:
                log.warning("nursery.failed", reason=str(error))
                self._replace(nursery)
        return StartedProcess()

    def _replace(self, nursery: DecodeNursery | None) -> None:
        with self._lock:
            if nursery is None or self._nursery is not nursery:
                return
            self._nursery = DecodeNursery() if self._keeps_nursery else None
        nursery.retire()


def _read_clip(header: Header) -> ClipInfo:
    return ClipInfo(
        container=header.text("container"),
        video_codec=header.text("video_codec"),
        duration_s=header.number("duration_s"),
        width=header.count("width", most=_MAX_SIDE),
        height=header.count("height", most=_MAX_SIDE),
        fps=header.number("fps"),
        has_audio=header.flag("has_audio"),
        rotation_deg=header.count("rotation_deg", most=359),
    )


def _read_window(
    child: DecodeProcess, header: Header, index: int, plan: SamplingPlan, glances: GlancePlan | None
) -> DecodedWindow:
    samples, size = header.count("samples", least=1, most=plan.samples_per_window), plan.image_size
    images = np.empty((samples, size, size, 3), dtype=np.uint8)
    earlier = np.empty((samples, len(plan.gaps_s), size, size, 3), dtype=np.uint8)
    times_s = np.empty(samples, dtype=np.float64)
    jpeg = bytearray(header.count("jpeg_bytes", most=_MAX_JPEG_BYTES))
    for array in (images, earlier, times_s):
        child.read_into(raw_bytes(array))
    child.read_into(memoryview(jpeg))
    if not np.isfinite(times_s).all():
        raise UnreadableMedia("The decoder gave a frame without a time.")
    window = Window(index, header.number("start_s"), header.number("end_s"))
    sample = FrameSample(window, images, earlier, times_s)
    most = _MOST_GLANCES_A_SAMPLE * plan.samples_per_window if glances else 0
    taken = tuple(_read_glance(child, glances) for _ in range(header.count("glances", most=most)) if glances)
    return DecodedWindow(
        sample,
        bytes(jpeg),
        header.optional_text("warning"),
        pictured_s=header.number("pictured_s"),
        glances=taken,
        is_last=header.flag("is_last"),
    )


def _read_glance(child: DecodeProcess, plan: GlancePlan) -> Glance:
    header = child.receive("glance")
    if header is None:
        raise UnreadableMedia("The decoder stopped answering in the middle of the clip.")
    size = header.count("height", least=1, most=plan.height), header.count("width", least=1, most=plan.width)
    image = np.empty((*size, 3), dtype=np.uint8)
    child.read_into(raw_bytes(image))
    return Glance(header.number("time_s"), image)
