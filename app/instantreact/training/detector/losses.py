"""SSD's loss (Liu et al. 2016, section 2.2)."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from instantreact.training.detector.batches import PictureBatch
from instantreact.training.detector.matching import BACKGROUND


@dataclass(frozen=True)
class DetectorLosses:
    """Smooth L1 of the offsets and cross-entropy of the labels, each summed and divided by the matched priors."""

    boxes: Tensor
    labels: Tensor

    @property
    def total(self) -> Tensor:
        """Their sum."""
        return self.boxes + self.labels


def measure_losses(
    offsets: Tensor, logits: Tensor, batch: PictureBatch, *, negatives: float, least_negatives: int = 0
) -> DetectorLosses:
    """The losses of offsets (N, P, 4) and logits (N, P, C) on a batch.

    Of the priors that match nothing only the hardest are learnt, `negatives` for each one of the picture that matches.
    """
    offsets, logits = offsets.float(), logits.float()
    matched = batch.labels != BACKGROUND  # (N, P)
    each = F.cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), reduction="none").view_as(batch.labels)
    hard = hardest(each, matched, negatives=negatives, least=least_negatives)
    count = matched.sum().clamp(min=1)
    boxes = F.smooth_l1_loss(offsets[matched], batch.offsets[matched], reduction="sum") / count
    return DetectorLosses(boxes, each[matched | hard].sum() / count)


@torch.no_grad()
def hardest(losses: Tensor, matched: Tensor, *, negatives: float, least: int = 0) -> Tensor:
    """Which background priors are learnt, (N, P): of each picture those with the highest loss."""
    wanted = (matched.sum(dim=1, keepdim=True) * negatives).clamp(min=least)
    free = losses.masked_fill(matched, -torch.inf)
    rank = free.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return (rank < wanted) & ~matched
