"""How footage of any length is cut into windows. Pure arithmetic in whole samples, so that nothing drifts.

Samples lie on the plan's grid. A window holds `count` of them and the next one starts `stride` later. A window is
*sealed* once so much footage follows that nothing to come can change it; whatever is left at the end becomes one
last window:

    at least half a stride is left    a window of full length that ends with the footage
    less than that                    no sliver of its own: the last window is stretched to the end
"""

import math

from instantreact.domain.media import SamplingPlan, Window

_ROUNDING = 1e-6  # of a sample: 2.0 s at 8 Hz are 16 samples, whatever a float makes of it


class SampleGrid:
    """A sampling plan counted in samples; a stride longer than the window counts as one window."""

    def __init__(self, plan: SamplingPlan) -> None:
        self._rate_hz = plan.rate_hz
        self.count = plan.samples_per_window
        self.stride = min(self.count, max(1, round(plan.stride_s * plan.rate_hz)))
        self._shortest_tail = (self.stride + 1) // 2

    def samples_before(self, end_s: float) -> int:
        """How many grid times lie before `end_s`; at least the one at zero."""
        return max(1, math.ceil(end_s * self._rate_hz - _ROUNDING))

    def count_sealed(self, samples: int) -> int:
        """How many windows are sealed once `samples` samples are known."""
        return max(0, (samples - self.count - self._shortest_tail) // self.stride + 1)

    def sealed_window(self, index: int) -> Window:
        """The window `index` where enough footage follows it."""
        first = self.first_sample(index)
        return Window(index, first / self._rate_hz, (first + self.count) / self._rate_hz)

    def last_window(self, duration_s: float) -> Window:
        """The window that ends with footage of `duration_s`."""
        samples = self.samples_before(duration_s)
        index = self.count_sealed(samples)
        first = min(self.first_sample(index), max(0, samples - self.count))
        return Window(index, first / self._rate_hz, duration_s)

    def first_sample(self, index: int) -> int:
        """The sample that the sealed window `index` starts with."""
        return index * self.stride
