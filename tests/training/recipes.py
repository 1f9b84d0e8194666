"""A recipe small enough to train within a test."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from instantreact.domain.media import SamplingPlan
from instantreact.inference.bundle import Decoding
from instantreact.training.captioner.config import Architecture, Backbones, Schedule, TrainingConfig, Views
from instantreact.training.captioner.mobilenet import MobileNetV2


def make_config(*, epochs: int = 3, **changes: object) -> TrainingConfig:
    """32 x 32 pixels, five frames a second, a few epochs."""
    config = TrainingConfig(
        name="tiny",
        sampling=SamplingPlan(window_s=2.0, stride_s=1.0, rate_hz=5.0, gaps_s=(0.1, 0.2, 0.4), image_size=32),
        backbones=Backbones(motion_crop=0.5),
        views=Views(count=1),
        model=Architecture(projection=8, hidden=16, embedding=8, dropout=0.1),
        training=Schedule(epochs=epochs, windows_per_batch=4, learning_rate=5e-3, averaging=0.5),
        decoding=Decoding(beams=2, samples=8, max_words=8, length_penalty=0.7, seed=1),
        least_word_count=1,
    )
    return config.model_copy(update=changes)


def write_mobilenet_weights(path: Path) -> Path:
    """Random MobileNetV2 weights in the layout of the published file, the classifier last."""
    torch.manual_seed(0)
    stored: dict[str, np.ndarray] = {}
    convolutions = [module for module in MobileNetV2().modules() if isinstance(module, nn.Conv2d)]
    for number, convolution in enumerate(convolutions):
        bias = convolution.bias
        assert bias is not None
        stored[f"{number:02d}_CONV_2D_w"] = convolution.weight.detach().numpy().astype(np.float16)
        stored[f"{number:02d}_CONV_2D_b"] = bias.detach().numpy()
    stored[f"{len(convolutions):02d}_CONV_2D_w"] = np.zeros((5, 1280, 1, 1), np.float16)
    np.savez(path, **stored)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
    return path
