"""A picture made smaller, for whoever pays by its size; what a camera wrote beside it (place, number) is gone."""

import cv2
import numpy as np

_QUALITY = 85


def shrink_jpeg(jpeg: bytes, longest_px: int) -> bytes | None:
    """A JPEG whose longer side is no longer than that; None for a picture that is damaged."""
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if image is None:
        return None
    height, width = image.shape[:2]
    scale = longest_px / max(height, width)
    if scale < 1.0:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    is_written, written = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return written.tobytes() if is_written else None
