"""Fits the concept head and calibrates what it says."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from instantreact.domain.concepts import ConceptWords
from instantreact.inference.concepts import Calibration
from instantreact.training.captioner.clips import CaptionedClip, concept_shares
from instantreact.training.captioner.examples import Example
from instantreact.training.captioner.logistic import fit_logistic
from instantreact.training.captioner.model import CaptionModel

_LEAST_CLIPS = 5
_HALF = 0.5

Logits = NDArray[np.float64]
"""Raw outputs of a concept head, (N, C)."""


def fit_concept_head(model: CaptionModel, train: Sequence[Example], *, ridge: float) -> None:
    """Fit the head by ridge-penalised logistic regression on the examples as they are; changed views made it worse.

    It learns whether at least half the captions mention a concept. Inputs are standardised for the fit, and that is
    then folded into the weights; `ridge` is the penalty on the standardised weights' squares, per mean loss.
    """
    summaries = torch.stack([_summarize(model, example.views[0]) for example in train])  # (N, 2 W)
    targets = torch.from_numpy(np.stack([example.concepts >= _HALF for example in train])).float()  # (N, C)
    mean, scale = summaries.mean(dim=0), summaries.std(dim=0) + 1e-3
    weights, offsets = _fit((summaries - mean) / scale, targets, ridge)
    with torch.no_grad():
        model.encoder.concept_weights.copy_(weights / scale)
        model.encoder.concept_offsets.copy_(offsets - weights @ (mean / scale))


def concept_logits(model: CaptionModel, examples: Sequence[Example]) -> Logits:
    """The concept head's raw outputs (N, C) for the examples as they are."""
    with torch.no_grad():
        found = [model.encoder.score_concepts(_summarize(model, example.views[0])) for example in examples]
    return torch.stack(found).numpy().astype(np.float64)


def calibrate_concepts(
    concepts: ConceptWords, logits: Logits, clips: Sequence[CaptionedClip]
) -> Mapping[str, Calibration]:
    """Fit each concept's probability to the share of captions that mention it (Platt 1999, with soft targets).

    `logits` (N, C) must come from models that did not see the clips. A concept is left out unless at least
    `_LEAST_CLIPS` clips mention it in half their captions or more, as many do not, and a higher logit means a higher
    probability: a head that points the wrong way on unseen scenes has learnt nothing.
    """
    shares = np.stack([concept_shares(clip, concepts) for clip in clips])
    calibration = {}
    for column, concept in enumerate(concepts):
        mentioned = int((shares[:, column] >= _HALF).sum())
        if min(mentioned, len(clips) - mentioned) < _LEAST_CLIPS:
            continue
        slope, offset = fit_logistic(logits[:, [column]], shares[:, column].astype(np.float64))
        if slope > 0:
            calibration[concept] = Calibration(slope=float(slope), offset=float(offset))
    return calibration


def _summarize(model: CaptionModel, view: NDArray[np.float16]) -> Tensor:
    """What the head sees of one window (T, cells * D): (2 W,)."""
    rows = model.encoder.spread(torch.from_numpy(view.astype(np.float32))[None])
    summary: Tensor = model.encoder.summarize(rows, torch.ones(rows.shape[:2], dtype=torch.bool))
    return summary[0]


def _fit(inputs: Tensor, targets: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Weights (C, I) and offsets (C,) for inputs (N, I) and targets (N, C), by L-BFGS."""
    weights = torch.zeros(targets.shape[1], inputs.shape[1], requires_grad=True)
    offsets = torch.zeros(targets.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, offsets], max_iter=100, line_search_fn="strong_wolfe")

    def measure() -> Tensor:
        optimizer.zero_grad()
        losses = F.binary_cross_entropy_with_logits(inputs @ weights.T + offsets, targets, reduction="none").mean(dim=0)
        total = (losses + ridge * weights.square().sum(dim=1)).sum()
        torch.autograd.backward(total)
        return total

    optimizer.step(measure)  # type: ignore[no-untyped-call]
    return weights.detach(), offsets.detach()
