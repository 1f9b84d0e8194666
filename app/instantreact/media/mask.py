"""Privacy masks: what lies under one is black before anybody sees it. Zones share their geometry.

A mask is drawn on the full frame, before any scaling, and two pixels wider than its polygon: cameras store colour at
half resolution, so that a hidden pixel tints its neighbours.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from instantreact.domain.camera import Mask, Point, Zone
from instantreact.domain.media import Images

Hidden = NDArray[np.bool_]
"""(H, W), true where a frame is blacked out or inside a zone."""

_MARGIN_PX = 8  # colour is stored once for up to four pixels each way, and scaling reaches into its neighbours


def draw_polygon(polygon: Sequence[Point], width: int, height: int, *, margin_px: int = 0) -> Hidden:
    """The pixels that a polygon touches or encloses, and those up to `margin_px` beyond, (height, width).

    A polygon that crosses itself encloses its middle, too.
    """
    drawn = np.zeros((height, width), np.uint8)
    corners = np.array([[point.x * width, point.y * height] for point in polygon], np.float64).reshape(-1, 2)
    for rounded in (np.floor(corners), np.ceil(corners)):
        cv2.fillPoly(drawn, [rounded.astype(np.int32)], 1)
    outlines, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, outlines, -1, 1, cv2.FILLED)
    if margin_px:
        cv2.dilate(drawn, np.ones((2 * margin_px + 1, 2 * margin_px + 1), np.uint8), dst=drawn)
    return drawn.astype(np.bool_)


class FrameMask:
    """The masks of a camera, drawn once for each frame size that it sends."""

    def __init__(self, masks: Sequence[Mask]) -> None:
        self._masks = tuple(masks)
        self._drawn: dict[tuple[int, int], Hidden] = {}

    def __bool__(self) -> bool:
        return bool(self._masks)

    def black_out(self, image: Images) -> Images:
        """The image (H, W, 3) with what is masked in black: a new one, or the same where nothing is masked."""
        if not self._masks:
            return image
        masked = image.copy()
        masked[self.hidden(image.shape[1], image.shape[0])] = 0
        return masked

    def hidden(self, width: int, height: int) -> Hidden:
        """What is blacked out of a frame of this size."""
        size = (width, height)
        if size not in self._drawn:
            hidden = np.zeros((height, width), np.bool_)
            for mask in self._masks:
                hidden |= draw_polygon(mask.polygon, width, height, margin_px=_MARGIN_PX)
            self._drawn = {size: hidden}
        return self._drawn[size]


def draw_zones(zones: Sequence[Zone], width: int, height: int) -> Mapping[str, Hidden]:
    """The pixels of each zone by its name."""
    return {zone.name: draw_polygon(zone.polygon, width, height) for zone in zones}
