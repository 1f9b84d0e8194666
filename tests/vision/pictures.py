"""Pictures for tests."""

import cv2
import numpy as np


def draw_jpeg(width: int = 64, height: int = 48) -> bytes:
    """A JPEG of that size."""
    image = np.tile(np.arange(width, dtype=np.uint8), (height, 1))
    is_written, written = cv2.imencode(".jpg", image)
    assert is_written
    return written.tobytes()
