"""Drawn clips, random weights and their features, made once."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from instantreact.training.captioner.checkpoint import Encoders
from instantreact.training.captioner.clips import CaptionedClip
from instantreact.training.captioner.config import TrainingConfig
from instantreact.training.captioner.formats.captions_jsonl import load_captions_jsonl
from instantreact.training.captioner.prepare import FeatureExtractor, Prepared
from instantreact.training.captioner.recipe import BackboneWeights, open_extractor, write_encoders
from instantreact.training.captioner.run import prepare_data
from tests.training.drawn import draw_data_set
from tests.training.recipes import make_config, write_mobilenet_weights

METEOR = "pycocoevalcap.meteor.meteor"


@dataclass(frozen=True)
class DrawnData:
    """A drawn data set, prepared."""

    folder: Path
    cache: Path
    weights: Path
    config: TrainingConfig
    clips: Sequence[CaptionedClip]
    encoders: Encoders
    extractor: FeatureExtractor
    prepared: Prepared


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Tiny tensors gain nothing from threads, and several test processes lose much by them."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _no_published_meteor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each score would start a Java runtime of its own; the one test of it takes this back."""
    monkeypatch.setitem(sys.modules, METEOR, None)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DrawnData:
    """Six scenes with a fight and a walk each."""
    root = tmp_path_factory.mktemp("drawn")
    folder, config = draw_data_set(root / "data"), make_config()
    weights = write_mobilenet_weights(root / "weights.npz")
    clips = load_captions_jsonl(folder)
    both = BackboneWeights(weights, weights)
    encoders, prepared = prepare_data(config, both, clips, root / "cache")
    write_encoders(config, both, root / "encoders")
    extractor = open_extractor(config, root / "encoders")
    return DrawnData(folder, root / "cache", weights, config, clips, encoders, extractor, prepared)
