"""Frames that a browser or an edge device pushes: JPEGs through a slot that keeps only the newest."""

import threading
import time
from collections.abc import Iterator

from instantreact.errors import StreamLost, TooLarge
from instantreact.media.jpeg import MAX_JPEG_BYTES, JpegDecoder, make_arrival, read_jpeg_size
from instantreact.media.live_frame import Arrival
from instantreact.media.mask import FrameMask
from instantreact.media.stream import StreamLimits

_LOOK_S = 0.25


class PushSlot:
    """Where pushed frames arrive, from any thread; a frame that nobody took in time makes way for the next."""

    def __init__(self, *, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._changed = threading.Condition()
        self._waiting: tuple[bytes, float] | None = None
        self.dropped = 0

    def put(self, jpeg: bytes) -> None:
        """Hand over a JPEG. Raises TooLarge or UnreadableMedia, judging by its header alone."""
        if len(jpeg) > MAX_JPEG_BYTES:
            raise TooLarge(f"A pushed frame may have at most {MAX_JPEG_BYTES} bytes.")
        width, height = read_jpeg_size(jpeg)
        if width * height > self._max_pixels:
            raise TooLarge(f"A pushed frame may have at most {self._max_pixels} pixels.")
        with self._changed:
            self.dropped += self._waiting is not None
            self._waiting = (jpeg, time.monotonic())
            self._changed.notify()

    def take(self, timeout_s: float) -> tuple[bytes, float] | None:
        """The newest frame and when it came (monotonic), or None after `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None, timeout_s)
            taken, self._waiting = self._waiting, None
            return taken


class PushStream:
    """The pushed frames as a stream; it has no sound and no codec to remux."""

    video = None
    audio = None

    def __init__(self, slot: PushSlot, *, limits: StreamLimits, mask: FrameMask, stopped: threading.Event) -> None:
        self._slot = slot
        self._limits = limits
        self._mask = mask
        self._stopped = stopped

    def arrivals(self) -> Iterator[Arrival]:
        """Each frame as it comes, until stopped.

        Raises StreamLost when none came for the read time-out, and none that can be read for the stall time-out.
        """
        decoder = JpegDecoder()
        first_s: float | None = None
        last_s = seen_s = time.monotonic()
        while not self._stopped.is_set():
            taken = self._slot.take(min(_LOOK_S, self._limits.read_timeout_s))
            if taken is None:
                if time.monotonic() - last_s > self._limits.read_timeout_s:
                    raise StreamLost(f"No frame was pushed for {self._limits.read_timeout_s:g} s.")
                continue
            jpeg, last_s = taken
            first_s = last_s if first_s is None else first_s
            picture = decoder.decode(jpeg)
            if picture is not None:
                seen_s = last_s
                yield make_arrival(jpeg, picture, last_s - first_s, self._mask)
            elif last_s - seen_s > self._limits.stall_timeout_s:
                stalled_s = self._limits.stall_timeout_s
                raise StreamLost(f"None of the frames that were pushed for {stalled_s:g} s can be read.")

    def close(self) -> None:
        """Nothing to hang up."""
