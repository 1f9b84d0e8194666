"""The motion gate: whether anything moves, on small grey frames, at next to no cost.

Each pixel keeps a running mean and variance. Noise and rain raise a pixel's variance and so its own threshold; a change
of light moves all pixels together and is taken out before they are compared; a pixel that differs from the mean but not
from the frame before (a parked car) does not move. What is left must hang together to count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from instantreact.media.mask import Hidden

GATE_WIDTH, GATE_HEIGHT = 160, 90
GreyFrame = NDArray[np.uint8]
"""(GATE_HEIGHT, GATE_WIDTH), masked already."""
GreyLevels = NDArray[np.float32]

_LEARN_S = 8.0  # how long the mean takes to follow what stays
_MOVING_LEARNS = 0.2  # of that speed, while a pixel moves
_LEAST_STEP = 9.0  # grey levels between two frames that codecs and sensors make on their own
_NEARBY_S = 0.4  # in less than this people do not walk further than nearby
_SAME_MOTION_S = 6.0  # what changes again later than this does not move on
_FIRST_DEVIATION = 5.0
_WILDEST_STEP = 40.0  # of a difference, when variance is learned, and
_WILDEST_DEVIATION = 14.0  # of a pixel: a busy street must not hide people
_LIGHT_CHANGED = 2.0  # grey levels of the median
_GLOBAL_SHARE = 0.6  # more of the picture than this changes by light or a moved camera, not by people
_SPECK = np.ones((2, 2), np.uint8)
_GAP = np.ones((3, 3), np.uint8)
_NEARBY = np.ones((13, 13), np.uint8)


@dataclass(frozen=True)
class Motion:
    """What moved between a frame and those before it.

    moving_px    pixels that move, of GATE_WIDTH x GATE_HEIGHT
    zone_px      how many of them lie inside each zone
    is_moving    whether a part large enough for the sensitivity moves on
    share        of the picture, or of its zones together where it has any, that such parts take, 0..1
    """

    moving_px: int = 0
    zone_px: Mapping[str, int] = field(default_factory=dict)
    is_moving: bool = False
    share: float = 0.0


class MotionGate:
    """Learns one camera's picture and says when something moves in it.

    sensitivity  0 (only large, clear motion) to 1 (a person far away)
    zones        pixels of each zone, (GATE_HEIGHT, GATE_WIDTH)
    """

    def __init__(self, sensitivity: float = 0.5, zones: Mapping[str, Hidden] | None = None) -> None:
        self._zones = dict(zones or {})
        everywhere = np.ones((GATE_HEIGHT, GATE_WIDTH), np.uint8)
        self._inside = np.any(list(self._zones.values()), axis=0).astype(np.uint8) if self._zones else everywhere
        self._inside_px = max(1, cv2.countNonZero(self._inside))
        self._deviations = 5.0 - 2.5 * sensitivity
        self._least_px = GATE_WIDTH * GATE_HEIGHT * 10 ** (-2.0 - 1.2 * sensitivity)
        self._mean: GreyLevels | None = None
        self._variance = np.full((GATE_HEIGHT, GATE_WIDTH), _FIRST_DEVIATION**2, np.float32)
        self._before: GreyLevels | None = None
        self._time_s = 0.0
        self._was_global = False
        self._large = np.zeros((GATE_HEIGHT, GATE_WIDTH), np.uint8)
        self._frame: GreyFrame | None = None
        self._changed_s = 0.0

    def see(self, frame: GreyFrame, time_s: float) -> Motion:
        """Compare a frame with what was learned, and learn from it; times in seconds, ascending.

        The same frame again is no second look: a camera whose snapshots are fetched more often than it renews them
        shows each of them several times.
        """
        if self._frame is not None and np.array_equal(frame, self._frame):
            return self._see_again(time_s)
        is_rare = time_s - self._changed_s > _NEARBY_S
        self._frame, self._changed_s = frame, time_s
        light = cv2.GaussianBlur(frame, (3, 3), 0).astype(np.float32)
        if self._mean is None or self._before is None:
            self._mean, self._before, self._time_s = light.copy(), light, time_s
            return Motion()
        difference = _without_light(light, self._mean)
        step = np.abs(_without_light(light, self._before))
        threshold = np.maximum(self._deviations * np.sqrt(self._variance), _LEAST_STEP)
        moving = ((np.abs(difference) > threshold) & (step > _LEAST_STEP)).astype(np.uint8)
        is_global = float(moving.mean()) > _GLOBAL_SHARE
        if is_global and not self._was_global:
            motion = Motion()
            self._mean = light.copy()
        else:
            moving = cv2.morphologyEx(moving, cv2.MORPH_OPEN, _SPECK).astype(np.uint8)
            motion = self._judge(moving, is_rare=is_rare)
            self._learn(light, difference, time_s - self._time_s)
        self._before, self._time_s, self._was_global = light, time_s, is_global
        return motion

    def _see_again(self, time_s: float) -> Motion:
        if self._mean is not None and self._before is not None:
            self._learn(self._before, _without_light(self._before, self._mean), time_s - self._time_s)
        if time_s - self._changed_s > _SAME_MOTION_S:
            self._large = np.zeros_like(self._large)
        self._time_s = time_s
        return Motion()

    def _judge(self, moving: NDArray[np.uint8], *, is_rare: bool) -> Motion:
        moving_px = int(moving.sum())
        nearby, self._large = self._find_nearby(is_rare=is_rare), np.zeros_like(moving)
        if moving_px == 0:
            return Motion()
        joined = cv2.morphologyEx(moving, cv2.MORPH_CLOSE, _GAP)
        _, labels, parts, _ = cv2.connectedComponentsWithStats(joined)
        is_large = parts[:, cv2.CC_STAT_AREA] >= self._least_px
        is_large[0] = False
        self._large = is_large[labels].astype(np.uint8)
        zone_px = {name: int(moving[inside].sum()) for name, inside in self._zones.items()}
        is_moving = cv2.countNonZero(cv2.bitwise_and(self._large, nearby)) > 0
        share = self._measure_share(moving) if is_moving else 0.0
        return Motion(moving_px, zone_px, is_moving=is_moving, share=share)

    def _measure_share(self, moving: NDArray[np.uint8]) -> float:
        there = cv2.bitwise_and(cv2.bitwise_and(moving, self._large), self._inside)
        return cv2.countNonZero(there) / self._inside_px

    def _find_nearby(self, *, is_rare: bool) -> NDArray[np.uint8]:
        """Where what moved at the last look may have gone meanwhile: anywhere, where looks are rare."""
        if is_rare:
            return np.full_like(self._large, self._large.any())
        return cv2.dilate(self._large, _NEARBY).astype(np.uint8)

    def _learn(self, light: GreyLevels, difference: GreyLevels, passed_s: float) -> None:
        """Let mean and variance follow, slowly where something moves: people must not become background noise."""
        rate = min(1.0, max(0.0, passed_s) / _LEARN_S)
        rates = np.where(self._large, np.float32(rate * _MOVING_LEARNS), np.float32(rate))
        mean = self._mean if self._mean is not None else light
        self._mean = mean + rates * (light - mean)
        self._variance += rates * (np.minimum(difference**2, _WILDEST_STEP**2) - self._variance)
        np.clip(self._variance, 1.0, _WILDEST_DEVIATION**2, out=self._variance)


def add_up_zones(motions: list[Motion]) -> dict[str, float]:
    """The share of all moving pixels that lay inside each zone, 0..1; without any motion there is none to share."""
    moving_px = sum(motion.moving_px for motion in motions)
    if moving_px == 0:
        return {}
    names = {name for motion in motions for name in motion.zone_px}
    return {name: sum(motion.zone_px.get(name, 0) for motion in motions) / moving_px for name in sorted(names)}


def _without_light(light: GreyLevels, reference: GreyLevels) -> GreyLevels:
    """The difference from the reference, less the gain and offset that most pixels share."""
    some, before = light[::3, ::3].ravel(), reference[::3, ::3].ravel()
    gain, offset = 1.0, float(np.median(some - before))
    if abs(offset) > _LIGHT_CHANGED:
        agreeing = np.ones(len(some), np.bool_)
        for _ in range(3):
            gain, offset = _fit_line(before[agreeing], some[agreeing])
            residual = np.abs(some - gain * before - offset)
            agreeing = residual <= 2.0 * np.median(residual) + 1.0
    return light - np.float32(gain) * reference - np.float32(offset)


def _fit_line(x: GreyLevels, y: GreyLevels) -> tuple[float, float]:
    """Gain and offset of the least squares line."""
    x_mean, y_mean = float(x.mean()), float(y.mean())
    spread = float(((x - x_mean) ** 2).mean())
    gain = float(((x - x_mean) * (y - y_mean)).mean()) / spread if spread > 1.0 else 1.0
    return gain, y_mean - gain * x_mean
