"""A picture in a file of its own, as people have them: told from a clip by its first bytes, never by its name."""

from pathlib import Path

import cv2
import numpy as np

from instantreact.domain.media import Images
from instantreact.errors import InvalidInput, TooLarge, UnreadableMedia

MAX_BYTES = 100_000_000
MAX_PIXELS = 100_000_000
"""A photograph has more than a frame of a clip."""
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\x00", b"MM\x00*")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def is_still(path: Path) -> bool:
    """Whether the file holds a JPEG, PNG, WebP, BMP or TIFF. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        start = file.read(12)
    return start.startswith(_STARTS) or (start[:4] == b"RIFF" and start[8:] == b"WEBP")


def read_still(path: Path) -> Images:
    """The picture (H, W, 3), blue first and upright. Raises TooLarge or UnreadableMedia."""
    if path.stat().st_size > MAX_BYTES:
        raise TooLarge(f"The picture has more than {MAX_BYTES // 1_000_000} MB.")
    try:
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:  # beyond OpenCV's own limits
        raise UnreadableMedia("The picture cannot be decoded: it is damaged, or too large.") from error
    if image is None:
        raise UnreadableMedia("The picture cannot be decoded: it is damaged, or breaks off.")
    height, width = image.shape[:2]
    if height * width > MAX_PIXELS:
        raise TooLarge(f"The picture has {width}x{height} pixels; at most {MAX_PIXELS} pixels are taken.")
    return np.asarray(image, np.uint8)


def has_still_name(path: Path) -> bool:
    """Whether a file is called like a picture, whatever it holds."""
    return path.suffix.lower() in _SUFFIXES


def check_still_name(path: Path) -> None:
    """Raises InvalidInput where a picture cannot be written under that name."""
    if not has_still_name(path):
        raise InvalidInput(f"{path} must end in one of {', '.join(_SUFFIXES)}: a picture is written there.")


def write_still(path: Path, image_bgr: Images) -> None:
    """Write a picture (H, W, 3), blue first, in the format of the name. Raises InvalidInput or OSError."""
    check_still_name(path)
    _, encoded = cv2.imencode(path.suffix, image_bgr)
    path.write_bytes(encoded.tobytes())
