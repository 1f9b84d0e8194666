"""What a training run leaves behind: everything that an export needs, in one file."""

import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import Graph, GraphName
from instantreact.inference.concepts import Calibration
from instantreact.inference.phrasing import Phrasing
from instantreact.inference.vocabulary import Vocabulary
from instantreact.training.captioner.config import TrainingConfig
from instantreact.training.captioner.model import CaptionModel, ModelShape

Encoders = Mapping[GraphName, tuple[Graph, bytes]]
"""The ONNX graphs that features are computed with: their description and content."""


@dataclass(frozen=True)
class TrainedCaptioner:
    """A trained model with everything that belongs to it."""

    config: TrainingConfig
    vocabulary: Vocabulary
    model: CaptionModel
    encoders: Encoders
    calibration: Mapping[str, Calibration]
    phrasing: Phrasing | None = None


def save_checkpoint(trained: TrainedCaptioner, path: Path) -> None:
    """Write a trained captioner to `path`, whole or not at all."""
    state = {
        "config": trained.config.model_dump_json(),
        "words": list(trained.vocabulary.words),
        "shape": asdict(trained.model.shape),
        "weights": trained.model.state_dict(),
        "graphs": {name.value: graph.model_dump_json() for name, (graph, _) in trained.encoders.items()},
        "encoders": {name.value: _to_tensor(content) for name, (_, content) in trained.encoders.items()},
        "calibration": {concept: found.model_dump() for concept, found in trained.calibration.items()},
        "phrasing": trained.phrasing.model_dump_json() if trained.phrasing is not None else None,
    }
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    unfinished.replace(path)


def load_checkpoint(path: Path) -> TrainedCaptioner:
    """Read what `save_checkpoint` wrote. Raises InvalidInput when `path` is not such a file."""
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        model = CaptionModel(ModelShape(**state["shape"]))
        model.load_state_dict(state["weights"])
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as error:
        raise InvalidInput(f"{path} is not a checkpoint of `instantreact train captioner`.") from error
    return TrainedCaptioner(
        config=TrainingConfig.model_validate_json(state["config"]),
        vocabulary=Vocabulary(state["words"]),
        model=model.eval(),
        encoders={
            GraphName(name): (Graph.model_validate_json(graph), state["encoders"][name].numpy().tobytes())
            for name, graph in state["graphs"].items()
        },
        calibration={concept: Calibration(**found) for concept, found in state["calibration"].items()},
        phrasing=Phrasing.model_validate_json(state["phrasing"]) if state.get("phrasing") else None,
    )


def _to_tensor(content: bytes) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(content, np.uint8).copy())
