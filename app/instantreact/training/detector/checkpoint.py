"""What a detector's training leaves behind: everything that an export needs, in one file."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import ValidationError

from instantreact.errors import InvalidInput
from instantreact.training.detector.config import DetectorConfig
from instantreact.training.detector.model import DetectorModel


@dataclass(frozen=True)
class TrainedDetector:
    """A trained model, its recipe, and the step that its weights are of."""

    config: DetectorConfig
    model: DetectorModel
    step: int


def build_detector(config: DetectorConfig) -> DetectorModel:
    """A fresh model for a recipe; its base has random weights until they are loaded."""
    torch.manual_seed(config.training.seed)
    return DetectorModel(config.network, len(config.labels))


def save_detector(trained: TrainedDetector, path: Path) -> None:
    """Write a trained detector to `path`, whole or not at all."""
    state = {
        "config": trained.config.model_dump_json(),
        "weights": trained.model.state_dict(),
        "step": trained.step,
    }
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    unfinished.replace(path)


def load_detector_checkpoint(path: Path) -> TrainedDetector:
    """Read what `save_detector` wrote. Raises InvalidInput when `path` is not such a file."""
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        config = DetectorConfig.model_validate_json(state["config"])
        model = build_detector(config)
        model.load_state_dict(state["weights"])
        return TrainedDetector(config, model.eval(), int(state["step"]))
    except (OSError, RuntimeError, KeyError, TypeError, ValidationError, pickle.UnpicklingError) as error:
        raise InvalidInput(f"{path} is not a checkpoint of `instantreact train detector`.") from error
