"""MobileNetV2 with its BatchNorms folded into the convolutions (Sandler et al. 2018, arXiv:1801.04381).

Folded, because the weights that we may ship are published so, and because it trains on single clips without statistics.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


class CellPool(nn.Module):
    """(N, W, h, w) to (N, grid * grid * W): the mean of each cell, cells in reading order; `grid` divides h and w."""

    def __init__(self, grid: int) -> None:
        super().__init__()
        self.grid = grid

    def forward(self, features: Tensor) -> Tensor:
        """Average the cells."""
        side = max(1, int(features.shape[2]) // self.grid)
        return F.avg_pool2d(features, side).permute(0, 2, 3, 1).flatten(1)


WIDTH = 1280


@dataclass(frozen=True)
class Stage:
    """A run of inverted residual blocks of one width."""

    expansion: int
    channels: int
    blocks: int
    stride: int


STAGES = (
    Stage(1, 16, 1, 1),
    Stage(6, 24, 2, 2),
    Stage(6, 32, 3, 2),
    Stage(6, 64, 4, 2),
    Stage(6, 96, 3, 1),
    Stage(6, 160, 3, 2),
    Stage(6, 320, 1, 1),
)


class Convolution(nn.Module):
    """A convolution with bias and, unless linear, ReLU6; `same` pads a stride of 2 as TensorFlow does: an even side by
    (0, 1), an odd one by (1, 1).
    """

    def __init__(self, conv: nn.Conv2d, *, linear: bool = False, same: bool = True) -> None:
        super().__init__()
        kernel, stride = conv.kernel_size[0], conv.stride[0]
        self.conv, self.linear, self.edge = conv, linear, kernel // 2
        self.shifted = same and kernel == 3 and stride == 2

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H / stride, W / stride)."""
        x = self.conv(F.pad(x, self._padding(x)) if self.edge else x)
        return x if self.linear else F.relu6(x)

    def _padding(self, x: Tensor) -> list[int]:
        before = [int(side) % 2 if self.shifted else self.edge for side in (x.shape[3], x.shape[2])]
        return [before[0], self.edge, before[1], self.edge]


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; the input is added where the shape allows."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, expansion: int, same: bool) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers = [Convolution(nn.Conv2d(inputs, hidden, 1))] if expansion != 1 else []
        layers.append(Convolution(nn.Conv2d(hidden, hidden, 3, stride, groups=hidden), same=same))
        layers.append(Convolution(nn.Conv2d(hidden, outputs, 1), linear=True))
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H / stride, W / stride)."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """Width 1.0. Input (N, 3, S, S) scaled to [-1, 1]; output (N, cells * 1280), see `CellPool`."""

    def __init__(self, *, same: bool = True, grid: int = 1) -> None:
        super().__init__()
        blocks: list[nn.Module] = [Convolution(nn.Conv2d(3, 32, 3, 2), same=same)]
        inputs = 32
        for stage in STAGES:
            for number in range(stage.blocks):
                stride = stage.stride if number == 0 else 1
                block = InvertedResidual(inputs, stage.channels, stride=stride, expansion=stage.expansion, same=same)
                blocks.append(block)
                inputs = stage.channels
        self.blocks = nn.Sequential(*blocks, Convolution(nn.Conv2d(inputs, WIDTH, 1)))
        self.pool = CellPool(grid) if grid > 1 else None

    def forward(self, images: Tensor) -> Tensor:
        """Features (N, cells * 1280) of images (N, 3, S, S)."""
        features: Tensor = self.blocks(images)
        return features.mean(dim=(2, 3)) if self.pool is None else self.pool(features)

    def load_folded(self, path: Path) -> None:
        """Take the weights of an .npz that holds `NN_..._w` and `NN_..._b` in execution order, classifier last.

        Raises ValueError when it is no such file or the shapes do not fit.
        """
        if not zipfile.is_zipfile(path):
            raise ValueError("it is no .npz file")
        convolutions = [module for module in self.modules() if isinstance(module, nn.Conv2d)]
        with np.load(path) as stored:
            names = sorted(name[:-2] for name in stored.files if name.endswith("_w"))[: len(convolutions)]
            for convolution, name in zip(convolutions, names, strict=True):
                copy_into(convolution.weight, stored[f"{name}_w"], name)
                copy_into(convolution.bias, stored[f"{name}_b"], name)


def copy_into(parameter: Tensor | None, values: np.ndarray, name: str) -> None:
    """Overwrite a parameter; raises ValueError when its shape is another one."""
    if parameter is None or tuple(parameter.shape) != values.shape:
        raise ValueError(f"{name} has shape {values.shape}, which does not fit MobileNetV2")
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(values.astype(np.float32)))
