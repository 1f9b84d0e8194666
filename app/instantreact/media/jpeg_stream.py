"""An HTTP(S) camera as a stream: an MJPEG answer without end, or snapshots that are fetched one after the other.

What an answer says of itself is often wrong: its type, its boundary, its lengths. The pictures' own bytes decide.
"""

import threading
import time
from collections.abc import Iterator
from itertools import islice

import av

from instantreact.errors import StreamLost, UnreadableMedia, UnsupportedMedia
from instantreact.media.http_body import HttpBody, HttpCamera
from instantreact.media.jpeg import JPEG_START, JpegDecoder, JpegSplitter, make_arrival, read_jpeg_size
from instantreact.media.live_frame import Arrival
from instantreact.media.mask import FrameMask
from instantreact.media.stream import StreamLimits

_LONGEST_REST_S = 2.0
"""A camera that is slow to answer rests for as long as it took, but for no longer than this."""
_FEW = 2
"""An answer of bare JPEG that ends after so many is a snapshot, with its thumbnail perhaps."""
_READ_BYTES = 65_536
_SNIFFED_BYTES = 4096
_TYPES = frozenset({"multipart/x-mixed-replace", "image/jpeg", "image/jpg"})


class JpegStream:
    """The pictures of one HTTP(S) camera, dated by their arrival; it has no sound and no codec to remux.

    Raises StreamLost when nobody answers in time or with an error, UnsupportedMedia when the answer holds no JPEG.
    """

    video = None
    audio = None

    def __init__(self, camera: HttpCamera, *, limits: StreamLimits, mask: FrameMask, stopped: threading.Event) -> None:
        self._camera = camera
        self._limits = limits
        self._mask = mask
        self._stopped = stopped
        self._decoder = JpegDecoder()
        self._seen_s = time.monotonic()
        self._body = camera.ask()
        self._head = _sniff(self._body)
        self._is_bare = self._head.lstrip().startswith(JPEG_START)
        self.is_polled = self._is_bare and (self._body.has_length or self._body.kind.startswith("image/"))
        """Whether the address gives one picture each time that it is asked, as far as is known by now."""

    def arrivals(self) -> Iterator[Arrival]:
        """Each picture as it comes, until stopped. Raises StreamLost."""
        first_s: float | None = None
        self._see()
        for jpeg in self._pictures():
            picture = self._decode(jpeg)
            if picture is None:
                self._watch("The pictures that come are damaged or cut off.")
                continue
            self._see()
            first_s = self._seen_s if first_s is None else first_s
            yield make_arrival(jpeg, picture, self._seen_s - first_s, self._mask)

    def close(self) -> None:
        self._camera.close()

    def _pictures(self) -> Iterator[bytes]:
        if self._is_bare and self._body.has_length:
            yield from islice(self._read(self._body, self._head), 1)
        else:
            count = 0
            for jpeg in self._read(self._body, self._head):
                count += 1
                yield jpeg
            if self._stopped.is_set():
                return
            if not self._is_bare or not 0 < count <= _FEW:
                raise StreamLost("The camera ended the stream.")
        self._body.close()
        self.is_polled = True
        yield from self._poll()

    def _poll(self) -> Iterator[bytes]:
        """Snapshots; one that fails is nothing, as long as another comes in time."""
        took_s = 0.0
        while not self._stopped.wait(max(self._limits.snapshot_every_s - took_s, min(took_s, _LONGEST_REST_S))):
            asked_s, reason = time.monotonic(), "What it answers holds no JPEG picture."
            jpeg: bytes | None = None
            try:
                with self._camera.ask() as body:
                    jpeg = next(self._read(body), None)
            except StreamLost as error:
                reason = str(error)
            took_s = time.monotonic() - asked_s
            if jpeg:
                yield jpeg
            else:
                self._watch(reason)

    def _read(self, body: HttpBody, head: bytes = b"") -> Iterator[bytes]:
        splitter, received = JpegSplitter(), head or body.read(_READ_BYTES)
        while received and not self._stopped.is_set():
            yield from splitter.split(received)
            received = body.read(_READ_BYTES)
        if last := splitter.finish():
            yield last

    def _decode(self, jpeg: bytes) -> av.VideoFrame | None:
        """The picture, or None where the JPEG is damaged. Raises UnsupportedMedia for one that is too large."""
        try:
            width, height = read_jpeg_size(jpeg)
        except UnreadableMedia:
            return None
        if width * height > self._limits.max_pixels:
            raise UnsupportedMedia("The camera's picture is larger than the limit allows.")
        return self._decoder.decode(jpeg)

    def _see(self) -> None:
        self._seen_s = time.monotonic()
        self._body.deadline.set_to(self._limits.stall_timeout_s)

    def _watch(self, reason: str) -> None:
        stalled_s = self._limits.stall_timeout_s
        if time.monotonic() > self._seen_s + stalled_s:
            raise StreamLost(f"The camera sent no new picture for {stalled_s:g} s. {reason}")


def _sniff(body: HttpBody) -> bytes:
    """The first bytes, up to where a JPEG begins."""
    head = b""
    while JPEG_START not in head and len(head) < _SNIFFED_BYTES:
        received = body.read(_READ_BYTES)
        if not received:
            break
        head += received
    if JPEG_START not in head and body.kind not in _TYPES:
        said = body.kind or "something unnamed"
        raise UnsupportedMedia(f"The address answers with {said}: neither MJPEG nor a JPEG picture.")
    if not head:
        raise StreamLost("The camera ended the stream.")
    return head
