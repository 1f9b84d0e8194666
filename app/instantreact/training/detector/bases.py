"""The networks below SSD's heads: their first two or three maps, their input, and where their weights come from."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import VGG16_Weights

from instantreact.errors import InvalidInput
from instantreact.inference.detector.preprocess import DetectorInput, Fit, Order
from instantreact.training.captioner.mobilenet import MobileNetV2
from instantreact.training.detector.config import DetectorArchitecture

Maps = list[Tensor]
"""Feature maps, each (N, C, side, side), the finest first."""

_VGG_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
_FC6, _FC7 = 4096, 1024


class VggBase(nn.Module):
    """VGG16 up to fc7, which are convolutions here: conv4_3 (512 channels, stride 8), fc7 (1024, stride 16).

    As in the paper: the third pooling rounds up, the fifth does not shrink, fc6 is dilated by 6.
    """

    channels = (512, 1024)

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        inputs = 3
        for width, count in _VGG_BLOCKS:
            layers: list[nn.Module] = []
            for _ in range(count):
                layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
                inputs = width
            self.blocks.append(nn.Sequential(*layers))
        self.fc6 = nn.Conv2d(512, _FC7, 3, padding=6, dilation=6)
        self.fc7 = nn.Conv2d(_FC7, _FC7, 1)

    def forward(self, pictures: Tensor) -> Maps:
        """(N, 3, S, S) to conv4_3 and fc7."""
        x = self.blocks[0](pictures)
        for number, block in enumerate(self.blocks[1:4], 1):
            x = block(F.max_pool2d(x, 2, ceil_mode=number == 3))
        top = self.blocks[4](F.max_pool2d(x, 2))
        top = F.max_pool2d(top, 3, stride=1, padding=1)
        return [x, F.relu(self.fc7(F.relu(self.fc6(top))))]

    def load_weights(self, path: Path | None) -> None:
        """Take torchvision's VGG16 from a file, or from the internet; of fc6 and fc7 every few values (à-trous)."""
        stored = VGG16_Weights.IMAGENET1K_V1.get_state_dict(progress=False) if path is None else _read_state(path)
        features = [stored[name] for name in _sorted_layers(stored)]
        own = [parameter for block in self.blocks for parameter in block.parameters()]
        fc6 = stored["classifier.0.weight"].view(_FC6, 512, 7, 7), stored["classifier.0.bias"]
        fc7 = stored["classifier.3.weight"].view(_FC6, _FC6, 1, 1), stored["classifier.3.bias"]
        thinned = [
            decimate(fc6[0], (4, None, 3, 3)),
            decimate(fc6[1], (4,)),
            decimate(fc7[0], (4, 4, None, None)),
            decimate(fc7[1], (4,)),
        ]
        with torch.no_grad():
            mine = [*own, *self.fc6.parameters(), *self.fc7.parameters()]
            for parameter, values in zip(mine, [*features, *thinned], strict=True):
                if parameter.shape != values.shape:
                    raise ValueError(f"a weight has shape {tuple(values.shape)}, not {tuple(parameter.shape)}")
                parameter.copy_(values)


class MobileNetBase(nn.Module):
    """MobileNetV2 cut where it shrinks: 192 channels at stride 8 and 576 at stride 16, both widened, and 1280 at 32."""

    channels = (192, 576, 1280)
    _taps = (7, 14)
    """The blocks that shrink to strides 16 and 32; what they widen to, before they do, is what a map is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.network = MobileNetV2()

    @property
    def blocks(self) -> nn.Sequential:
        """What it computes, from the picture on."""
        return self.network.blocks

    def forward(self, pictures: Tensor) -> Maps:
        """(N, 3, S, S) to three maps."""
        maps, x = [], pictures
        for number, block in enumerate(self.blocks):
            if number in self._taps:
                layers = list(block.get_submodule("layers").children())
                widened = layers[0](x)
                maps.append(widened)
                x = widened
                for layer in layers[1:]:
                    x = layer(x)
            else:
                x = block(x)
        return [*maps, x]

    def load_weights(self, path: Path | None) -> None:
        """Take the folded weights of an .npz."""
        if path is None:
            raise InvalidInput("mobilenet_v2 takes its weights from a file: give --backbone-weights.")
        self.network.load_folded(path)


Base = VggBase | MobileNetBase


@dataclass(frozen=True)
class BaseKind:
    """A base and the colours that its weights expect: (pixel 0..255 - mean) / std."""

    build: type[VggBase] | type[MobileNetBase]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


BASES: Mapping[str, BaseKind] = {
    "vgg16": BaseKind(VggBase, (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "mobilenet_v2": BaseKind(MobileNetBase, (127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
}


def input_of(architecture: DetectorArchitecture) -> DetectorInput:
    """How a frame becomes the network's input: stretched, as SSD does."""
    kind, side = BASES[architecture.base], architecture.size
    return DetectorInput(height=side, width=side, order=Order.RGB, fit=Fit.STRETCH, mean=kind.mean, std=kind.std)


def load_base(base: Base, path: Path | None) -> None:
    """Fill a base with published weights. Raises InvalidInput where they do not fit."""
    try:
        base.load_weights(path)
    except (OSError, KeyError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
        raise InvalidInput(f"The weights {path or 'of torchvision'} cannot be used: {error}") from error


def freeze(base: Base, blocks: int) -> None:
    """Leave the first blocks as they are: what they know of edges and corners holds anywhere, and time is saved."""
    for block in list(base.blocks.children())[:blocks]:
        block.requires_grad_(False)


def decimate(values: Tensor, steps: tuple[int | None, ...]) -> Tensor:
    """Every so many values along each axis; None keeps them all."""
    for axis, step in enumerate(steps):
        if step is not None:
            values = values.index_select(axis, torch.arange(0, values.shape[axis], step))
    return values


def _read_state(path: Path) -> dict[str, Tensor]:
    state: dict[str, Tensor] = torch.load(path, weights_only=True, map_location="cpu")
    return state


def _sorted_layers(stored: Mapping[str, Tensor]) -> list[str]:
    """The convolutions' weights and biases in the order in which they are computed."""
    numbers = sorted({int(name.split(".")[1]) for name in stored if name.startswith("features.")})
    return [f"features.{number}.{kind}" for number in numbers for kind in ("weight", "bias")]
