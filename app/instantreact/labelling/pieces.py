"""Cuts the seconds out of a clip that are worth a caption, and draws the sheet that shows them at once.

A piece is coded anew, as H.264 without sound and without what cameras write into files: it plays in every browser, and
nothing but what is seen tells one camera's clips from another's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from instantreact.domain.media import Images
from instantreact.errors import UnreadableMedia
from instantreact.media.pictures import open_pictures
from instantreact.media.transcode import write_film

LONGEST_PX = 960
SHEET_PX = 1024
FRAMES = 6
_COLUMNS = 3
_LOOK_S = 0.2
_TOLERANCE = 1.25
"""A clip that is longer than a piece by no more than this stays whole."""
_SMALL = (96, 54)


@dataclass(frozen=True)
class ClipPiece:
    """Seconds of a clip."""

    start_s: float
    end_s: float


@dataclass(frozen=True, eq=False)
class ClipMotion:
    """How much has changed (N,) since the look before, at these times (N,), in a clip that ends at `end_s`."""

    times_s: np.ndarray[tuple[int], np.dtype[np.float64]]
    moved: np.ndarray[tuple[int], np.dtype[np.float64]]
    end_s: float


def measure_motion(path: Path) -> ClipMotion:
    """Look at a clip five times a second. Raises MediaError when it cannot be read."""
    times: list[float] = []
    moved: list[float] = []
    end_s = 0.0
    before: np.ndarray[tuple[int, ...], np.dtype[np.int16]] | None = None
    with open_pictures(path) as reader:
        for picture in reader.pictures():
            end_s = picture.time_s + picture.interval_s
            if times and picture.time_s < times[-1] + _LOOK_S - picture.interval_s / 2:
                continue
            small = cv2.cvtColor(cv2.resize(picture.bgr(), _SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
            looked = small.astype(np.int16)
            times.append(picture.time_s)
            moved.append(0.0 if before is None else float(np.abs(looked - before).mean()))
            before = looked
    if not times:
        raise UnreadableMedia("Not one frame of the clip can be decoded.")
    return ClipMotion(np.asarray(times), np.asarray(moved), end_s)


def choose_pieces(
    curve: ClipMotion, length_s: float, *, most: int = 1, during: tuple[float, float] | None = None
) -> list[ClipPiece]:
    """At most so many pieces of that length, in order: around `during`, or else where most moves.

    A clip that is hardly longer than a piece is one, whole.
    """
    first = float(curve.times_s[0])
    if curve.end_s - first <= length_s * _TOLERANCE:
        return [ClipPiece(first, curve.end_s)]
    last = curve.end_s - length_s
    if during is not None and during[1] - during[0] <= length_s:
        start = float(np.clip((during[0] + during[1] - length_s) / 2, first, last))
        return [ClipPiece(start, start + length_s)]
    starts = curve.times_s[curve.times_s <= last]
    if during is not None and (within := (starts >= during[0]) & (starts <= during[1] - length_s)).any():
        starts = starts[within]
    sums = [curve.moved[(curve.times_s > start) & (curve.times_s <= start + length_s)].sum() for start in starts]
    chosen: list[float] = []
    for index in np.argsort(sums, kind="stable")[::-1]:
        if len(chosen) < most and all(abs(starts[index] - each) >= length_s for each in chosen):
            chosen.append(float(starts[index]))
    return [ClipPiece(start, start + length_s) for start in sorted(chosen)]


def write_piece(path: Path, piece: ClipPiece, clip: Path, sheet: Path) -> float:
    """Write the piece of the file at `path` as a clip, and its sheet; how long it is, in seconds.

    Both are whole or not there. Raises MediaError when it cannot be read.
    """
    thumbs: list[tuple[float, Images]] = []
    partial = clip.with_name(f".{clip.name}.partial")
    write_film(partial, _cut(path, piece, thumbs))
    if not thumbs:
        raise UnreadableMedia("Not one frame of the piece can be decoded.")
    aside = sheet.with_name(f".{sheet.name}.partial")
    aside.write_bytes(draw_sheet(thumbs))
    for each in (partial, aside):
        each.chmod(0o600)
    aside.replace(sheet)
    partial.replace(clip)
    step_s = thumbs[-1][0] / (len(thumbs) - 1) if len(thumbs) > 1 else 0.0
    return round(thumbs[-1][0] + step_s, 3)


def draw_sheet(frames: list[tuple[float, Images]]) -> bytes:
    """A JPEG of six of the frames (H, W, 3), blue first, evenly over time, in two rows, each with its seconds."""
    chosen = [frames[index] for index in np.linspace(0, len(frames) - 1, FRAMES).round().astype(int)]
    cells = [_write_time(image, time_s) for time_s, image in chosen]
    rows = [np.hstack(cells[at : at + _COLUMNS]) for at in range(0, FRAMES, _COLUMNS)]
    _, written = cv2.imencode(".jpg", np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return bytes(written.tobytes())


def _cut(path: Path, piece: ClipPiece, thumbs: list[tuple[float, Images]]) -> Iterator[tuple[float, Images]]:
    """The pictures of a piece as they are written, red first, each with its seconds; small ones go into `thumbs`."""
    zero_s: float | None = None
    with open_pictures(path) as reader:
        for picture in reader.pictures():
            if picture.time_s >= piece.end_s:
                return
            if picture.time_s < piece.start_s - picture.interval_s / 2:
                continue
            zero_s = picture.time_s if zero_s is None else zero_s
            aspect = reader.aspect if picture.turn_deg % 180 == 0 else 1 / reader.aspect
            image = _fit(picture.bgr(), float(aspect), LONGEST_PX)
            thumbs.append((picture.time_s - zero_s, _fit(image, 1.0, SHEET_PX // _COLUMNS)))
            yield picture.time_s - zero_s, np.asarray(image[..., ::-1], np.uint8)


def _fit(image: Images, aspect: float, longest_px: int) -> Images:
    """The picture (H, W, 3) with square pixels, its longer side at most that long."""
    height, width = image.shape[0], image.shape[1] * aspect
    scale = min(1.0, longest_px / max(height, width))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    if size == (image.shape[1], image.shape[0]):
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _write_time(image: Images, time_s: float) -> Images:
    drawn, where = image.copy(), (6, image.shape[0] - 8)
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(drawn, f"{time_s:.1f} s", where, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thickness, cv2.LINE_AA)
    return drawn
