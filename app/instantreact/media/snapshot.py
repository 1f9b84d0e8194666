"""The picture of a window that people see: at the clip's own resolution, as JPEG."""

import cv2
import numpy as np

from instantreact.domain.media import Images
from instantreact.errors import UnreadableMedia

MAX_WIDTH = 1280
_QUALITY = 85


def scale_frame(frame: Images, *, width: int, height: int) -> Images:
    """The frame (H, W, 3) as (height, width, 3); averaged where it shrinks, so that fine detail does not flicker."""
    if frame.shape[:2] == (height, width):
        return frame
    shrinks = frame.shape[0] > height or frame.shape[1] > width
    scaled = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(scaled, dtype=np.uint8)


def encode_snapshot(frame_bgr: Images) -> bytes:
    """A frame (H, W, 3), blue first as OpenCV decodes it, as JPEG of at most `MAX_WIDTH` pixels across."""
    height, width = frame_bgr.shape[:2]
    if width > MAX_WIDTH:
        frame_bgr = scale_frame(frame_bgr, width=MAX_WIDTH, height=max(1, round(height * MAX_WIDTH / width)))
    encoded, jpeg = cv2.imencode(".jpg", frame_bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not encoded:
        raise UnreadableMedia(f"A frame of {width}x{height} pixels could not be stored as JPEG.")
    return jpeg.tobytes()
