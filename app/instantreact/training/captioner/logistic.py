"""Logistic regression by Newton's method, for a handful of inputs: calibration and the metadata baseline."""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]


def fit_logistic(values: Vectors, truth: Vectors, *, ridge: float = 1e-2, steps: int = 50) -> Vectors:
    """Weights (D + 1,), the offset last, for `values` (N, D) and the probabilities `truth` (N,) that they stand for."""
    design = np.hstack([values, np.ones((len(values), 1))])
    penalty = ridge * len(values) * np.diag([1.0] * values.shape[1] + [1e-6])
    weights = np.zeros(design.shape[1])
    for _ in range(steps):
        found = predict_logistic(values, weights)
        gradient = design.T @ (found - truth) + penalty @ weights
        curvature = (design.T * (found * (1 - found))) @ design + penalty + 1e-9 * np.eye(len(weights))
        weights = weights - np.linalg.solve(curvature, gradient)
    return weights


def predict_logistic(values: Vectors, weights: Vectors) -> Vectors:
    """Probabilities (N,) for `values` (N, D)."""
    logits = values @ weights[:-1] + weights[-1]
    probabilities: Vectors = 0.5 + 0.5 * np.tanh(logits / 2)
    return probabilities
