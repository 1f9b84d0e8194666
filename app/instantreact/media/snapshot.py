"""The picture of a window that people see: at the clip's own resolution, as JPEG."""

import cv2
import numpy as np

from instantreact.domain.media import Images
from instantreact.errors import UnreadableMedia

MAX_WIDTH = 1280
_QUALITY = 85


def encode_snapshot(frame_bgr: Images) -> bytes:
    """A frame (H, W, 3), blue first as OpenCV decodes it, as JPEG of at most `MAX_WIDTH` pixels across."""
    height, width = frame_bgr.shape[:2]
    if width > MAX_WIDTH:
        size = (MAX_WIDTH, max(1, round(height * MAX_WIDTH / width)))
        frame_bgr = np.asarray(cv2.resize(frame_bgr, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    encoded, jpeg = cv2.imencode(".jpg", frame_bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not encoded:
        raise UnreadableMedia(f"A frame of {width}x{height} pixels could not be stored as JPEG.")
    return jpeg.tobytes()
