"""The sampling plan that tests of media share."""

from instantreact.domain.media import SamplingPlan

PLAN = SamplingPlan(window_s=2.0, stride_s=1.0, rate_hz=8.0, gaps_s=(0.12, 0.4), image_size=64)
"""Sixteen samples a window, each compared with the frames 0.12 s (three at 25 Hz) and 0.4 s before it."""
