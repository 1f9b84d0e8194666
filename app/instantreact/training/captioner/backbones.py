"""The CNNs that turn a picture into features, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torchvision import models

from instantreact.errors import InvalidInput
from instantreact.inference.preprocess import Preprocessing
from instantreact.training.captioner import mobilenet
from instantreact.training.captioner.mobilenet import CellPool

_IMAGENET_MEAN = (123.675, 116.28, 103.53)
_IMAGENET_SCALE = (58.395, 57.12, 57.375)


@dataclass(frozen=True)
class BackboneKind:
    """A network, the width of its features, and the input it was trained on.

    build  makes it from a file with weights, for a grid of cells: (N, 3, S, S) to (N, grid * grid * width)
    """

    width: int
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    build: Callable[[Path | None, int], nn.Module]

    def preprocessing(self, motion_gain: float, motion_crop: float, *, motion_steady: bool = False) -> Preprocessing:
        """How pixels become its input."""
        return Preprocessing(self.mean, self.scale, motion_gain, motion_crop, motion_steady)


def find_backbone(name: str) -> BackboneKind:
    """The backbone called `name`. Raises InvalidInput that lists the names there are."""
    if name not in BACKBONES:
        raise InvalidInput(f"There is no backbone {name}; there are {', '.join(sorted(BACKBONES))}.")
    return BACKBONES[name]


def _build_mobilenet(weights: Path | None, grid: int) -> nn.Module:
    if weights is None:
        raise InvalidInput("mobilenet_v2 takes its weights from a file: give --backbone-weights.")
    network = mobilenet.MobileNetV2(grid=grid)
    try:
        network.load_folded(weights)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The weights {weights} cannot be used for mobilenet_v2: {error}") from error
    return network.eval()


def _build_vgg16(weights: Path | None, grid: int) -> nn.Module:
    """VGG16 up to its second 4096-wide layer, fc7, as the seed project used it."""
    if grid != 1:
        raise InvalidInput("vgg16's features are of the whole picture: set backbones.grid to 1.")
    network = _load(models.vgg16, models.VGG16_Weights.IMAGENET1K_V1, weights)
    layers = network.get_submodule("classifier").children()
    network.classifier = nn.Sequential(*list(layers)[:5])
    return network.eval()


def _build_resnet18(weights: Path | None, grid: int) -> nn.Module:
    return _cut_resnet(_load(models.resnet18, models.ResNet18_Weights.IMAGENET1K_V1, weights), grid)


def _build_resnet50(weights: Path | None, grid: int) -> nn.Module:
    return _cut_resnet(_load(models.resnet50, models.ResNet50_Weights.IMAGENET1K_V2, weights), grid)


def _cut_resnet(network: nn.Module, grid: int) -> nn.Module:
    network.fc = nn.Identity()
    if grid != 1:
        network.avgpool = CellPool(grid)
    return network.eval()


def _load(build: Callable[..., nn.Module], published: models.WeightsEnum, path: Path | None) -> nn.Module:
    """A torchvision network with weights from a file, or else the published ones, which are downloaded once."""
    if path is None:
        try:
            return build(weights=published)
        except OSError as error:
            raise InvalidInput("The weights cannot be downloaded here: give --backbone-weights.") from error
    with torch.device("meta"):  # nothing is allocated or drawn that the file replaces
        network = build(weights=None)
    try:
        network.load_state_dict(torch.load(path, weights_only=True), assign=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidInput(f"The weights {path} do not fit {build.__name__}.") from error
    return network


BACKBONES = {
    "mobilenet_v2": BackboneKind(mobilenet.WIDTH, (127.5, 127.5, 127.5), (127.5, 127.5, 127.5), _build_mobilenet),
    "resnet18": BackboneKind(512, _IMAGENET_MEAN, _IMAGENET_SCALE, _build_resnet18),
    "resnet50": BackboneKind(2048, _IMAGENET_MEAN, _IMAGENET_SCALE, _build_resnet50),
    "vgg16": BackboneKind(4096, _IMAGENET_MEAN, _IMAGENET_SCALE, _build_vgg16),
}
