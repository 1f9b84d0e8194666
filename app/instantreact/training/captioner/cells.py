"""Averages a CNN's feature map over the cells of a grid, so that a decoder can attend to parts of a picture."""

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
