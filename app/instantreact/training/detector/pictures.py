"""Pictures with boxes, and which boxes are none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from instantreact.domain.media import Images
from instantreact.errors import UnreadableMedia
from instantreact.inference.detector.preprocess import Boxes

_ROUNDING = 0.02
"""What a box may reach beyond the picture and still be cut off there, in shares of the side: that is rounding."""


@dataclass(frozen=True)
class MarkedBox:
    """One object as an annotation has it: corners in shares of the picture.

    is_difficult  hard to tell even for people: may be learnt, and neither finding nor missing it counts
    is_crowd      many at once: never learnt, and what is found inside does not count
    """

    name: str
    left: float
    top: float
    right: float
    bottom: float
    is_difficult: bool = False
    is_crowd: bool = False


@dataclass(frozen=True)
class MarkedPicture:
    """A picture file, (width, height) in pixels, and its boxes (n, 4) in shares of it.

    labels     (n,) numbers of the recipe's labels, from 0
    difficult  (n,) whether finding or missing it counts
    crowd      (n,) whether it is many at once, and never learnt
    """

    name: str
    path: Path
    size: tuple[int, int]
    boxes: Boxes
    labels: NDArray[np.int64]
    difficult: NDArray[np.bool_]
    crowd: NDArray[np.bool_]


@dataclass(frozen=True)
class PictureSet:
    """Pictures, what of the data was left out and why, and how many boxes bore a name that the recipe does not."""

    pictures: tuple[MarkedPicture, ...]
    complaints: tuple[str, ...] = ()
    unnamed: int = 0


def left_out(part: PictureSet) -> list[str]:
    """What of a set was left out, and why: a line each, and one for all boxes whose name is of no label."""
    unnamed = [f"{part.unnamed} boxes of names that are of no label"] if part.unnamed else []
    return [*part.complaints, *unnamed]


class LabelMap:
    """Which label a name in the data stands for; `names` says for each label which names mean it."""

    def __init__(self, names: dict[str, tuple[str, ...]]) -> None:
        self.labels = tuple(names)
        self._numbers = {name: number for number, label in enumerate(names) for name in names[label]}

    def number(self, name: str) -> int | None:
        """The number of the label, None where the name is of none."""
        return self._numbers.get(name)


def join(parts: Iterable[PictureSet]) -> PictureSet:
    """Several sets as one."""
    listed = list(parts)
    return PictureSet(
        tuple(chain.from_iterable(part.pictures for part in listed)),
        tuple(chain.from_iterable(part.complaints for part in listed)),
        sum(part.unnamed for part in listed),
    )


def mark(
    name: str, path: Path, size: tuple[int, int], found: Iterable[MarkedBox | str], labels: LabelMap
) -> PictureSet:
    """One picture with those of its boxes that are of a label and make sense; a string is a complaint already."""
    kept: list[tuple[MarkedBox, int]] = []
    complaints: list[str] = []
    unnamed = 0
    for box in found:
        if isinstance(box, str):
            complaints.append(f"{name}: {box}")
        elif (reason := what_is_wrong(box)) is not None:
            complaints.append(f"{name}: a box of {box.name} {reason}")
        elif (number := labels.number(box.name)) is None:
            unnamed += 1
        else:
            kept.append((box, number))
    return PictureSet((_make(name, path, size, kept),), tuple(complaints), unnamed)


def what_is_wrong(box: MarkedBox) -> str | None:
    """Why a box cannot be meant, None where it can."""
    sides = np.array([box.left, box.top, box.right, box.bottom])
    if not np.isfinite(sides).all():
        return "has a side that is no number"
    if box.left >= box.right or box.top >= box.bottom:
        return "has no area"
    if sides.min() < -_ROUNDING or sides.max() > 1 + _ROUNDING:
        return "reaches beyond the picture"
    inside = np.clip(sides, 0, 1)
    return "has no area" if inside[0] >= inside[2] or inside[1] >= inside[3] else None


def read_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture that can be read to its end. Raises UnreadableMedia."""
    try:
        with Image.open(path) as picture:
            size = int(picture.width), int(picture.height)
            picture.draft(None, (1, 1))  # an eighth of a JPEG shows as well whether it breaks off, in half the time
            picture.load()
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as error:
        raise UnreadableMedia(f"The picture {path.name} cannot be read, or breaks off.") from error
    return size


def read_picture(path: Path) -> Images:
    """A picture as RGB (h, w, 3), as it is stored: annotations do not know of EXIF's turns. Raises UnreadableMedia."""
    stored = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if stored is None:
        raise UnreadableMedia(f"The picture {path} cannot be read.")
    return np.ascontiguousarray(stored[..., ::-1])


def _make(name: str, path: Path, size: tuple[int, int], kept: Sequence[tuple[MarkedBox, int]]) -> MarkedPicture:
    sides = np.array([(box.left, box.top, box.right, box.bottom) for box, _ in kept], np.float32).reshape(-1, 4)
    return MarkedPicture(
        name=name,
        path=path,
        size=size,
        boxes=np.clip(sides, 0, 1),
        labels=np.array([number for _, number in kept], np.int64),
        difficult=np.array([box.is_difficult for box, _ in kept], bool),
        crowd=np.array([box.is_crowd for box, _ in kept], bool),
    )
