"""From a frame to a detector's input picture, and from boxes in that back to the frame. Training shares it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from instantreact.domain.media import Images
from instantreact.inference.bundle import ManifestPart

Boxes = NDArray[np.float32]
"""Left, top, right and bottom, (boxes, 4)."""

Pictures = NDArray[np.float32]
"""A detector's input, (n, 3, height, width)."""

_Positive = Annotated[float, Field(gt=0)]


class Fit(StrEnum):
    """How a frame of other proportions comes into the input: at its own, in the top left corner, or stretched."""

    LETTERBOX = "letterbox"
    STRETCH = "stretch"


class Order(StrEnum):
    """Which colour comes first."""

    RGB = "rgb"
    BGR = "bgr"


class DetectorInput(ManifestPart):
    """How a frame becomes the input: fitted into height and width, then (pixel 0..255 - mean) / std for each channel.

    `mean` and `std` stand in `order`. What a letterboxed frame leaves free has the value `fill`.
    """

    height: int = Field(ge=32, le=4096)
    width: int = Field(ge=32, le=4096)
    order: Order
    fit: Fit
    fill: int = Field(default=114, ge=0, le=255)
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[_Positive, _Positive, _Positive] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Placement:
    """The share of the input's width and height that the frame covers, from the top left corner."""

    width: float = 1.0
    height: float = 1.0

    def to_frame(self, boxes: Boxes) -> Boxes:
        """Boxes in shares of the input as shares of the frame, cut off at its borders."""
        scaled: Boxes = np.clip(boxes / np.array([self.width, self.height] * 2, np.float32), 0, 1)
        return scaled

    def to_input(self, boxes: Boxes) -> Boxes:
        """Boxes in shares of the frame as shares of the input."""
        scaled: Boxes = boxes * np.array([self.width, self.height] * 2, np.float32)
        return scaled


def feed(frames: Sequence[Images], to: DetectorInput) -> tuple[Pictures, list[Placement]]:
    """RGB frames (h, w, 3), of whatever sizes, as input pictures, and where each frame lies in its picture."""
    pictures = np.empty((len(frames), 3, to.height, to.width), np.float32)
    placements = []
    for picture, frame in zip(pictures, frames, strict=True):
        placed, placement = place(frame, to)
        picture[:] = normalise(placed, to)
        placements.append(placement)
    return pictures, placements


def place(frame: Images, to: DetectorInput) -> tuple[Images, Placement]:
    """A frame (h, w, 3) fitted into (height, width, 3), and where it lies there."""
    height, width = to.height, to.width
    if to.fit is Fit.LETTERBOX:
        shrink = min(to.height / frame.shape[0], to.width / frame.shape[1])
        height, width = (max(1, round(side * shrink)) for side in frame.shape[:2])
    resized = np.asarray(_resize(frame, width, height), np.uint8)
    if (height, width) == (to.height, to.width):
        return resized, Placement()
    picture = np.full((to.height, to.width, 3), to.fill, np.uint8)
    picture[:height, :width] = resized
    return picture, Placement(width / to.width, height / to.height)


def normalise(picture: Images, to: DetectorInput) -> Pictures:
    """An RGB picture (height, width, 3) as the graph takes it, (3, height, width)."""
    ordered = picture[..., ::-1] if to.order is Order.BGR else picture
    planes: Pictures = ordered.transpose(2, 0, 1).astype(np.float32)
    if any(to.mean):
        planes -= np.asarray(to.mean, np.float32)[:, None, None]
    if any(each != 1 for each in to.std):
        planes /= np.asarray(to.std, np.float32)[:, None, None]
    return planes


def _resize(frame: Images, width: int, height: int) -> cv2.typing.MatLike:
    if frame.shape[:2] == (height, width):
        return frame
    return cv2.resize(frame, (width, height), interpolation=cv2.INTER_LINEAR)
