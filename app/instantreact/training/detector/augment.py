"""Changed copies of a training picture, as in the SSD paper (Liu et al. 2016, section 2.2, and the authors' code).

Every function is pure: what it draws, it draws from the generator that it is given.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images
from instantreact.inference.detector.preprocess import Boxes
from instantreact.training.detector.config import Augmentation

Random = np.random.Generator

_LEAST_OVERLAPS = (None, 0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
"""What a crop must keep of one object at least, as intersection over union; None takes the whole picture."""
_TRIES = 50
_INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_NEAREST, cv2.INTER_LANCZOS4)


@dataclass(frozen=True)
class AugmentedPicture:
    """RGB pixels (h, w, 3) and the objects in them: boxes (n, 4) in shares of the picture, labels (n,)."""

    pixels: Images
    boxes: Boxes
    labels: NDArray[np.int64]


def augment(
    picture: AugmentedPicture, options: Augmentation, random: Random, *, size: int, fill: tuple[float, float, float]
) -> AugmentedPicture:
    """One changed copy of size x size pixels; `fill` is the colour around an expanded picture."""
    if options.distort:
        picture = replace(picture, pixels=distort(picture.pixels, random))
    if options.expand > 1 and random.random() < 0.5:
        picture = expand(picture, random, largest=options.expand, fill=fill)
    if options.crop:
        picture = crop(picture, random)
    if options.flip and random.random() < 0.5:
        picture = flip(picture)
    interpolation = _INTERPOLATIONS[int(random.integers(len(_INTERPOLATIONS)))]
    pixels = np.asarray(cv2.resize(picture.pixels, (size, size), interpolation=interpolation), np.uint8)
    return replace(picture, pixels=pixels)


def distort(pixels: Images, random: Random) -> Images:
    """Other brightness, contrast, saturation and hue, each in half of all cases; contrast comes early or late."""
    values = pixels.astype(np.float32)
    if random.random() < 0.5:
        values += np.float32(random.uniform(-32, 32))
    early = random.random() < 0.5
    if early:
        values = _contrast(values, random)
    values = _colour(values, random)
    if not early:
        values = _contrast(values, random)
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def expand(
    picture: AugmentedPicture, random: Random, *, largest: float, fill: tuple[float, float, float]
) -> AugmentedPicture:
    """The picture somewhere in a larger one, whose sides are at most `largest` times as long: objects become small."""
    height, width = picture.pixels.shape[:2]
    times = random.uniform(1, largest)
    high, wide = int(height * times), int(width * times)
    top, left = int(random.integers(high - height + 1)), int(random.integers(wide - width + 1))
    pixels = np.empty((high, wide, 3), np.uint8)
    pixels[:] = np.clip(np.round(fill), 0, 255).astype(np.uint8)
    pixels[top : top + height, left : left + width] = picture.pixels
    scale = np.array([width / wide, height / high] * 2, np.float32)
    offset = np.array([left / wide, top / high] * 2, np.float32)
    return replace(picture, pixels=pixels, boxes=np.clip(picture.boxes * scale + offset, 0, 1).astype(np.float32))


def crop(picture: AugmentedPicture, random: Random) -> AugmentedPicture:
    """A part of the picture that overlaps one object at least so much as is drawn; or the whole picture.

    Of the objects those stay whose centres lie inside, cut off at its borders; one that has none of them is not taken.
    """
    while True:
        least = _LEAST_OVERLAPS[int(random.integers(len(_LEAST_OVERLAPS)))]
        if least is None or not len(picture.boxes):
            return picture
        for _ in range(_TRIES):
            window = _draw_window(picture.pixels.shape[:2], random)
            if window is not None and (cut := _cut(picture, window, least)) is not None:
                return cut


def flip(picture: AugmentedPicture) -> AugmentedPicture:
    """Left becomes right."""
    boxes = picture.boxes.copy()
    boxes[:, [0, 2]] = 1 - picture.boxes[:, [2, 0]]
    return replace(picture, pixels=np.ascontiguousarray(picture.pixels[:, ::-1]), boxes=boxes)


def _contrast(values: NDArray[np.float32], random: Random) -> NDArray[np.float32]:
    factor = random.uniform(0.5, 1.5) if random.random() < 0.5 else 1.0
    changed: NDArray[np.float32] = values * np.float32(factor)
    return changed


def _colour(values: NDArray[np.float32], random: Random) -> NDArray[np.float32]:
    """Saturation times 0.5 to 1.5, hue turned by up to 18 degrees."""
    saturate, turn = random.random() < 0.5, random.random() < 0.5
    factor, angle = random.uniform(0.5, 1.5), random.uniform(-18, 18)
    if not saturate and not turn:
        return values
    colours = cv2.cvtColor(np.clip(values, 0, 255).astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    if saturate:
        colours[..., 1] = np.clip(colours[..., 1] * factor, 0, 1)
    if turn:
        colours[..., 0] = (colours[..., 0] + angle) % 360
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_HSV2RGB) * 255, np.float32)


def _draw_window(shape: tuple[int, ...], random: Random) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom in pixels: each side 0.3 to 1 of the picture's, at most twice as long as the other."""
    height, width = shape[0], shape[1]
    wide, high = (max(1, int(side * random.uniform(0.3, 1))) for side in (width, height))
    left, top = int(random.integers(width - wide + 1)), int(random.integers(height - high + 1))
    return (left, top, left + wide, top + high) if 0.5 <= high / wide <= 2 else None


def _cut(picture: AugmentedPicture, window: tuple[int, int, int, int], least: float) -> AugmentedPicture | None:
    """What of the picture lies in the window; None where it overlaps every object less than `least`, or has none."""
    height, width = picture.pixels.shape[:2]
    left, top, right, bottom = window
    edges = np.array([left / width, top / height, right / width, bottom / height], np.float32)
    centres = (picture.boxes[:, :2] + picture.boxes[:, 2:]) / 2
    inside = ((centres > edges[:2]) & (centres < edges[2:])).all(axis=1)
    if not inside.any() or _overlap_with(picture.boxes, edges).max() < least:
        return None
    corner, opposite = np.tile(edges[:2], 2), np.tile(edges[2:], 2)
    boxes = (np.clip(picture.boxes[inside], corner, opposite) - corner) / (opposite - corner)
    pixels = np.ascontiguousarray(picture.pixels[top:bottom, left:right])
    return AugmentedPicture(pixels, np.clip(boxes, 0, 1).astype(np.float32), picture.labels[inside])


def _overlap_with(boxes: Boxes, window: NDArray[np.float32]) -> NDArray[np.float32]:
    shared = np.clip(np.minimum(boxes[:, 2:], window[2:]) - np.maximum(boxes[:, :2], window[:2]), 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    overlapping: NDArray[np.float32] = shared / (areas + (window[2:] - window[:2]).prod() - shared)
    return overlapping
