"""The picture of a window that people see: at the clip's own resolution and in its true proportions, as JPEG."""

from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np

from instantreact.domain.media import Images
from instantreact.domain.observation import Detection
from instantreact.errors import UnreadableMedia
from instantreact.media.drawing import draw_detections

MAX_WIDTH = 1280
SQUARE = Fraction(1)
"""The shape of most pixels: as wide as high."""

_QUALITY = 85


def encode_snapshot(frame_bgr: Images, aspect: Fraction = SQUARE, *, max_width: int = MAX_WIDTH) -> bytes:
    """A frame (H, W, 3), blue first as OpenCV has it, as JPEG of at most `max_width` pixels across.

    `aspect` is how much wider than high its pixels are meant to be shown; no line of the frame is lost for it.
    """
    height, width = frame_bgr.shape[:2]
    wide, high = width * max(aspect, SQUARE), height / min(aspect, SQUARE)
    shrink = min(SQUARE, max_width / Fraction(wide))
    size = (round(wide * shrink), max(1, round(high * shrink)))
    if size != (width, height):
        method = cv2.INTER_AREA if shrink < 1 else cv2.INTER_LINEAR
        frame_bgr = np.asarray(cv2.resize(frame_bgr, size, interpolation=method), dtype=np.uint8)
    encoded, jpeg = cv2.imencode(".jpg", frame_bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not encoded:
        raise UnreadableMedia(f"A frame of {width}x{height} pixels could not be stored as JPEG.")
    return jpeg.tobytes()


def draw_on_snapshot(jpeg: bytes, detections: Sequence[Detection]) -> bytes:
    """The same picture with boxes drawn in; one that cannot be decoded stays as it is."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if detections else None
    if picture is None:
        return jpeg
    return encode_snapshot(draw_detections(np.asarray(picture, np.uint8), detections))
