"""How a box moves: ByteTrack's Kalman filter, of centre, aspect and height at constant velocities.

Its noise is stated by frame, at 30 of them a second. Time is counted in such frames here, whole or not, so that what is
published holds, and frames that are rare are merely less certain.
"""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

FRAMES_PER_S = 30.0
_POSITION, _VELOCITY = 1 / 20, 1 / 160
_LOST_KEEPS_A_SECOND = 0.5


def to_measured(corners: Vector) -> Vector:
    """Left, top, right, bottom as centre x, centre y, width by height, height."""
    left, top, right, bottom = corners
    height = max(bottom - top, 1e-6)
    return np.array([(left + right) / 2, (top + bottom) / 2, (right - left) / height, height])


def to_corners(measured: Vector) -> Vector:
    """The way back."""
    x, y, aspect, height = measured[:4]
    half_width = max(aspect * height, 0.0) / 2
    return np.array([x - half_width, y - height / 2, x + half_width, y + height / 2])


class BoxMotion:
    """Where one box is and where it goes to, with how little that is known."""

    def __init__(self, corners: Vector) -> None:
        measured = to_measured(corners)
        self._mean = np.concatenate([measured, np.zeros(4)])
        self._covariance = np.diag(np.square(_noise(measured[3], 2 * _POSITION, 10 * _VELOCITY)))

    @property
    def corners(self) -> Vector:
        """Left, top, right, bottom."""
        return to_corners(self._mean)

    @property
    def height(self) -> float:
        return float(self._mean[3])

    def predict(self, seconds: float, *, is_lost: bool) -> None:
        """Time passes. What is lost grows no further, and slows down: nobody goes on for ever unseen."""
        if is_lost:
            self._mean[7] = 0.0
            self._mean[4:] *= _LOST_KEEPS_A_SECOND**seconds
        frames = seconds * FRAMES_PER_S
        step = np.eye(8) + frames * np.eye(8, k=4)
        noise = np.diag(np.square(_noise(self._mean[3], _POSITION, _VELOCITY)))
        self._mean = step @ self._mean
        self._mean[3] = max(self._mean[3], 1e-6)
        self._covariance = step @ self._covariance @ step.T + frames * noise

    def correct(self, corners: Vector) -> None:
        """A box was seen."""
        spread = self._mean[3] * _POSITION
        seen_noise = np.diag(np.square([spread, spread, 1e-1, spread]))
        gain = np.linalg.solve(self._covariance[:4, :4] + seen_noise, self._covariance[:4]).T
        self._mean = self._mean + gain @ (to_measured(corners) - self._mean[:4])
        self._mean[3] = max(self._mean[3], 1e-6)
        self._covariance = self._covariance - gain @ self._covariance[:4]


def _noise(height: float, position: float, velocity: float) -> Vector:
    """Standard deviations: all by height, but those of the aspect."""
    near, fast = position * height, velocity * height
    return np.array([near, near, 1e-2, near, fast, fast, 1e-5, fast])
