"""A captioner that costs nothing: it measures how much changes between pictures and says so."""

import numpy as np

from instantreact.domain.media import Images, SamplingPlan
from instantreact.domain.observation import Caption, Hypothesis
from instantreact.inference.captioner import Description
from instantreact.ingest.windows import FrameFeatures

PLAN = SamplingPlan(window_s=1.0, stride_s=0.5, rate_hz=4.0, gaps_s=(0.15,), image_size=32)


def encode(images: Images, earlier: Images) -> FrameFeatures:
    """Mean change against the earlier picture, and mean brightness, (N, 2)."""
    change = np.abs(images.astype(np.int16) - earlier[:, 0].astype(np.int16)).mean((1, 2, 3))
    return np.stack([change, images.mean((1, 2, 3))], axis=1).astype(np.float32)


def describe(features: FrameFeatures) -> Description:
    """Call it a fight when much changes."""
    change = float(features[:, 0].max())
    text = f"the picture changes by {change:.0f}"
    return Description(Caption(text, 0.9), (Hypothesis(text, 1.0),), {"fight": min(1.0, change / 5), "fall": 0.0})
