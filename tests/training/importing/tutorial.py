"""The tutorial's classes by the names that its checkpoints have: a model that is pickled as one of them is."""

import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from instantreact.training.importing.tutorial_ssd import TutorialNetwork


def save_checkpoint(path: Path, *, legacy: bool = False) -> TutorialNetwork:
    """Save a checkpoint with random weights as `train.py` of the tutorial does; returns what says the same."""
    torch.manual_seed(2)
    network = TutorialNetwork().eval()
    model = _copy("SSD300", network)
    model.priors_cxcy = torch.zeros(8732, 4)
    for name, kind in (
        ("base", "VGGBase"),
        ("aux_convs", "AuxiliaryConvolutions"),
        ("pred_convs", "PredictionConvolutions"),
    ):
        model.add_module(name, _copy(kind, network.get_submodule(name)))
    model.base.pool1 = nn.MaxPool2d(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-4)
    module = ModuleType("model")
    for each in [model, model.base, model.aux_convs, model.pred_convs]:
        setattr(module, type(each).__name__, type(each))
    sys.modules["model"] = module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that classes made here have no source
            torch.save(
                {"epoch": 186, "model": model, "optimizer": _plain(optimizer)},
                path,
                _use_new_zipfile_serialization=not legacy,
            )
    finally:
        del sys.modules["model"]
    return network


def _copy(name: str, module: nn.Module) -> Any:
    """A module of a class of that name, in a module that is called as the tutorial's, with the same layers."""
    made = type(name, (nn.Module,), {"__module__": "model", "__qualname__": name})()
    for each, layer in module.named_children():
        made.add_module(each, layer)
    for each, parameter in module.named_parameters(recurse=False):
        made.register_parameter(each, parameter)
    return made


def _plain(optimizer: torch.optim.SGD) -> torch.optim.SGD:
    """As torch of that time pickled it: without the hooks and the profiler's names of today."""
    kept = {"defaults", "state", "param_groups"}
    optimizer.__dict__ = {name: value for name, value in optimizer.__dict__.items() if name in kept}
    return optimizer
